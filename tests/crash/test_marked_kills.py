"""`kill -9` at marked points under load: around the commit, between send and record."""

import sys

import pytest

from tests.crash.callers import Acknowledged, calling, finish
from tests.crash.judge import faults, read_case
from tests.crash.load import HOOK, write_rules
from tests.crash.marks import MARKS, Gate, Scene, answered, sent
from tests.endpoint import listening, read_ledger
from tests.service import Service, eventually, free_port

CALLERS = 4


@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: mark.__name__)
def test_a_kill_at_a_marked_point_loses_nothing(tmp_path, mark):
    survive(tmp_path, mark, kills=2)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("mark", MARKS, ids=lambda mark: mark.__name__)
def test_forty_kills_at_a_marked_point_lose_nothing(tmp_path, mark):
    survive(tmp_path, mark, kills=40)


def survive(folder, mark, *, kills):
    port, gate, ledger = free_port(), Gate(), Acknowledged(folder / "taken")
    options = (folder / "data", "--http", f"127.0.0.1:{port}")
    with (
        listening(folder / "ledger", gate) as endpoint,
        calling(("127.0.0.1", port), ledger, CALLERS) as callers,
    ):
        rules = write_rules(folder, endpoint.url, HOOK)
        scene = Scene(folder / "data", endpoint, gate, callers)
        for _ in range(kills):
            with Service(rules, *options) as service:
                taken = len(ledger.ids)
                eventually(lambda: len(ledger.ids) > taken, "it takes events")  # noqa: B023
                mark(scene, service)
        with Service(rules, *options) as service:
            finish(service, callers, lambda: the_case(folder))
    judge(the_case(folder), mark, kills)


def the_case(folder):
    sent_ids = Acknowledged(folder / "taken").ids
    return read_case(folder / "data", sent_ids, read_ledger(folder / "ledger"))


def judge(case, mark, kills):
    assert faults(case, rules=2) == []
    if mark in (sent, answered):
        assert case.duplicates >= kills  # else the point was not hit
    print(  # noqa: T201 -- how hard the exam was, with `pytest -s` and in failures
        f"{kills} kills when {mark.__name__}, {len(case.sent)} events acknowledged, "
        f"{len(case.fired)} firings, {case.duplicates} heard twice",
        file=sys.stderr,
    )
