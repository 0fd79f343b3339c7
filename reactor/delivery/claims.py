"""The first half of the journal's part in a delivery: what is due becomes ours before it leaves."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reactor.delivery.lanes import Lane, Lanes
from reactor.journal import deliveries
from reactor.journal.database import Connection
from reactor.journal.moves import Claim, Hasten
from reactor.journal.writer import Writer
from reactor.model.delivery import Delivery
from reactor.model.errors import JournalUnavailable

BREATH = timedelta(seconds=1)
"""How long we rest when the journal refused, lest we ask again without a pause."""


@dataclass(frozen=True, slots=True)
class _Claiming:
    """Deliveries that are ours once the journal says so."""

    wanted: list[Delivery]
    future: Future[frozenset[str]]


@dataclass(frozen=True, slots=True)
class _Hastening:
    """Deliveries of a lane that become due at once; `since` is when their destination took one.
    Until the first of them are, none of the lane goes out: they come before the others."""

    since: datetime
    future: Future[int | None]
    is_first: bool


@dataclass(slots=True, kw_only=True)
class Claims:
    """Claims over all lanes, one at a time. It never waits: `on_commit` is called, from the
    writer's thread, when there is something to `settle`."""

    writer: Writer
    reader: Connection
    lanes: Lanes
    on_commit: Callable[[object], None]
    rest_until: datetime | None = None
    _claiming: _Claiming | None = None
    _hastening: dict[str, _Hastening] = field(default_factory=dict)

    @property
    def is_under_way(self) -> bool:
        """Whether the journal was asked and has not answered."""
        return self._claiming is not None

    def ask(self, now: datetime) -> None:
        """Ask the journal for what is due."""
        if self._claiming or self.is_resting(now):
            return
        wanted, windows = [], {}
        for lane in self.lanes.ripe(now):
            found = self._due(lane, now)
            if found and (window := lane.window_after(len(found), now)):
                windows[lane.name] = window.starts
            wanted.extend(found)
        if wanted:
            ids = tuple(delivery.id for delivery in wanted)
            future = self.writer.submit(Claim(ids=ids, at=now, windows=windows))
            self._claiming = _Claiming(wanted, future)
            future.add_done_callback(self.on_commit)

    def is_resting(self, now: datetime) -> bool:
        """Whether the journal refused a moment ago."""
        return self.rest_until is not None and now < self.rest_until

    def _due(self, lane: Lane, now: datetime) -> list[Delivery]:
        """What may go out of one lane now; says when to look again."""
        if (hastening := self._hastening.get(lane.name)) and hastening.is_first:
            lane.look_at = None
            return []
        limit = self.lanes.occupy(lane, lane.limit(now))
        if limit == 0:
            return []
        if lane.is_probed:
            found = deliveries.first(self.reader, lane.name)
        else:
            found = deliveries.due(self.reader, lane.name, now, limit)
        if len(found) < limit:
            lane.look_at = deliveries.next_due(self.reader, lane.name, now)
            self.lanes.release(lane.name, limit - len(found))
        return found

    def settle(self, now: datetime) -> list[Delivery]:
        """What is really claimed: the claim is on disk before a byte leaves."""
        self._settle_hastening()
        if self._claiming is None or not self._claiming.future.done():
            return []
        wanted, future = self._claiming.wanted, self._claiming.future
        self._claiming, claimed = None, self._claimed(future, now)
        ours = [delivery for delivery in wanted if delivery.id in claimed]
        for delivery in wanted if len(ours) < len(wanted) else ():
            if delivery.id not in claimed:
                self.lanes.release(delivery.lane)
                self.lanes[delivery.lane].look(now)
        return ours

    def _claimed(self, future: Future[frozenset[str]], now: datetime) -> frozenset[str]:
        try:
            return future.result()
        except JournalUnavailable:
            self.rest_until = now + BREATH
            return frozenset()

    def hasten(self, lane: str, now: datetime, after: int = 0) -> None:
        """What waits for its time in this lane is due at once: its destination takes deliveries
        again."""
        future = self.writer.submit(Hasten(lane=lane, at=now, after=after))
        self._hastening[lane] = _Hastening(now, future, is_first=after == 0)
        future.add_done_callback(self.on_commit)

    def _settle_hastening(self) -> None:
        """Slice by slice, so that nothing else waits long for the journal."""
        done = {lane: each for lane, each in self._hastening.items() if each.future.done()}
        for lane, each in done.items():
            del self._hastening[lane]
            self.lanes[lane].look(each.since)
            if each.future.exception() is None and (last := each.future.result()) is not None:
                self.hasten(lane, each.since, after=last)
