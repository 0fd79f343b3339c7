"""What gates said, in words."""

import json

import pytest

from reactor.engine.chain import ORDER
from reactor.engine.normalize import canonical
from reactor.engine.verdicts import gate_words, numbers_in_words
from tests.builders import NOON

DAY = f"{NOON:%Y-%m-%d}"


def verdict(gate, **numbers):
    """As the journal gives it back."""
    return json.loads(canonical({"gate": gate, "action": None, "reason": None, **numbers}))


AFTER = verdict("after", seen=2, of=3, within="10m", ends_at=f"{DAY}T12:04:10.000000Z")
FOR = {"for": "2m", "since": f"{DAY}T12:00:00Z", "due_at": f"{DAY}T12:02:00Z"}
THROTTLE = {"of": 2, "per": "5m", "free_at": f"{DAY}T12:05:00Z"}
OPENS = {"intervals": ["deploys", "nights"], "else": "hold", "opens_at": "2031-01-01T02:00:00Z"}
LOOP = {"cause": "3f2a", "depth": 4, "deepest": 3, "calls": 7}


CASES = [
    (AFTER, "after: 2 of 3 within 10m, window ends 12:04:10"),
    (verdict("for", **FOR, subjects=1), "for: 2m from 12:00:00, due 12:02:00"),
    (verdict("for", **FOR, subjects=3), "for: 2m from 12:00:00, due 12:02:00, 3 subjects"),
    (
        verdict("then", within="5m", until=f"{DAY}T12:05:00.250000Z"),
        "then: within 5m, until 12:05:00.250",
    ),
    (
        verdict("not_then", within="1d", until="2031-05-01T00:00:00Z"),
        "not_then: within 1d, until 2031-05-01 00:00:00",
    ),
    (verdict("for", at=f"{DAY}T12:02:00Z"), "for: went on at 12:02:00"),
    (
        verdict("absent", within="26h", since=f"{DAY}T10:00:00Z"),
        "absent: nothing for 26h, since 10:00:00",
    ),
    (verdict("throttle", **THROTTLE, passed=1), "throttle: 1 of 2 per 5m passed"),
    (
        verdict("throttle", **THROTTLE, passed=2),
        "throttle: 2 of 2 per 5m passed, next free at 12:05:00",
    ),
    (verdict("during"), "during: open"),
    (verdict("not_during", **OPENS), "not_during: deploys, nights, opens 2031-01-01 02:00:00"),
    (
        verdict("during", **{**OPENS, "opens_at": None}, gathered=4),
        "during: deploys, nights, opens never, 4 gathered",
    ),
    (verdict("silence", silence="3f2a", comment=""), "silence: 3f2a"),
    (
        verdict("silence", silence="3f2a", comment="deploy night"),
        "silence: 3f2a, deploy night",
    ),
    (
        verdict("mode", mode="single", under_way=1, waiting=0, max=1),
        "mode: single, 1 under way",
    ),
    (
        verdict("mode", mode="queued", under_way=1, waiting=2, max=2),
        "mode: queued, 1 under way, 2 waiting, max 2",
    ),
    (
        verdict("loop_guard", **LOOP),
        "loop_guard: caused by delivery 3f2a, depth 4 of at most 3, 7 calls",
    ),
]


@pytest.mark.parametrize(("said", "words"), CASES)
def test_a_verdict_has_its_numbers_in_words(said, words):
    assert gate_words(said, NOON) == words
    assert words == f"{said['gate']}: {numbers_in_words(said, NOON)}"


def test_every_gate_has_words():
    assert {name for name, _ in ORDER} <= {said["gate"] for said, _ in CASES}
