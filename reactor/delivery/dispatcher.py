"""The thread that keeps promises: claims due deliveries, sends, judges, decides, records.

It never waits for a commit: claims and records go to the journal's writer as futures, and their
end wakes the loop as an answer from the network does. What may go out at once was claimed when it
was promised, and is handed over.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event

from reactor.clock import monotonic
from reactor.delivery.attempt import judge, prepare
from reactor.delivery.breaker import spared
from reactor.delivery.claims import BREATH, Claims
from reactor.delivery.departures import PAUSE, Departures
from reactor.delivery.excerpt import answered, sent
from reactor.delivery.handover import Handover, places_wanted
from reactor.delivery.headroom import Headroom
from reactor.delivery.lanes import Lanes
from reactor.delivery.notices import MOST_WAITING
from reactor.delivery.pauses import Pauses
from reactor.delivery.ratelimit import Window
from reactor.delivery.records import Records
from reactor.delivery.retry import Decision, decide
from reactor.delivery.signals import Signals
from reactor.delivery.transport import Transport
from reactor.journal import deliveries
from reactor.journal.database import Connection
from reactor.journal.lanes import pauses, windows
from reactor.journal.moves import INTERRUPTED, Advance
from reactor.journal.writer import Writer
from reactor.model.delivery import Attempt, Delivery, Move
from reactor.model.journal import Finished, Pause
from reactor.model.protocols import ActionType
from reactor.model.request import HttpRequest, LogLine, ObjectCall, Outcome, Response, Verdict
from reactor.model.rule import Ruleset
from reactor.model.signal import Signal
from reactor.observe.pulse import Pulse
from reactor.platforms.calls import Calls

LONGEST_NAP = timedelta(seconds=5)
"""A jump of the wall clock delays what is due by no more than this."""


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt under way."""

    delivery: Delivery
    started_at: datetime


