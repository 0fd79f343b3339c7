"""`kill -9` at random moments under load: nothing is lost, every firing goes out with one id."""

import os
import sys
from random import Random

import pytest

from tests.crash.judge import faults, over_throttle, read_case, read_sent
from tests.crash.load import THROTTLE, Sender, rude, write_rules
from tests.endpoint import listening, read_ledger
from tests.service import Service, eventually

LONGEST_LIFE = 1.8
"""Seconds from start to kill at most: kills hit the start, the reading again, and full work."""


@pytest.fixture
def seed():
    """SEED=… repeats a run, as far as two processes can be repeated."""
    seed = int(os.environ.get("SEED", Random().randrange(1_000_000)))
    print(f"SEED={seed}")  # noqa: T201 -- pytest shows it when the test fails
    return seed


@pytest.mark.timeout(300)  # a minute on two cores
def test_fifty_kills_lose_nothing(tmp_path, seed):
    survive(tmp_path, seed, kills=50)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_two_hundred_kills_lose_nothing(tmp_path, seed):
    survive(tmp_path, seed, kills=200)


def survive(folder, seed, *, kills):
    chance, sender = Random(seed), Sender(folder, seed)
    with listening(folder / "ledger", rude(seed)) as endpoint:
        rules, data_dir = write_rules(folder, endpoint.url), folder / "data"
        with sender.sending():
            for _ in range(kills):
                with Service(rules, data_dir, "--http", "off") as service:
                    service.kill(after=chance.uniform(0.2, LONGEST_LIFE))
        finish(rules, data_dir, read_sent(folder / "events.jsonl"))
    case = the_case(folder)

    assert faults(case, rules=2) == []
    assert over_throttle(case, "in turn", THROTTLE, seconds=1) == set()
    print(  # noqa: T201 -- how hard the exam was, with `pytest -s` and in failures
        f"{kills} kills, {len(case.sent)} events, {len(case.fired)} firings, "
        f"{len(case.heard)} attempts heard, {case.duplicates} heard twice",
        file=sys.stderr,
    )


def finish(rules, data_dir, sent):
    """One last life, long enough to do all that was promised; it ends as it should."""
    with Service(rules, data_dir, "--http", "off") as service:
        service.hears("running")
        eventually(lambda: is_done(data_dir, sent), "all was decided and delivered", seconds=60)
        assert service.stop() == 0


def is_done(data_dir, sent):
    case = read_case(data_dir, sent, [])
    return set(sent) <= set(case.events) and all(row[1] == "succeeded" for row in case.deliveries)


def the_case(folder):
    sent, heard = read_sent(folder / "events.jsonl"), read_ledger(folder / "ledger")
    return read_case(folder / "data", sent, heard)
