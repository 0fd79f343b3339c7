"""The gate `throttle: N per D`: a sliding window per key that drops what is over it."""

from datetime import datetime, timedelta

from reactor.duration import format_duration, format_time, from_micros, to_micros
from reactor.engine.gates.clock import NEAR
from reactor.engine.gates.said import Said
from reactor.model.gates import Rate
from reactor.model.match import Reason
from reactor.model.memory import MemoryEntry


def throttle(rate: Rate, mark: str, memory: MemoryEntry | None, at: datetime) -> Said:
    """Whether one more may pass at `at`.

    The window is (at - per, at]: what passed exactly `per` ago is outside it (rules.md §3).
    """
    within = moments_within(memory, at, rate.per)
    if len(within) >= rate.count:
        return Said(Reason.THROTTLED, memory, _numbers(rate, within))
    within.append(at)
    return Said(None, window(mark, within, rate.per), _numbers(rate, within))


def _numbers(rate: Rate, within: list[datetime]) -> dict[str, object]:
    return {
        "passed": len(within),
        "of": rate.count,
        "per": format_duration(rate.per),
        "free_at": format_time(within[0] + rate.per),
    }


def moments_within(memory: MemoryEntry | None, at: datetime, span: timedelta) -> list[datetime]:
    """Those that a memory made by `window` holds of (at - span, at]."""
    times = memory.value.get("times") if memory else None
    moments = map(from_micros, times) if isinstance(times, list) else ()
    return [moment for moment in moments if at - span < moment <= at]


def window(mark: str, within: list[datetime], span: timedelta) -> MemoryEntry:
    """A memory of these moments. A later event may carry a clock up to NEAR before its arrival, and
    must still find them."""
    times = [to_micros(moment) for moment in within]
    return MemoryEntry(mark, {"times": times}, within[-1] + span + NEAR)