@dataclass(slots=True, kw_only=True)
class Dispatcher:
    """One thread calls `run`, or `step`; the rest may be called from any. Whoever promises
    deliveries calls `claim`, commits, and calls `hand_over`, or `give_back`.

    `reader` is a read-only connection for this object alone. `now` is the wall clock, `jitter`
    uniform in [0, 1). `write_line` writes to reactor's log. `on_attempt` is told of every attempt
    when it has ended, and `tell` gets a sentence when a destination is paused and when it takes
    deliveries again. `signal` brings the road in what it may decide something by (see Signals).
    None of them may block. `calls` wakes the transport when one of them has
    ended. `pulse` is that of `run`. Close `writer` and `calls` before `transport`.
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
    tell: Callable[[str], None]
    signal: Callable[[Signal], None] = lambda _: None
    grace: timedelta = timedelta(seconds=10)
    pulse: Pulse = field(default_factory=lambda: Pulse(monotonic), init=False)

    _lanes: Lanes = field(init=False)
    _handover: Handover = field(init=False)
    _headroom: Headroom = field(init=False)
    _claims: Claims = field(init=False)
    _departures: Departures = field(default_factory=Departures, init=False)
    _ended: int = field(default=0, init=False)  # in the last round
    _pauses: Pauses = field(init=False)
    _records: Records = field(init=False)
    _signals: Signals = field(init=False)
    _seen: datetime | None = field(default=None, init=False)
    _stop: Event = field(default_factory=Event, init=False)

    def __post_init__(self) -> None:
        """Know what an earlier process knew of the destinations. Blocks for a read."""
        self._lanes = Lanes(self.ruleset.destinations)
        self._handover = Handover(self._lanes)
        self._headroom = Headroom(self._lanes)
        self._claims = Claims(
            writer=self.writer, reader=self.reader, lanes=self._lanes, on_commit=self._on_commit
        )
        self._pauses = Pauses(
            ruleset=lambda: self.ruleset,
            actions=self.actions,
            tell=self.tell,
            waiting=lambda lane: deliveries.waiting(self.reader, lane, MOST_WAITING),
        )
        self._signals = Signals(self.ruleset, self.actions, self.signal)
        self._records = Records(
            writer=self.writer,
            lanes=self._lanes,
            pauses=self._pauses,
            on_commit=self._on_commit,
            on_recorded=self._signals.ended,
        )
        self._pauses.restore(self._lanes, pauses(self.reader))
        for name, starts in windows(self.reader).items():
            self._lanes[name].window = Window(starts)

    def run(self) -> None:
        """The thread's body: keeps promises until `stop`, then lets running attempts end."""
        self.wake(deliveries.lanes(self.reader))
        while not self._stop.is_set():
            self.step(LONGEST_NAP)
        self._wind_down()
        self.pulse.rest()

    def wake(self, lanes: Iterable[str]) -> None:
        """Say that these lanes may have something due."""
        self._lanes.wake(lanes)
        self.transport.wake()

    def claim(self, promised: Iterable[Delivery]) -> tuple[Delivery, ...]:
        """The same deliveries, as they are to be committed: those that may go out at once are
        running already. Blocks a moment while they would find no place because we are behind."""
        promised = tuple(promised)
        now = self.now()
        self._headroom.wait_for(places_wanted(promised, now), now)
        return self._handover.claim(promised, self.now())

    def hand_over(self, promised: Iterable[Delivery]) -> None:
        """These, as `claim` returned them, are committed: send them."""
        self._handover.hand_over(promised)
        self.transport.wake()

    def give_back(self, promised: Iterable[Delivery]) -> None:
        """These were not committed, and will not be."""
        self._handover.give_back(promised)
        self.transport.wake()

    def adopt(self, ruleset: Ruleset) -> None:
        """Send by `ruleset` from the next attempt on: new addresses, secrets and rate limits. A
        paused destination that is another now is asked at once."""
        self.ruleset = ruleset
        self._signals.adopt(ruleset)
        self.wake(ruleset.destinations)

    @property
    def paused(self) -> Mapping[str, Pause]:
        """The lanes that are paused."""
        return self._pauses.current

    def stop(self) -> None:
        """Claim nothing more; `run` returns when all that runs has ended and is recorded. What
        has not ended after `grace` is made again at the next start."""
        self._lanes.close()  # before `run` sees that nothing is under way any more
        self._stop.set()
        self.transport.wake()

    def step(self, nap: timedelta) -> None:
        """One round. Waits up to `nap` when there is nothing to do."""
        self.pulse.turn()
        now = self.now()
        if self._seen is not None and now < self._seen - BREATH:
            self._follow_back(self._seen - now, now)
        self._seen = now
        self._take_up(now)
        self._records.settle(now)
        self._depart(now)
        if not self._stop.is_set():
            self._claims.ask(now)
        self._records.hand_in(now)
        pause = min(nap, self._patience(now))
        self.pulse.turn(pause.total_seconds())
        ended = [*self.transport.step(pause), *self.calls.finished()]
        self.pulse.turn()
        for begun, response in ended:
            self._conclude(begun, judge(self.actions[begun.delivery.type], response))
        self._ended = len(ended)
        is_waiting = self.transport.has_rested and not self._claims.is_under_way
        self._headroom.turn(is_waiting=is_waiting)

    def _follow_back(self, by: timedelta, now: datetime) -> None:
        """The clock was set back: nothing waits the longer for it."""
        self._claims.rest_until = self._records.rest_until = None
        self._lanes.follow_back(by)
        names = self._lanes.names()
        advanced = self.writer.submit(Advance(by=by, at=now))
        advanced.add_done_callback(lambda _: self.wake(names))

    def _take_up(self, now: datetime) -> None:
        """What other threads brought: new rules, and lanes to look into."""
        if self._lanes.destinations is not self.ruleset.destinations:
            self._lanes.adopt(self.ruleset.destinations, now)
            self._pauses.look_over(self._lanes)
        self._lanes.look_into_woken(now)

    def _depart(self, now: datetime) -> None:
        """Begin what is ours, as much as is good at a time."""
        if self._stop.is_set():
            self._records.hurry()
        departures, transport = self._departures, self.transport
        departures.add([*self._handover.take(), *self._claims.settle(now)])
        room = departures.room(transport.under_way, self._ended, has_rested=transport.has_rested)
        ours = departures.take(len(departures) if self._stop.is_set() else room)
        self._lanes.count_starts(ours, now)
        for delivery in ours:
            self._begin(Begun(delivery, now))

    def _begin(self, begun: Begun) -> None:
        if self._stop.is_set():
            self._interrupt(begun)
            return
        action = self.actions[begun.delivery.type]
        effect = prepare(action, begun.delivery, self.ruleset, begun.started_at)
        if isinstance(effect, HttpRequest):
            self.transport.start(begun, effect)
        elif isinstance(effect, ObjectCall):
            self._signals.began(begun.delivery, effect)
            self.calls.start(begun, effect)
        elif isinstance(effect, LogLine):
            self.write_line(effect)
            self._conclude(begun, judge(action, Response()))
        else:
            self._conclude(begun, effect)

    def _conclude(self, begun: Begun, outcome: Outcome) -> None:
        """Decide what follows from the end of an attempt, and learn how its destination is."""
        now, jitter, lane = self.now(), self.jitter(), self._lanes[begun.delivery.lane]
        if outcome.is_refusal and begun.delivery.destination is None:
            # An address within a rule may be another for each event.
            outcome = replace(outcome, is_refusal=False)
        was_probed, outcome = lane.is_probed, spared(lane.breaker, outcome)
        self._pauses.learn(lane, outcome, begun.started_at, now, jitter)
        if was_probed and not lane.is_probed:
            self._claims.hasten(lane.name, now)
        decision = decide(begun.delivery, outcome, now, jitter)
        self._end(begun, decision, _attempt(begun, now, outcome.verdict, outcome))

    def _interrupt(self, begun: Begun) -> None:
        """We stop before the attempt has ended: it is made again at the next start, same id."""
        now = self.now()
        outcome = Outcome(verdict=Verdict.RETRY, detail="reactor stopped during this attempt")
        decision = Decision(move=Move.RETRY, due_at=now, reason=outcome.detail)
        self._end(begun, decision, _attempt(begun, now, INTERRUPTED, outcome))

    def _end(self, begun: Begun, decision: Decision, attempt: Attempt) -> None:
        """Keep what is to be recorded, and tell."""
        self._lanes.release(begun.delivery.lane)
        result = Finished(
            attempt=attempt, move=decision.move, due_at=decision.due_at, reason=decision.reason
        )
        self._records.add(begun.delivery, result)
        self.on_attempt(begun.delivery, attempt, decision)

    def _on_commit(self, _future: object) -> None:
        self.transport.wake()

    def _patience(self, now: datetime) -> timedelta:
        """How long nothing needs us unless we are woken."""
        if self._departures:
            return PAUSE
        if self._stop.is_set():
            return LONGEST_NAP if self._is_unfinished() else timedelta()
        gathering = self._records.patience() or LONGEST_NAP
        rests = [at for at in (self._claims.rest_until, self._records.rest_until) if at]
        if left := [at - now for at in rests if at > now]:
            return min(*left, gathering)
        look_at = None if self._claims.is_under_way else self._lanes.next_look()
        return gathering if look_at is None else min(max(look_at - now, timedelta()), gathering)

    def _wind_down(self) -> None:
        """Let running attempts end, then cut off the rest, and see all of it recorded. While the
        journal takes nothing the attempts stay marked as running, and are made again."""
        self._step_on(self._is_unfinished)
        for begun in [*self.transport.abandon(), *self.calls.abandon()]:
            self._interrupt(begun)
        self._step_on(lambda: self._records.is_under_way)

    def _is_unfinished(self) -> bool:
        """Whether anything is claimed, or on its way into the journal."""
        return self._lanes.busy > 0 or self._records.is_under_way

    def _step_on(self, is_left: Callable[[], bool]) -> None:
        """While there is something left, at most for `grace`."""
        deadline = monotonic() + self.grace.total_seconds()
        while is_left() and (left := deadline - monotonic()) > 0:
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
        timings=outcome.response.timings if outcome.response else None,
        request=sent(outcome.response, verdict),
        response=answered(outcome.response, verdict),
    )
