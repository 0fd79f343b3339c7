"""The gates `then` and `not_then`: whether another event of the same key follows in time.

`then` waits for it from the last match on, `not_then` from the first. `within` includes its last
moment (rules.md §3, Boundaries).
"""

from datetime import datetime, timedelta

from reactor.duration import format_duration, format_time, from_micros, to_micros
from reactor.engine.gates.said import Held, Said
from reactor.model.gates import Sequel
from reactor.model.match import Reason
from reactor.model.memory import MemoryEntry

KEPT = timedelta(days=366)


def begins(
    sequel: Sequel,
    mark: str,
    memory: MemoryEntry | None,
    *,
    at: datetime,
    heard_out: datetime,
    held: Held,
) -> Said:
    """A match, from which on the other event is waited for; whether it came is not decided before
    `heard_out`."""
    if memory is not None and not sequel.comes:
        return Said(Reason.MERGED, memory, _numbers(sequel, memory))
    until = at + sequel.within
    due = max(until, heard_out)
    value = {"held": held, "until": to_micros(until)}
    memory = MemoryEntry(mark, value, due + KEPT, due_at=due)
    return Said(Reason.WAITING, memory, _numbers(sequel, memory))


def follows_in_time(memory: MemoryEntry, at: datetime) -> bool:
    """Whether the other event, at `at`, is not too late for what waits."""
    return at <= _until(memory)


def _numbers(sequel: Sequel, memory: MemoryEntry) -> dict[str, object]:
    return {
        "within": format_duration(sequel.within),
        "until": format_time(_until(memory)),
    }


def _until(memory: MemoryEntry) -> datetime:
    until = memory.value.get("until")
    return from_micros(until) if isinstance(until, int) else memory.expires_at
