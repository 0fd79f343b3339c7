"""The queues of deliveries: when to look into which, and how many may be under way in each.

Plain bookkeeping: no journal, no network, no clock.
"""

from dataclasses import dataclass, field
from datetime import datetime

from reactor.delivery.ratelimit import Window, next_start, room, started
from reactor.model.rule import Rate

IN_FLIGHT = 512
"""Deliveries claimed whose attempt has not ended, over all lanes: it bounds memory and sockets.
Attempts that wait to be recorded are as few: while none is recorded, no claim commits either."""

LEAST = 8
"""What any lane may have under way, however many others hang."""


@dataclass(slots=True)
class Lane:
    """One queue. `look_at` is when something may be due, None when nothing is known to wait.
    `busy` counts deliveries claimed, or about to be, whose attempt has not ended."""

    name: str
    look_at: datetime | None = None
    busy: int = 0
    window: Window = field(default_factory=Window)

    def look(self, at: datetime) -> None:
        """See to it that the lane is looked into by `at`."""
        self.look_at = at if self.look_at is None else min(self.look_at, at)

    def limit(self, rate: Rate, now: datetime) -> int:
        """How many the rate lets start at `now`. The lane is looked into when it lets one."""
        self.look_at = next_start(self.window, rate, now)
        return room(self.window, rate, now)

    def count_start(self, rate: Rate | None, now: datetime) -> None:
        """An attempt of this lane starts."""
        if rate is not None:
            self.window = started(self.window, rate, now, 1)


@dataclass(slots=True)
class Lanes:
    """All queues since the start: as few as the rules name destinations and inline actions."""

    _lanes: dict[str, Lane] = field(default_factory=dict)
    _busy: int = 0

    def __getitem__(self, name: str) -> Lane:
        """The lane of that name, made when it is first asked for."""
        if name not in self._lanes:
            self._lanes[name] = Lane(name)
        return self._lanes[name]

    def names(self) -> list[str]:
        """All that were ever asked for."""
        return list(self._lanes)

    def ripe(self, now: datetime) -> list[Lane]:
        """Lanes to look into at `now`."""
        return [
            lane
            for lane in self._lanes.values()
            if lane.look_at is not None and lane.look_at <= now
        ]

    def free(self, lane: Lane) -> int:
        """How many more may be under way in `lane`: in all, half of what the others leave, so
        that there is always room for one more lane, however many hang."""
        others = self._busy - lane.busy
        return max(LEAST, (IN_FLIGHT - others) // 2) - lane.busy

    def occupy(self, lane: Lane, count: int) -> None:
        """`count` deliveries of the lane are about to be claimed."""
        lane.busy += count
        self._busy += count

    def release(self, lane: Lane) -> None:
        """One of them has ended, or was not ours: its place is free."""
        lane.busy -= 1
        self._busy -= 1

    def next_look(self) -> datetime | None:
        """When the first lane with room is to be looked into."""
        looks = [
            lane.look_at
            for lane in self._lanes.values()
            if lane.look_at is not None and self.free(lane) > 0
        ]
        return min(looks, default=None)
