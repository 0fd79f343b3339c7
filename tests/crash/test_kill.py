"""`kill -9` at random moments under load: nothing is lost, every firing goes out with one id."""

import os
import sys
from random import Random

import pytest

from tests.crash.callers import Acknowledged, calling, finish
from tests.crash.judge import faults, over_throttle, read_case, read_sent
from tests.crash.load import HOOK, LINES, THROTTLE, Sender, rude, write_rules
from tests.endpoint import listening, read_ledger
from tests.service import Service, free_port

LONGEST_LIFE = 1.8
"""Seconds from start to kill at most: kills hit the start, the reading again, and full work."""

CALLERS = 4
"""Together about 150 events a second, beside the hundred of the file."""


@pytest.fixture
def seed():
    """SEED=… repeats a run, as far as two processes can be repeated."""
    seed = int(os.environ.get("SEED", Random().randrange(1_000_000)))
    print(f"SEED={seed}")  # noqa: T201 -- pytest shows it when the test fails
    return seed


@pytest.mark.timeout(300)
def test_ten_kills_lose_nothing(tmp_path, seed):
    survive(tmp_path, seed, kills=10)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_two_hundred_kills_lose_nothing(tmp_path, seed):
    survive(tmp_path, seed, kills=200)


def survive(folder, seed, *, kills):
    chance, sender, ledger = Random(seed), Sender(folder, seed), Acknowledged(folder / "taken")
    port = free_port()
    options = (folder / "data", "--http", f"127.0.0.1:{port}")
    with listening(folder / "ledger", rude(seed)) as endpoint:
        rules = write_rules(folder, endpoint.url, LINES, HOOK)
        with calling(("127.0.0.1", port), ledger, CALLERS) as callers:
            with sender.sending():
                for _ in range(kills):
                    with Service(rules, *options) as service:
                        service.kill(after=chance.uniform(0.2, LONGEST_LIFE))
            with Service(rules, *options) as service:
                finish(service, callers, lambda: the_case(folder))
    case = the_case(folder)

    assert faults(case, rules=2) == []
    assert over_throttle(case, "in turn", THROTTLE, seconds=1) == set()
    print(  # noqa: T201 -- how hard the exam was, with `pytest -s` and in failures
        f"{kills} kills, {len(case.sent)} events ({len(ledger.ids)} acknowledged to callers, "
        f"{sum(caller.unanswered for caller in callers)} requests unanswered), "
        f"{len(case.fired)} firings, {len(case.heard)} attempts heard, "
        f"{case.duplicates} heard twice",
        file=sys.stderr,
    )


def the_case(folder):
    sent = read_sent(folder / "events.jsonl") + Acknowledged(folder / "taken").ids
    return read_case(folder / "data", sent, read_ledger(folder / "ledger"))
