"""The gate `for: D`: what passes is what lasts.

Per key it keeps the set of subjects whose last event matched. The timer starts when the set becomes
non-empty and ends when it becomes empty; it is not restarted by repeats, and fires once.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace

from reactor.duration import format_duration, format_time, from_micros, to_micros
from reactor.engine.gates.said import Held, Said
from reactor.model.match import Reason
from reactor.model.memory import MemoryEntry

MOST_MEMBERS = 1_000
"""Subjects that a set remembers; one more is not waited for."""

KEPT = timedelta(days=366)
"""How long a set is kept of which nothing is heard."""


def joins(  # noqa: PLR0913 -- as every gate, and what it may keep
    span: timedelta,
    mark: str,
    memory: MemoryEntry | None,
    *,
    token: str,
    at: datetime,
    heard_out: datetime,
    held: Held,
) -> Said:
    """A match of the subject behind `token`. `held` is what goes on when the timer fires, which it
    does not before `heard_out`."""
    if memory is None:
        value = {"watches": [token], "since": to_micros(at), "held": held}
        due = max(at + span, heard_out)
        memory = MemoryEntry(mark, value, due + KEPT, due_at=due)
        return Said(Reason.WAITING, memory, _numbers(span, memory))
    members = _members(memory)
    if token not in members and len(members) < MOST_MEMBERS:
        memory = replace(memory, value={**memory.value, "watches": [*members, token]})
    reason = Reason.INCIDENT if memory.due_at is None else Reason.MERGED
    return Said(reason, memory, _numbers(span, memory))


def _numbers(span: timedelta, memory: MemoryEntry) -> Mapping[str, object]:
    since = memory.value["since"]
    begun = from_micros(since) if isinstance(since, int) else memory.expires_at
    return {
        "for": format_duration(span),
        "since": format_time(begun),
        "due_at": format_time(begun + span),
        "subjects": len(_members(memory)),
    }


def leaves(memory: MemoryEntry, token: str) -> MemoryEntry | None:
    """The set without this subject; None when nobody is left."""
    rest = [each for each in _members(memory) if each != token]
    return replace(memory, value={**memory.value, "watches": rest}) if rest else None


def lasted(memory: MemoryEntry) -> MemoryEntry:
    """The set after its timer fired: it does not fire again until it was empty."""
    value = {name: each for name, each in memory.value.items() if name != "held"}
    return replace(memory, value=value, due_at=None)


def _members(memory: MemoryEntry) -> list[str]:
    members = memory.value.get("watches")
    return list(members) if isinstance(members, list | tuple) else []
