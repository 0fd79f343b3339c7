"""The gate `after: N within D`: the N-th match within the window passes, and the count starts
again."""

from datetime import datetime

from reactor.duration import format_duration, format_time
from reactor.engine.gates.said import Said
from reactor.engine.gates.throttle import moments_within, window
from reactor.model.gates import After
from reactor.model.match import Reason
from reactor.model.memory import MemoryEntry


def after(limit: After, mark: str, memory: MemoryEntry | None, at: datetime) -> Said:
    """Whether the match at `at` is the one that completes the count.

    The window is (at - within, at]: a match exactly `within` ago is outside it (rules.md §3).
    """
    within = [*moments_within(memory, at, limit.within), at]
    numbers = {
        "seen": len(within),
        "of": limit.count,
        "within": format_duration(limit.within),
        "ends_at": format_time(within[0] + limit.within),
    }
    if len(within) < limit.count:
        return Said(Reason.BELOW_COUNT, window(mark, within, limit.within), numbers)
    return Said(None, None, numbers)
