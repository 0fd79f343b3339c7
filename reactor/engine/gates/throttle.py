"""The gate `throttle: N per D`: a sliding window per key that drops what is over it."""

from datetime import datetime

from reactor.duration import from_micros, to_micros
from reactor.engine.gates.clock import NEAR
from reactor.model.memory import MemoryEntry
from reactor.model.rule import Rate


def throttle(
    rate: Rate, mark: str, memory: MemoryEntry | None, at: datetime
) -> tuple[bool, MemoryEntry | None]:
    """Whether one more may pass at `at`, and the memory if it changed.

    The window is (at - per, at]: what passed exactly `per` ago is outside it (rules.md §3).
    """
    passed = _passed(memory, mark)
    within = [moment for moment in passed if at - rate.per < moment <= at]
    if len(within) >= rate.count:
        return False, None
    within.append(at)
    times = [to_micros(moment) for moment in within]
    # A later event may carry a clock up to NEAR before its arrival, and must still find this.
    return True, MemoryEntry(mark, {"times": times}, at + rate.per + NEAR)


def _passed(memory: MemoryEntry | None, mark: str) -> list[datetime]:
    """When earlier ones passed; nothing if the memory was made under other parameters."""
    if memory is None or memory.mark != mark:
        return []
    times = memory.value.get("times")
    return [from_micros(time) for time in times] if isinstance(times, list) else []
