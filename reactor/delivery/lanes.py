"""The queues of deliveries: when to look into which, and how many may be under way in each.

Plain bookkeeping: no journal, no network, no clock.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from reactor.delivery.breaker import Breaker, allowed, asked_at_once, set_back
from reactor.delivery.ratelimit import Window, next_start, room, started
from reactor.model.delivery import Delivery
from reactor.model.gates import Rate
from reactor.model.rule import Destination

IN_FLIGHT = 512
"""Deliveries claimed whose attempt has not ended, over all lanes: it bounds memory and sockets.
Attempts that wait to be recorded are as few: while none is recorded, no claim commits either."""

LEAST = 8
"""What any lane may have under way, however many others hang."""


@dataclass(slots=True)
class Lane:
    """One queue. `look_at` is when something may be due, None when nothing is known to wait.
    `busy` counts deliveries claimed, or about to be, whose attempt has not ended. `rate` and
    `concurrency` are those of its destination."""

    name: str
    rate: Rate | None = None
    concurrency: int | None = None
    look_at: datetime | None = None
    busy: int = 0
    window: Window = field(default_factory=Window)
    breaker: Breaker = field(default_factory=Breaker)

    def look(self, at: datetime) -> None:
        """See to it that the lane is looked into by `at`."""
        self.look_at = at if self.look_at is None else min(self.look_at, at)

    @property
    def is_probed(self) -> bool:
        """Whether only a probe may go out: one delivery, due or not."""
        return self.breaker.probes is not None

    def is_well(self, now: datetime) -> bool:
        """Whether its destination takes all that it is sent, as far as is known."""
        return allowed(self.breaker, now) is None

    def is_clear(self, now: datetime) -> bool:
        """Whether what is new may go out as it comes: nothing that is due is before it, and nothing
        sets a pace."""
        is_empty = self.look_at is None or self.look_at > now
        return is_empty and self.rate is None and self.is_well(now)

    @property
    def has_pace(self) -> bool:
        """Whether the rule file bounds how fast, or how many at a time."""
        return self.rate is not None or self.concurrency is not None

    @property
    def most(self) -> int:
        """How many may be under way, whatever the other lanes do."""
        wide = 1 if self.is_probed else self.breaker.width
        return min(IN_FLIGHT, self.concurrency or IN_FLIGHT, wide or IN_FLIGHT)

    def limit(self, now: datetime) -> int:
        """How many its destination lets start at `now`; then, or when that is none, the lane is
        looked into again when it may let one."""
        if allowed(self.breaker, now) == 0:
            self.look_at = self.breaker.closed_until
            return 0
        if self.rate is None:
            return IN_FLIGHT
        self.look_at = next_start(self.window, self.rate, now)
        return room(self.window, self.rate, now)

    def window_after(self, count: int, now: datetime) -> Window | None:
        """Its window when `count` attempts start, None where none is kept."""
        return None if self.rate is None else started(self.window, self.rate, now, count)


@dataclass(slots=True)
class Lanes:
    """All queues since the start: as few as the rules name destinations and inline actions.

    One thread calls everything, but `wake`, `admit`, `release` and `close` may be called from any.
    """

    destinations: Mapping[str, Destination] = field(default_factory=dict)
    _lanes: dict[str, Lane] = field(default_factory=dict)
    _woken: set[str] = field(default_factory=set)
    _busy: int = 0
    _is_closed: bool = False
    _lock: Lock = field(default_factory=Lock)

    def __getitem__(self, name: str) -> Lane:
        """The lane of that name, made when it is first asked for."""
        if name not in self._lanes:
            self._lanes[name] = Lane(name)
            self._settle(self._lanes[name])
        return self._lanes[name]

    def _settle(self, lane: Lane) -> None:
        """Go by what the rule file says of the destination."""
        found = self.destinations.get(lane.name)
        lane.rate = found.rate_limit if found else None
        lane.concurrency = found.concurrency if found else None

    def adopt(self, destinations: Mapping[str, Destination], now: datetime) -> None:
        """Go by these from now on; one that was changed is asked at once."""
        before, self.destinations = self.destinations, destinations
        for lane in self._lanes.values():
            self._settle(lane)
            if lane.name in before and lane.name not in destinations:
                lane.breaker = Breaker()
            elif before.get(lane.name) != destinations.get(lane.name):
                lane.breaker = asked_at_once(lane.breaker, now)
            lane.look(now)

    def follow_back(self, by: timedelta) -> None:
        """The clock was set back: no lane stays closed the longer for it."""
        for lane in self._lanes.values():
            lane.breaker = set_back(lane.breaker, by)

    def __iter__(self) -> Iterator[Lane]:
        """All that were ever asked for."""
        return iter(self._lanes.values())

    def names(self) -> list[str]:
        """All that were ever asked for."""
        return list(self._lanes)

    def wake(self, names: Iterable[str]) -> None:
        """Say that these lanes may have something due."""
        with self._lock:
            self._woken.update(names)

    def look_into_woken(self, now: datetime) -> None:
        """See to it that they are looked into."""
        with self._lock:
            for name in self._woken:
                self[name].look(now)
            self._woken.clear()

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
        return min(lane.most, max(LEAST, (IN_FLIGHT - others) // 2)) - lane.busy

    def occupy(self, lane: Lane, most: int) -> int:
        """At most so many deliveries of the lane are about to be claimed; returns for how many
        there is room."""
        with self._lock:
            return self._occupy(lane, most)

    def _occupy(self, lane: Lane, most: int) -> int:
        count = max(0, min(most, self.free(lane)))
        lane.busy += count
        self._busy += count
        return count

    def admit(self, name: str, most: int, now: datetime) -> int:
        """Occupy places for at most so many deliveries that are about to be promised, as many as
        may go out as soon as they stand; returns how many. A lane that nobody has asked for yet is
        not known to be clear."""
        with self._lock:
            lane = self._lanes.get(name)
            is_clear = lane is not None and lane.is_clear(now) and name not in self._woken
            if lane is None or not is_clear or self._is_closed:
                return 0
            return self._occupy(lane, most)

    def is_behind(self, name: str, wanted: int, now: datetime) -> bool:
        """Whether so many more could not be admitted now, only because others are under way or
        due before them: of a lane that does well, and has no pace of its own."""
        with self._lock:
            lane = self._lanes.get(name)
            if lane is None or self._is_closed or not lane.is_well(now) or lane.has_pace:
                return False
            free = self.free(lane)
            is_clear = lane.is_clear(now) and name not in self._woken
            return not is_clear or free < min(wanted, free + lane.busy)

    def close(self) -> None:
        """Admit nothing any more."""
        with self._lock:
            self._is_closed = True

    def release(self, name: str, count: int = 1) -> None:
        """So many of them have ended, or were not ours: their places are free."""
        with self._lock:
            self._lanes[name].busy -= count
            self._busy -= count

    @property
    def busy(self) -> int:
        """How many are under way in all."""
        return self._busy

    def count_starts(self, begun: Iterable[Delivery], now: datetime) -> None:
        """These start at `now`: so it is kept where there is a rate."""
        for name, count in Counter(delivery.lane for delivery in begun).items():
            lane = self._lanes[name]
            lane.window = lane.window_after(count, now) or lane.window

    def next_look(self) -> datetime | None:
        """When the first lane with room is to be looked into."""
        looks = [
            lane.look_at
            for lane in self._lanes.values()
            if lane.look_at is not None and self.free(lane) > 0
        ]
        return min(looks, default=None)
