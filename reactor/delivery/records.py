"""The second half of the journal's part in a delivery: what ended is written down."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reactor.clock import monotonic
from reactor.delivery.claims import BREATH
from reactor.delivery.lanes import Lanes
from reactor.delivery.pauses import Learnt, Pauses
from reactor.journal.moves import Finish
from reactor.journal.writer import Writer
from reactor.model.delivery import Delivery, Move
from reactor.model.errors import JournalUnavailable
from reactor.model.journal import Finished

GATHER = timedelta(milliseconds=3)
"""How long a success waits for others to be recorded with it, when nothing waits for its record:
at some hundred a second a transaction for each would be half of all work."""

LATEST = timedelta(milliseconds=10)
"""How long it waits in all, while attempts are under way: what writes takes their time."""


@dataclass(frozen=True, slots=True)
class _Ended:
    """An attempt that is over, on its way into the journal."""

    delivery: Delivery
    result: Finished


@dataclass(frozen=True, slots=True)
class _Recording:
    """Attempts that are over once the journal says so, and what was learnt from them."""

    ended: list[_Ended]
    learnt: Learnt
    future: Future[frozenset[str]]


@dataclass(slots=True, kw_only=True)
class Records:
    """Hands the journal all that has ended, one transaction at a time. It never waits: `on_commit`
    is called, from the writer's thread, when there is something to `settle`, and `on_recorded` of
    each attempt that the journal has."""

    writer: Writer
    lanes: Lanes
    pauses: Pauses
    on_commit: Callable[[object], None]
    on_recorded: Callable[[Delivery, Finished], None]
    rest_until: datetime | None = None
    _ended: list[_Ended] = field(default_factory=list)
    _recording: _Recording | None = None
    _since: float = 0.0  # when the first of `_ended` did (monotonic), or long ago

    @property
    def is_under_way(self) -> bool:
        """Whether anything has ended that the journal does not have."""
        return bool(self._ended or self._recording)

    def add(self, delivery: Delivery, result: Finished) -> None:
        """An attempt is over."""
        if not self._may_wait(delivery, result):
            self.hurry()
        elif not self._ended:
            self._since = monotonic()
        self._ended.append(_Ended(delivery, result))

    def _may_wait(self, delivery: Delivery, result: Finished) -> bool:
        """Whether its record changes nothing for any other delivery."""
        is_in_order = delivery.order_key is not None
        lane, ended_at = self.lanes[delivery.lane], result.attempt.ended_at
        return result.move is Move.SUCCEED and not is_in_order and lane.is_well(ended_at)

    def hurry(self) -> None:
        """What has ended waits for no more."""
        self._since = 0.0

    def patience(self) -> timedelta | None:
        """How long what has ended may still wait for more; None when nothing waits so."""
        left = LATEST - self._age()
        return left if self._ended and not self._recording and left > timedelta() else None

    def _is_gathering(self) -> bool:
        return self._age() < (LATEST if self.lanes.busy else GATHER)

    def _age(self) -> timedelta:
        return timedelta(seconds=monotonic() - self._since)

    def hand_in(self, now: datetime) -> None:
        """Hand in all that ended; what ends meanwhile waits for the next time."""
        is_resting = self.rest_until is not None and now < self.rest_until
        if self._recording or not self._ended or is_resting or self._is_gathering():
            return
        (ended, self._ended), learnt = (self._ended, []), self.pauses.take()
        results = tuple(each.result for each in ended)
        finish = Finish(results=results, pauses=learnt.pauses, notices=learnt.notices)
        # Urgent: what was sent cannot be unsent, so it is recorded even when the disk is full.
        future = self.writer.submit(
            finish, is_urgent=True, may_linger=not any(map(_leads_on, ended))
        )
        self._recording = _Recording(ended, learnt, future)
        self._recording.future.add_done_callback(self.on_commit)

    def settle(self, now: datetime) -> None:
        """See whether the attempts that were handed in are recorded, and what that leaves to do."""
        if self._recording is None or not self._recording.future.done():
            return
        done, self._recording = self._recording, None
        try:
            done.future.result()
        except JournalUnavailable:
            self.rest_until = now + BREATH
            self._ended = done.ended + self._ended
            self.pauses.give_back(done.learnt)
            return
        for each in done.ended:
            self._look(each, now)
            self.on_recorded(each.delivery, each.result)
        for notice in done.learnt.notices:
            self.lanes[notice.lane].look(now)

    def _look(self, recorded: _Ended, now: datetime) -> None:
        """An attempt may have left a retry, given the turn to the next in order, or shown that its
        lane is to be probed. Otherwise nobody looks: while nothing waits in the lane, what is new
        goes out as it comes."""
        lane = self.lanes[recorded.delivery.lane]
        if recorded.delivery.order_key is not None or not lane.is_well(now):
            lane.look(now)
        elif recorded.result.move is Move.RETRY:
            lane.look(recorded.result.due_at or now)


def _leads_on(ended: _Ended) -> bool:
    """Whether something may be begun as soon as it is recorded."""
    return ended.delivery.order_key is not None or ended.result.move is not Move.SUCCEED
