"""The thread that keeps promises: claims due deliveries, sends, judges, decides, records.

It never waits for a commit: claims and records go to the journal's writer as futures, and their
end wakes the loop as an answer from the network does.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event, Lock

from reactor.clock import monotonic
from reactor.delivery.attempt import judge, prepare
from reactor.delivery.lanes import Lane, Lanes
from reactor.delivery.retry import Decision, decide
from reactor.delivery.transport import Transport
from reactor.journal import deliveries
from reactor.journal.database import Connection
from reactor.journal.moves import INTERRUPTED, Advance, Claim, Finish
from reactor.journal.writer import Writer
from reactor.model.delivery import Attempt, Delivery, Move, State
from reactor.model.errors import JournalUnavailable
from reactor.model.journal import Finished
from reactor.model.protocols import ActionType
from reactor.model.request import HttpRequest, LogLine, ObjectCall, Outcome, Response, Verdict
from reactor.model.rule import Rate, Ruleset
from reactor.observe.pulse import Pulse
from reactor.platforms.calls import Calls

LONGEST_NAP = timedelta(seconds=5)
"""A jump of the wall clock delays what is due by no more than this."""

_BREATH = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt under way."""

    delivery: Delivery
    started_at: datetime


@dataclass(frozen=True, slots=True)
class _Claiming:
    """Deliveries that are ours once the journal says so."""

    wanted: list[Delivery]
    future: Future[frozenset[str]]


@dataclass(frozen=True, slots=True)
class _Ended:
    """An attempt that is over, on its way into the journal."""

    lane: str
    result: Finished


@dataclass(frozen=True, slots=True)
class _Recording:
    """Attempts that are over once the journal says so."""

    ended: list[_Ended]
    future: Future[frozenset[str]]


