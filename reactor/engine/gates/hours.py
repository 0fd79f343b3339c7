"""The gates `during` and `not_during`: outside its time a match is dropped, or held until the time
opens, or gathered for one digest then."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from reactor.duration import format_time
from reactor.engine.gates.said import Held, Said
from reactor.engine.intervals import is_open, opens
from reactor.engine.remembered import watches
from reactor.model.gates import Hours, Otherwise
from reactor.model.match import Reason
from reactor.model.memory import MemoryEntry

KEPT = timedelta(days=366)


def closed(hours: Sequence[Hours], at: datetime) -> Hours | None:
    """The first of them whose time it is not."""
    return next((each for each in hours if not is_open(each, at)), None)


def outside(  # noqa: PLR0913 -- as every gate, and what it may keep
    shut: Hours,
    every: Sequence[Hours],
    mark: str,
    memory: MemoryEntry | None,
    *,
    token: str,
    at: datetime,
    held: Held,
) -> Said:
    """A match at a time at which `shut` is closed; it goes on when `every` one of them is open."""
    free = opens(every, at)
    numbers: dict[str, object] = {
        "intervals": list(shut.intervals),
        "else": shut.otherwise,
        "opens_at": format_time(free) if free else None,
    }
    if shut.otherwise is Otherwise.DROP or free is None:
        return Said(Reason.OUTSIDE_TIME, memory, numbers)
    if memory is None:
        value: dict[str, object] = {"held": held, "gathered": 1}
        if shut.otherwise is Otherwise.HOLD:
            value["watches"] = [token]
        return Said(
            Reason.WAITING,
            MemoryEntry(mark, value, free + KEPT, due_at=free),
            {**numbers, "gathered": 1},
        )
    count, members = gathered(memory) + 1, watches(memory)
    if members and token not in members:  # it holds as long as it does for any of them
        members = (*members, token)
    memory = replace(memory, value={**memory.value, "gathered": count, "watches": list(members)})
    return Said(Reason.MERGED, memory, {**numbers, "gathered": count})


def gathered(memory: MemoryEntry) -> int:
    """How many matches came together in what waits."""
    count = memory.value.get("gathered")
    return count if isinstance(count, int) else 1
