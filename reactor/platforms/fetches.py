"""Which objects are to be fetched when, and for whom. Plain bookkeeping: it is told the time, in
seconds that never go back, and neither asks nor waits. Not for several threads."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count, islice, takewhile

from reactor.model.lookup import Found
from reactor.platforms.queries import Key, Query

MOST_OPEN = 60_000
"""For all five objects and three lists of actions of every event that a source may have parked, and
of those on their way."""

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 8.0
"""Seconds before a fetch that failed is made again: 1, 2, 4, 8, 8 …"""

Tell = Callable[[Found], None]
Told = tuple[Tell, Found]
"""What is to be said, and to whom."""


@dataclass(slots=True, eq=False)
class _Fetch:
    """Something that is asked for: by those whom the request under way will answer, and by those
    who wait for one that begins later. One that is not under way is on the schedule, once."""

    query: Query
    waiting: "dict[_Ask, None]" = field(default_factory=dict)
    served: "dict[_Ask, None]" = field(default_factory=dict)
    is_under_way: bool = False
    is_outdated: bool = False
    failures: int = 0
    last: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Ask:
    tell: Tell
    fetch: _Fetch
    ends_at: float


class Fetches:
    """At most one request under way for a query, and one more to follow."""

    def __init__(self, patience: float) -> None:
        """`patience`: seconds after which an ask ends without an answer."""
        self._patience = patience
        self._fetches: dict[Key, _Fetch] = {}
        self._open: dict[_Ask, None] = {}  # the oldest first, so those that end next
        self._schedule: list[tuple[float, int, Key]] = []
        self._turns = count()  # what is due at the same moment goes in order
        self._held_until = float("-inf")
        self._held_by = ""

    def ask(self, query: Query, tell: Tell, *, fresh: bool, now: float) -> bool:
        """Someone wants an answer, by a request that begins from now on if `fresh`. False if too
        many wait."""
        if len(self._open) >= MOST_OPEN:
            return False
        key = query.key
        if key not in self._fetches:
            self._fetches[key] = _Fetch(query)
            self._put(key, now)
        fetch = self._fetches[key]
        ask = _Ask(tell, fetch, now + self._patience)
        asks = fetch.waiting if fresh or not fetch.is_under_way else fetch.served
        asks[ask] = self._open[ask] = None
        return True

    def _put(self, key: Key, moment: float) -> None:
        heapq.heappush(self._schedule, (moment, next(self._turns), key))

    def due(self, now: float) -> list[Key]:
        """What to `begin` now."""
        due = []
        while self._schedule and max(self._schedule[0][0], self._held_until) <= now:
            due.append(heapq.heappop(self._schedule)[-1])
        return due

    def begin(self, key: Key, now: float) -> Query | None:
        """A request that was due is made now; None if it is not to be made any more, or later."""
        fetch = self._fetches[key]
        if not fetch.waiting:
            del self._fetches[key]
            return None
        if now < self._held_until:
            self._put(key, now)
            return None
        fetch.served, fetch.waiting = fetch.waiting, {}
        fetch.is_under_way, fetch.is_outdated = True, False
        return fetch.query

    def end(self, key: Key, found: Found, now: float) -> list[Told]:
        """The request under way has brought this."""
        fetch = self._fetches[key]
        asks, fetch.served = fetch.served, {}
        fetch.is_under_way, fetch.failures, fetch.last = False, 0, ""
        if fetch.waiting:
            self._put(key, now)
        else:
            del self._fetches[key]
        return [self._close(ask, found) for ask in asks]

    def fail(self, key: Key, why: str, now: float) -> None:
        """The request under way has brought nothing; it is made again after a pause."""
        fetch = self._fetches[key]
        fetch.waiting, fetch.served = fetch.served | fetch.waiting, {}
        fetch.is_under_way, fetch.last = False, why
        pause = min(FIRST_PAUSE * (1 << min(fetch.failures, 10)), LONGEST_PAUSE)
        fetch.failures += 1
        self._put(key, now + pause)

    def hold(self, until: float, why: str) -> None:
        """Nothing is due before that."""
        self._held_until, self._held_by = max(until, self._held_until), why

    def outdate(self, key: Key) -> None:
        """Something happened to the object: what is under way is not the last word on it."""
        if key in self._fetches:
            self._fetches[key].is_outdated = True

    def is_outdated(self, key: Key) -> bool:
        """Whether something happened to it since the request under way has begun."""
        return self._fetches[key].is_outdated

    def expired(self, now: float) -> list[Told]:
        """Those whose time is up, or will be before anything may be asked again."""
        end = max(now, self._held_until)
        asks = list(takewhile(lambda ask: ask.ends_at <= end, self._open))
        return [self._close(ask, Found(object=None, reason=self._reason(ask, now))) for ask in asks]

    def _reason(self, ask: _Ask, now: float) -> str:
        last = self._held_by if now < self._held_until else ask.fetch.last
        if now < ask.ends_at:
            return f"{last}, and nothing may be asked for {self._held_until - now:.0f} s"
        return f"no answer within {self._patience:g} s" + (f" (last: {last})" if last else "")

    def close(self, why: str) -> list[Told]:
        """End all that is open."""
        return [self._close(ask, Found(object=None, reason=why)) for ask in list(self._open)]

    def _close(self, ask: _Ask, found: Found) -> Told:
        del self._open[ask]
        ask.fetch.waiting.pop(ask, None)
        ask.fetch.served.pop(ask, None)
        return ask.tell, found

    def next_at(self) -> float | None:
        """When something will be due or expire; None if nothing is open."""
        moments = [ask.ends_at for ask in islice(self._open, 1)]
        if self._schedule:
            moments.append(max(self._schedule[0][0], self._held_until))
        return min(moments, default=None)
