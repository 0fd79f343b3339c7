"""The gate `mode`: how firings of one key overlap. A firing is under way until every delivery that
it made has ended."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace

from reactor.engine.gates.said import Held, Said
from reactor.model.gates import Mode, Overlap
from reactor.model.match import Reason
from reactor.model.memory import MemoryEntry

KEPT = timedelta(days=366)


def admits(mode: Mode, memory: MemoryEntry | None, *, held: Held) -> Said:
    """Whether one more may begin now."""
    firings, queue = _firings(memory), _queue(memory)
    numbers = {"mode": mode.overlap, "under_way": len(firings), "waiting": len(queue)}
    limit = mode.most if mode.overlap is Overlap.PARALLEL else 1
    if len(firings) < limit and not queue:
        return Said(None, memory, numbers)
    if memory is None or mode.overlap is not Overlap.QUEUED or len(queue) >= mode.most:
        return Said(Reason.MODE, memory, {**numbers, "max": mode.most})
    memory = replace(memory, value={**memory.value, "queue": [*queue, held]})
    return Said(Reason.WAITING, memory, {**numbers, "waiting": len(queue) + 1})


def begun(
    mark: str, memory: MemoryEntry | None, deliveries: Iterable[str], at: datetime
) -> MemoryEntry | None:
    """A firing that made these deliveries is under way; without any it is over."""
    ids = list(deliveries)
    if not ids:
        return memory
    return _memory(mark, [*_firings(memory), ids], _queue(memory), at)


def ended(memory: MemoryEntry, delivery: str, at: datetime) -> MemoryEntry | None:
    """The memory without this delivery; None when nothing is under way and nothing waits."""
    rest = [[each for each in firing if each != delivery] for firing in _firings(memory)]
    firings = [firing for firing in rest if firing]
    left = bool(firings or _queue(memory))
    return _memory(memory.mark, firings, _queue(memory), at) if left else None


def following(memory: MemoryEntry | None, at: datetime) -> tuple[Held | None, MemoryEntry | None]:
    """The match that may go on now, if one waits and nothing is under way; and the memory without
    it."""
    queue = _queue(memory)
    if memory is None or not queue or _firings(memory):
        return None, memory
    left = _memory(memory.mark, [], queue[1:], at) if queue[1:] else None
    return queue[0], left


def deliveries_under_way(memory: MemoryEntry) -> list[str]:
    """The ids of those that are waited for."""
    return [each for firing in _firings(memory) for each in firing]


def queued(memory: MemoryEntry) -> list[Held]:
    """The matches that wait."""
    return _queue(memory)


def _memory(mark: str, firings: list[list[str]], queue: list[Held], at: datetime) -> MemoryEntry:
    tokens = [f"delivery:{each}" for firing in firings for each in firing]
    value = {"firings": firings, "queue": queue, "watches": tokens}
    return MemoryEntry(mark, value, at + KEPT)


def _firings(memory: MemoryEntry | None) -> list[list[str]]:
    found = memory.value.get("firings") if memory else None
    return [list(map(str, each)) for each in found] if isinstance(found, list) else []


def _queue(memory: MemoryEntry | None) -> list[Held]:
    found = memory.value.get("queue") if memory else None
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
