"""A destination's rate limit: it delays starts and never drops one. Pure.

A sliding window of the last starts, which the journal keeps too: a restart grants no second burst.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from reactor.model.gates import Rate
from reactor.model.journal import Starts

GRAINS = 100
"""A long window is kept in so many parts of its span, so that its size does not grow with its
count. What is moved is moved to later: the limit holds, and one in a hundred may wait a little."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """When the last starts were, and how many at a time, oldest first."""

    starts: Starts = ()


def room(window: Window, rate: Rate, now: datetime) -> int:
    """How many may start at `now`, so that no (t - per, t] ever holds more than `count`."""
    return max(0, rate.count - _sum(_recent(window, rate, now)))


def next_start(window: Window, rate: Rate, now: datetime) -> datetime:
    """The earliest moment from `now` on at which one may start."""
    recent = _recent(window, rate, now)
    over = _sum(recent) - rate.count
    for at, count in recent if over >= 0 else ():
        over -= count
        if over < 0:
            return at + rate.per
    return now


def started(window: Window, rate: Rate, now: datetime, count: int) -> Window:
    """The window after `count` starts at `now`."""
    starts = (*_recent(window, rate, now), (now, count))
    return Window(starts if len(starts) <= 2 * GRAINS else _coarse(starts, rate, now))


def _coarse(starts: Starts, rate: Rate, now: datetime) -> Starts:
    counts: dict[datetime, int] = {}
    for at, count in starts:
        later = min(now, at + (_EPOCH - at) % (rate.per / GRAINS))
        counts[later] = counts.get(later, 0) + count
    return tuple(counts.items())


def _sum(starts: Starts) -> int:
    return sum(count for _, count in starts)


def _recent(window: Window, rate: Rate, now: datetime) -> Starts:
    """Starts that still count. One in the future means that the clock was set back: forgotten,
    or the destination would wait for as long as the clock went back."""
    return tuple(start for start in window.starts if now - rate.per < start[0] <= now)
