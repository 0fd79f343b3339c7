"""The time that gates go by: the event's own if it is near its arrival; per key never backwards."""

from datetime import datetime, timedelta

from reactor.duration import from_micros, to_micros
from reactor.model.event import Event
from reactor.model.memory import MemoryEntry

NEAR = timedelta(minutes=10)

LATE = timedelta(seconds=1)
"""An event that comes later than that after it happened was held up."""

PATIENCE = timedelta(seconds=5)
"""How long what was held up with it may take to come."""
_REACH = 2 * NEAR


def event_clock(event: Event) -> datetime:
    """The event's own time if it lies within ten minutes of its arrival, else the arrival time."""
    near = abs(event.time - event.received_at) <= NEAR
    return event.time if near else event.received_at


def heard_out(event: Event, at: datetime) -> datetime:
    """Until when nothing is decided about what an event of the time `at` began. Where it came late,
    so may what ended it, right behind it: after a connection was lost, all comes in one go."""
    return event.received_at + PATIENCE if event.received_at - at > LATE else at


def key_clock(memory: MemoryEntry | None, at: datetime) -> tuple[datetime, MemoryEntry | None]:
    """`at`, or the key's latest time if that is later; and the memory if it changed."""
    latest = memory.value.get("latest") if memory else None
    if isinstance(latest, int) and at <= from_micros(latest) <= at + _REACH:
        return from_micros(latest), None
    # An event's clock is at most NEAR before its arrival, and arrivals go forward: after twice
    # that nothing can come that this memory would hold back.
    return at, MemoryEntry("", {"latest": to_micros(at)}, at + _REACH)
