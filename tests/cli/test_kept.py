"""What a rule keeps for later is told with its gate, its key and its moment."""

import pytest

from reactor.cli.kept import kept_fields, kept_line
from reactor.model.memory import MemoryEntry, MemoryKey
from tests.builders import NOON

HELD = {"held": {"source": "local", "event": "e-1"}}


def kept(gate, value, *, action="", key="[]", due_at=None):
    return MemoryKey("crash", action, gate, key), MemoryEntry("", value, NOON, due_at)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            kept("for", HELD, key='["web"]', action="log", due_at=NOON),
            'for of log for ["web"]: due 2031-05-06T10:20:30.000000Z, event e-1',
        ),
        (kept("for", {"watches": []}), "for: fired, and not again before it ended"),
        (kept("absent", {"left": None}), "absent: fired, and not again before one matches"),
        (
            kept("absent", {"left": 90_000_000}),
            "absent: stands still, as none of its sources is connected; 1m30s left",
        ),
        (
            kept("for", {**HELD, "rechecking": 1}),
            "for: due, and asks whether it still holds, event e-1",
        ),
        (
            kept("mode", {"firings": [["d-1"]], "queue": [HELD["held"]] * 2}),
            "mode: 2 in the queue behind 1 sent",
        ),
    ],
)
def test_what_waits_says_for_what(found, said):
    assert kept_line(found) == f"waits now  {said}"


def test_json_has_the_gate_and_the_moment():
    assert kept_fields(kept("then", HELD, due_at=NOON)) == {
        "kind": "kept",
        "rule": "crash",
        "action": None,
        "gate": "then",
        "key": "[]",
        "due_at": "2031-05-06T10:20:30.000000Z",
        "event_id": "e-1",
        "why": "due 2031-05-06T10:20:30.000000Z",
    }
