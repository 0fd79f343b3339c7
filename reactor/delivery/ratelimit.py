"""A destination's rate limit: it delays starts and never drops one. Pure.

A sliding window of the last starts, in the memory of this process: a restart begins a new one.
"""

from dataclasses import dataclass
from datetime import datetime

from reactor.model.rule import Rate


@dataclass(frozen=True, slots=True)
class Window:
    """When the last starts were, oldest first; as many as the rate needs to remember."""

    starts: tuple[datetime, ...] = ()


def room(window: Window, rate: Rate, now: datetime) -> int:
    """How many may start at `now`, so that no (t - per, t] ever holds more than `count`."""
    return max(0, rate.count - len(_recent(window, rate, now)))


def next_start(window: Window, rate: Rate, now: datetime) -> datetime:
    """The earliest moment from `now` on at which one may start."""
    recent = _recent(window, rate, now)
    if len(recent) < rate.count:
        return now
    return recent[-rate.count] + rate.per


def started(window: Window, rate: Rate, now: datetime, count: int) -> Window:
    """The window after `count` starts at `now`."""
    return Window((_recent(window, rate, now) + (now,) * count)[-rate.count :])


def _recent(window: Window, rate: Rate, now: datetime) -> tuple[datetime, ...]:
    """Starts that still count. One in the future means that the clock was set back: forgotten,
    or the destination would wait for as long as the clock went back."""
    return tuple(start for start in window.starts if now - rate.per < start <= now)
