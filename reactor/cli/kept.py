"""What a rule keeps for later, told: which gate keeps what, and until when. It is as it stands now,
whatever became of events since."""

from datetime import timedelta

from reactor.duration import format_duration, format_time
from reactor.engine.gates.mode import deliveries_under_way, queued
from reactor.engine.passage import kept_in, whose
from reactor.journal.history import Kept
from reactor.model.memory import MemoryEntry

_NO_KEY = "[]"
"""The key of a rule without `group_by`."""


def kept_fields(kept: Kept) -> dict[str, object]:
    """One as `--json` prints it: `key` as gates remember it."""
    key, entry = kept
    return {
        "kind": "kept",
        "rule": key.rule,
        "action": key.action or None,
        "gate": key.gate,
        "key": key.key,
        "due_at": format_time(entry.due_at) if entry.due_at else None,
        "event_id": whose(kept_in(entry))[1] or None,
        "why": _standing(key.gate, entry),
    }


def kept_line(kept: Kept) -> str:
    """One for people."""
    key, entry = kept
    whole = f"{key.gate} of {key.action}" if key.action else key.gate
    group = "" if key.key == _NO_KEY else f" for {key.key}"
    _, event = whose(kept_in(entry))
    of_event = f", event {event}" if event else ""
    return f"waits now  {whole}{group}: {_standing(key.gate, entry)}{of_event}"


def _standing(gate: str, entry: MemoryEntry) -> str:
    if entry.due_at:
        return f"due {format_time(entry.due_at)}"
    if gate == "mode":
        return f"{len(queued(entry))} in the queue behind {len(deliveries_under_way(entry))} sent"
    if "rechecking" in entry.value:
        return "due, and asks whether it still holds"
    left = entry.value.get("left")
    if isinstance(left, int):
        span = format_duration(timedelta(microseconds=left))
        return f"stands still, as none of its sources is connected; {span} left"
    return "fired, and not again before " + ("one matches" if gate == "absent" else "it ended")