@dataclass(slots=True, kw_only=True)
class Dispatcher:
    """One thread calls `run`, or `step`; `wake`, `adopt` and `stop` may be called from any.

    `reader` is a read-only connection for this object alone. `now` is the wall clock, `jitter`
    uniform in [0, 1). `write_line` writes to reactor's log. `on_attempt` is told of every attempt
    when it has ended. Neither may block. `calls` wakes the transport when one of them has ended.
    `pulse` is that of `run`. Close `writer` and `calls` before `transport`.
    """

    ruleset: Ruleset
    actions: Mapping[str, ActionType]
    writer: Writer
    reader: Connection
    transport: Transport[Begun]
    calls: Calls[Begun]
    now: Callable[[], datetime]
    jitter: Callable[[], float]
    write_line: Callable[[LogLine], None]
    on_attempt: Callable[[Delivery, Attempt, Decision], None]
    grace: timedelta = timedelta(seconds=10)
    pulse: Pulse = field(default_factory=lambda: Pulse(monotonic), init=False)

    _lanes: Lanes = field(default_factory=Lanes, init=False)
    _claiming: _Claiming | None = field(default=None, init=False)
    _ended: list[_Ended] = field(default_factory=list, init=False)
    _recording: _Recording | None = field(default=None, init=False)
    _under_way: int = field(default=0, init=False)
    _rest_until: datetime | None = field(default=None, init=False)
    _seen: datetime | None = field(default=None, init=False)
    _woken: set[str] = field(default_factory=set, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)
    _stop: Event = field(default_factory=Event, init=False)

    def run(self) -> None:
        """The thread's body: keeps promises until `stop`, then lets running attempts end."""
        self.wake(deliveries.lanes(self.reader))
        while not self._stop.is_set():
            self.step(LONGEST_NAP)
        self._wind_down()
        self.pulse.rest()

    def wake(self, lanes: Iterable[str]) -> None:
        """Say that these lanes may have something due."""
        with self._lock:
            self._woken.update(lanes)
        self.transport.wake()

    def adopt(self, ruleset: Ruleset) -> None:
        """Send by `ruleset` from the next attempt on: new addresses, secrets and rate limits."""
        self.ruleset = ruleset
        self.wake(ruleset.destinations)

    def stop(self) -> None:
        """Claim nothing more; `run` returns when all that runs has ended and is recorded. What
        has not ended after `grace` is made again at the next start."""
        self._stop.set()
        self.transport.wake()

    def step(self, nap: timedelta) -> None:
        """One round. Waits up to `nap` when there is nothing to do."""
        self.pulse.turn()
        now = self.now()
        if self._seen is not None and now < self._seen - _BREATH:
            self._follow_back(self._seen - now, now)
        self._seen = now
        self._take_woken(now)
        self._settle_record(now)
        self._settle_claim(now)
        self._claim_due(now)
        self._record_ended(now)
        pause = min(nap, self._patience(now))
        self.pulse.turn(pause.total_seconds())
        answered = self.transport.step(pause)
        self.pulse.turn()
        for begun, response in [*answered, *self.calls.finished()]:
            self._under_way -= 1
            self._conclude(begun, judge(self.actions[begun.delivery.type], response))

    def _follow_back(self, by: timedelta, now: datetime) -> None:
        """The clock was set back: nothing waits the longer for it."""
        self._rest_until = None
        names = self._lanes.names()
        advanced = self.writer.submit(Advance(by=by, at=now))
        advanced.add_done_callback(lambda _: self.wake(names))

    def _take_woken(self, now: datetime) -> None:
        with self._lock:
            names, self._woken = self._woken, set()
        for name in names:
            self._lanes[name].look(now)

    def _claim_due(self, now: datetime) -> None:
        """Ask the journal for what is due: one claim over all lanes, one at a time."""
        if self._claiming or self._stop.is_set() or self._is_resting(now):
            return
        wanted = [found for lane in self._lanes.ripe(now) for found in self._due(lane, now)]
        if wanted:
            claim = Claim(ids=tuple(delivery.id for delivery in wanted), at=now)
            self._claiming = _Claiming(wanted, self.writer.submit(claim))
            self._claiming.future.add_done_callback(self._on_commit)

    def _due(self, lane: Lane, now: datetime) -> list[Delivery]:
        """What may go out of one lane now; says when to look again."""
        limit, rate = self._lanes.free(lane), self._rate(lane)
        if rate is not None:
            limit = min(limit, lane.limit(rate, now))
        if limit <= 0:
            return []
        found = deliveries.due(self.reader, lane.name, now, limit)
        if len(found) < limit:
            lane.look_at = deliveries.next_due(self.reader, lane.name, now)
        self._lanes.occupy(lane, len(found))
        return found

    def _rate(self, lane: Lane) -> Rate | None:
        destination = self.ruleset.destinations.get(lane.name)
        return None if destination is None else destination.rate_limit

    def _settle_claim(self, now: datetime) -> None:
        """Begin what is really claimed: the claim is on disk before a byte leaves."""
        if self._claiming is None or not self._claiming.future.done():
            return
        wanted, claimed = self._claiming.wanted, self._result(self._claiming.future, now)
        self._claiming = None
        for delivery in wanted:
            lane = self._lanes[delivery.lane]
            if claimed is not None and delivery.id in claimed:
                lane.count_start(self._rate(lane), now)
                running = replace(
                    delivery, state=State.RUNNING, attempts=delivery.attempts + 1, reason=None
                )
                self._begin(Begun(running, now))
            else:
                self._lanes.release(lane)
                lane.look(now)

    def _result(self, future: Future[frozenset[str]], now: datetime) -> frozenset[str] | None:
        """The ids that were written; None if the journal refused, and then we rest, lest we ask
        again without a pause."""
        try:
            return future.result()
        except JournalUnavailable:
            self._rest_until = now + _BREATH
            return None

    def _is_resting(self, now: datetime) -> bool:
        return self._rest_until is not None and now < self._rest_until

    def _begin(self, begun: Begun) -> None:
        if self._stop.is_set():
            self._interrupt(begun)
            return
        action = self.actions[begun.delivery.type]
        effect = prepare(action, begun.delivery, self.ruleset, begun.started_at)
        if isinstance(effect, HttpRequest):
            self._under_way += 1
            self.transport.start(begun, effect)
        elif isinstance(effect, ObjectCall):
            self._under_way += 1
            self.calls.start(begun, effect)
        elif isinstance(effect, LogLine):
            self.write_line(effect)
            self._conclude(begun, judge(action, Response()))
        else:
            self._conclude(begun, effect)

    def _conclude(self, begun: Begun, outcome: Outcome) -> None:
        """Decide what follows from the end of an attempt."""
        now = self.now()
        decision = decide(begun.delivery, outcome, now, self.jitter())
        self._end(begun, decision, _attempt(begun, now, outcome.verdict, outcome))

    def _interrupt(self, begun: Begun) -> None:
        """We stop before the attempt has ended: it is made again at the next start, same id."""
        now = self.now()
        outcome = Outcome(verdict=Verdict.RETRY, detail="reactor stopped during this attempt")
        decision = Decision(move=Move.RETRY, due_at=now, reason=outcome.detail)
        self._end(begun, decision, _attempt(begun, now, INTERRUPTED, outcome))

    def _end(self, begun: Begun, decision: Decision, attempt: Attempt) -> None:
        """Keep what is to be recorded, and tell."""
        self._lanes.release(self._lanes[begun.delivery.lane])
        result = Finished(
            attempt=attempt, move=decision.move, due_at=decision.due_at, reason=decision.reason
        )
        self._ended.append(_Ended(begun.delivery.lane, result))
        self.on_attempt(begun.delivery, attempt, decision)

    def _record_ended(self, now: datetime) -> None:
        """Hand the journal all that ended; what ends meanwhile waits for the next record."""
        if self._recording or not self._ended or self._is_resting(now):
            return
        ended, self._ended = self._ended, []
        finish = Finish(results=tuple(each.result for each in ended))
        self._recording = _Recording(ended, self.writer.submit(finish))
        self._recording.future.add_done_callback(self._on_commit)

    def _settle_record(self, now: datetime) -> None:
        """Recorded, an attempt may have left a retry, or given the turn to the next in order."""
        if self._recording is None or not self._recording.future.done():
            return
        ended, recorded = self._recording.ended, self._result(self._recording.future, now)
        self._recording = None
        if recorded is None:
            self._ended = ended + self._ended
            return
        for each in ended:
            self._lanes[each.lane].look(now)

    def _on_commit(self, _future: object) -> None:
        self.transport.wake()

    def _patience(self, now: datetime) -> timedelta:
        """How long nothing needs us unless we are woken."""
        if self._stop.is_set():
            return LONGEST_NAP if self._is_unfinished() else timedelta()
        if self._rest_until is not None and now < self._rest_until:
            return self._rest_until - now
        look_at = None if self._claiming else self._lanes.next_look()
        return LONGEST_NAP if look_at is None else max(look_at - now, timedelta())

    def _wind_down(self) -> None:
        """Let running attempts end, then cut off the rest, and see all of it recorded. While the
        journal takes nothing the attempts stay marked as running, and are made again."""
        self._step_on()
        for begun in [*self.transport.abandon(), *self.calls.abandon()]:
            self._under_way -= 1
            self._interrupt(begun)
        self._step_on()

    def _is_unfinished(self) -> bool:
        """Whether anything is under way, or on its way into the journal."""
        return bool(self._under_way or self._claiming or self._ended or self._recording)

    def _step_on(self) -> None:
        """Until all is finished, at most for `grace`."""
        deadline = monotonic() + self.grace.total_seconds()
        while self._is_unfinished() and (left := deadline - monotonic()) > 0:
            self.step(timedelta(seconds=left))


def _attempt(begun: Begun, now: datetime, verdict: str, outcome: Outcome) -> Attempt:
    return Attempt(
        delivery_id=begun.delivery.id,
        number=begun.delivery.attempts,
        started_at=begun.started_at,
        ended_at=now,
        verdict=verdict,
        status=outcome.status,
        detail=outcome.detail,
        action_uri=outcome.action_uri,
    )
