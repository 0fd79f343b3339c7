"""When ticks are due: the arithmetic over a trigger, and over the clock on a wall."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from threading import Event as StopEvent
from zoneinfo import ZoneInfo

from reactor.engine.crontab import Trigger, changed

NEVER = datetime.max.replace(tzinfo=UTC)

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When ticks are due. `text` is how a person writes it; `every` is set where they are evenly
    spaced."""

    text: str
    trigger: Trigger
    every: timedelta | None = None

    def after(self, moment: datetime) -> datetime:
        """The next tick, in UTC."""
        found = self.trigger.get_next_fire_time(None, moment + _MICROSECOND)
        return found.astimezone(UTC) if found else NEVER

    def ticks(self, first: datetime, until: datetime) -> Iterator[datetime]:
        """The ticks from `first`, which is one, to `until`."""
        while first <= until:
            yield first
            first = self.after(first)

    def last(self, first: datetime, until: datetime) -> datetime:
        """The last tick from `first`, which is one, to `until`. Of a thousand years it takes some
        fifty looks."""
        while (following := self.after(first)) <= until:
            middle = following + (until - following) / 2
            late = self.after(middle)
            first, until = (late, until) if late <= until else (following, middle)
        return first

    def count(self, first: datetime, until: datetime, stop: StopEvent) -> int:
        """How many ticks there are from `first`, which is one, to `until`. A crontab line's are
        counted one by one, until `stop` is set: a second for 80,000."""
        if self.every:
            return (until - first) // self.every + 1
        return sum(1 for _ in takewhile(lambda _: not stop.is_set(), self.ticks(first, until)))


@dataclass(frozen=True, slots=True)
class WallClock:
    """A trigger that takes the clock of a zone for UTC. In the zone itself the library would lose a
    whole day after the clocks went forward (agronholm/apscheduler#606)."""

    trigger: Trigger
    zone: ZoneInfo

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """From one change of the zone's offset to the next the clock runs as UTC does."""
        while True:
            offset = self._offset(now)
            shown = self.trigger.get_next_fire_time(previous, now + offset)
            if shown is None:
                return None
            change = changed(self.zone, now, shown - offset)
            if change is None:
                return shown - offset
            now = change

    def _offset(self, moment: datetime) -> timedelta:
        return moment.astimezone(self.zone).utcoffset() or timedelta()
