"""The gate `absent: {match, within}`: fires when nothing matched for that long.

Time in which none of the rule's sources was connected does not count: the timer stands still.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from reactor.duration import format_duration, format_time, from_micros, to_micros
from reactor.engine.gates.said import Held
from reactor.model.memory import MemoryEntry

KEPT = timedelta(days=366)


def seen(
    within: timedelta, mark: str, *, at: datetime, held: Held | None, is_counting: bool
) -> MemoryEntry:
    """Something matched at `at`, or the rule was first loaded (`held` None): the time starts again.
    `held` is the match that was last, of which a firing tells."""
    value = {"since": to_micros(at), "left": within // _MICROSECOND, "last": held}
    memory = MemoryEntry(mark, value, at + within + KEPT)
    return counting(memory, at) if is_counting else memory


def is_later(memory: MemoryEntry, at: datetime) -> bool:
    """Whether a match at `at` starts the time again: one that arrives late, of the same moment as
    the last by the key's clock, says nothing new."""
    since = memory.value.get("since")
    return not isinstance(since, int) or from_micros(since) < at


def seen_again(memory: MemoryEntry, held: Held) -> MemoryEntry:
    """Another match of the moment of the last one."""
    return replace(memory, value={**memory.value, "last": held})


def counting(memory: MemoryEntry, at: datetime) -> MemoryEntry:
    """A source is connected from `at` on: the rest of the time begins to pass. Once it fired it
    waits for a match."""
    left = memory.value.get("left")
    if memory.due_at is not None or not isinstance(left, int):
        return memory
    return replace(memory, due_at=at + left * _MICROSECOND)


def standing_still(memory: MemoryEntry, at: datetime) -> MemoryEntry:
    """No source is connected from `at` on."""
    if memory.due_at is None:
        return memory
    rest = max(timedelta(), memory.due_at - at) // _MICROSECOND
    before = memory.value.get(
        "left"
    )  # when it was not known until when time counted, `at` is early
    left = min(rest, before) if isinstance(before, int) else rest
    return replace(memory, value={**memory.value, "left": left}, due_at=None)


def stayed_away(memory: MemoryEntry) -> MemoryEntry:
    """It fired: not again until something matches."""
    return replace(memory, value={**memory.value, "left": None}, due_at=None)


def numbers(within: timedelta, memory: MemoryEntry) -> dict[str, object]:
    """What a firing went by."""
    since = memory.value.get("since")
    return {
        "within": format_duration(within),
        "since": format_time(from_micros(since)) if isinstance(since, int) else None,
    }


_MICROSECOND = timedelta(microseconds=1)
