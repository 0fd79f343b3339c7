"""The road of an event: normalize, look up, match, gates, plan, and all of it into the journal.

Sources are acknowledged, and the dispatcher is woken, only after the commit (docs/architecture.md).
An event that needs to be looked up is accepted in one transaction and decided in a later one; one
that cannot be decided is put into quarantine, and those around it go on.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import TypeVar

from msgspec.structs import replace

from reactor.arrivals import notes_of, take_in
from reactor.clock import monotonic
from reactor.decider import Conclusion, Decider, Undecided, quarantined
from reactor.engine.compiled import CompiledRules
from reactor.engine.lookups import wanted
from reactor.engine.plan import memory_marks
from reactor.inflight import Inflight, Key
from reactor.journal import events as event_rows
from reactor.journal import inputs
from reactor.journal import memory as memory_rows
from reactor.journal.batch import Batch
from reactor.journal.database import Connection
from reactor.journal.quarantine import Release
from reactor.journal.rulesets import Adopt
from reactor.journal.writer import Writer
from reactor.model.delivery import Delivery
from reactor.model.errors import JournalUnavailable, WriteRefused
from reactor.model.event import Arrival, Event, Note, Rejection
from reactor.model.journal import Adopted
from reactor.model.lookup import Answer
from reactor.model.match import Evaluation
from reactor.model.protocols import ActionType, Lookups
from reactor.model.quarantine import Poison, Quarantined, Retried
from reactor.model.rule import Ruleset
from reactor.observe.pulse import Pulse
from reactor.waiting import Waiting

MAX_BATCH = 500

MAX_FIRINGS = 128
"""Deliveries that a batch should promise at most: half of what one lane may have under way, so
that they are handed over, and sent while the next batch is decided."""

Item = Arrival | Note | Answer
"""What comes down the road."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What one transaction holds: the decided events, what became of them, and the rest.

    `accepted` are events that wait for lookups; a later transaction has them among its `events`.
    Those in `quarantined` are among neither.
    """

    events: tuple[Event, ...] = ()
    accepted: tuple[Event, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    undecided: Undecided = ()
    evaluations: tuple[Evaluation, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    duplicates: Mapping[str, int] = field(default_factory=dict)


NOTHING = Committed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a pipeline reaches outside the journal.

    `lookups` has those sources whose objects can be asked for. `tell` brings an answer back to
    `receive` and never blocks. `hold` names the sources that may hand in nothing at present.
    `on_commit` is told of every transaction after it stands, and must not block. `claim` gets the
    deliveries of each before, and gives them back as they are to be written; `give_back` gets those
    of one that does not stand.
    """

    now: Callable[[], datetime]
    on_commit: Callable[[Committed], None]
    lookups: Mapping[str, Lookups] = field(default_factory=dict)
    tell: Callable[[Answer], None] = lambda _: None
    hold: Callable[[frozenset[str]], None] = lambda _: None
    claim: Callable[[tuple[Delivery, ...]], tuple[Delivery, ...]] = lambda promised: promised
    give_back: Callable[[tuple[Delivery, ...]], None] = lambda _: None


class Pipeline:
    """Decides events one after the other; one thread calls `receive`, others may call `adopt`,
    `retry` and `forget`.

    `reader` is a read-only connection for this object alone, as is `inflight`. `pulse` is that of
    `run`.
    """

    def __init__(
        self,
        *,
        ruleset: Ruleset,
        actions: Mapping[str, ActionType],
        writer: Writer,
        reader: Connection,
        inflight: Inflight,
        around: Surroundings,
    ) -> None:
        rules = CompiledRules(ruleset)
        self._actions, self._around, self._lookups = actions, around, around.lookups
        self._writer, self._reader, self._inflight = writer, reader, inflight
        self._waiting = Waiting(wanted(rules, actions), around.lookups, around.tell)
        memory, sequence = memory_rows.load(reader), inputs.last_sequence(reader)
        self._decider = Decider(rules, actions, memory, sequence)
        self._deciding = Lock()
        self.pulse = Pulse(monotonic)

    def run(self, take: Callable[[int], Sequence[Item]]) -> None:
        """Receive what `take` gives until it gives nothing more; first what an earlier process
        accepted and did not decide, and then what it was deciding when it died."""
        self.pulse.turn()
        self.resume()
        self.recover()
        self.pulse.rest()
        most = MAX_BATCH
        while items := take(most):
            self.pulse.turn()
            most = _next_size(len(items), len(self.receive(items).deliveries))
            self.pulse.rest()

    def receive(self, items: Sequence[Item]) -> Committed:
        """Take frames, and answers to lookups, down the road as one transaction; returns when it
        stands. After an earlier process died of an event it is a transaction each, and the last
        one is returned.

        Raises JournalUnavailable when the journal closes before it could commit: then nothing
        was acknowledged, and nothing will be sent.
        """
        committed = NOTHING
        for portion in self._portions(items):
            committed = self._receive(portion)
        return committed

    def _portions(self, things: Sequence[T]) -> Sequence[Sequence[T]]:
        """All together, unless an earlier process died of something that is still to be decided:
        then one by one, to find out what it was."""
        if things and self._inflight.has_suspects:
            return [[each] for each in things]
        return [things]

    def _receive(self, items: Sequence[Item]) -> Committed:
        arrivals = [item for item in items if isinstance(item, Arrival)]
        answers = [item for item in items if isinstance(item, Answer)]
        with self._deciding:
            self._inflight.hold(arrivals, [(each.source, each.event_id) for each in answers])
            fresh, batch = take_in(arrivals, self._reader, self._around.now())
            known, ready, parked = self._waiting.admit(fresh)
            unparked = self._waiting.unpark(answers)
            notes = notes_of(item for item in items if not isinstance(item, Answer))
            batch = replace(batch, events=tuple(known), accepted=tuple(parked), notes=notes)
            committed, *later = self._settle(batch, ready, unparked)
        for arrival in arrivals:
            if arrival.acknowledge:
                arrival.acknowledge()
        self._tell(committed, *later)
        return committed

    def _settle(
        self, batch: Batch, ready: Sequence[Event], unparked: Sequence[Event]
    ) -> list[Committed]:
        """Decide, and commit with the batch: its events that are `ready`, each seeing the memory
        that the one before it left, and then those of earlier batches."""
        done = []
        for portion in self._portions(unparked):
            if portion:
                self._inflight.hold_events(map(_key, portion))
            done.append(self._conclude(batch, ready, portion))
            batch, ready = Batch(), ()
        return done

    def _conclude(
        self, batch: Batch, ready: Sequence[Event], unparked: Sequence[Event]
    ) -> Committed:
        now = self._around.now()
        moments = [*((event, event.received_at) for event in ready), *((e, now) for e in unparked)]
        if self._inflight.is_last_try:
            for rule in self._decider.try_rules(moments):
                self._inflight.name(rule)
        batch = replace(batch, decided=(*batch.decided, *unparked))
        unlooked = self._waiting.poisonous()
        conclusion = self._decider.conclude(batch, moments, unlooked, now)
        self._inflight.decided()
        promised = self._around.claim(conclusion.batch.deliveries)
        batch = replace(conclusion.batch, deliveries=promised)
        self._commit(batch)
        return _committed(conclusion, batch)

    def _commit(self, batch: Batch) -> None:
        """One transaction; only when it stands is anything remembered, or asked for."""
        try:
            self._writer.submit(batch).result()
        except JournalUnavailable as fault:
            self._around.give_back(batch.deliveries)
            if isinstance(fault, WriteRefused):
                self._inflight.refused()
            raise
        self._inflight.clear((*batch.events, *batch.decided))
        self._decider.remember(batch)
        self._waiting.ask()
        self._around.hold(self._waiting.full())

    def _tell(self, *done: Committed) -> None:
        """Tell what stands."""
        for committed in done:
            if committed != NOTHING:
                self._around.on_commit(committed)

    def resume(self) -> None:
        """Go on with events that were accepted, and not decided when the last process ended."""
        with self._deciding:
            accepted = list(event_rows.undecided(self._reader))
            self._inflight.forget_others(map(_key, accepted))
            self._take_up(accepted)

    def _take_up(self, accepted: Sequence[Event]) -> list[Committed]:
        """Decide events of the journal, as far as they need no lookup, and tell."""
        done, now = [], self._around.now()
        for portion in self._portions(accepted):
            self._inflight.hold((), map(_key, portion))
            doomed = [(e, poison) for e in portion if (poison := self._inflight.verdict(_key(e)))]
            batch = Batch(
                decided=tuple(event for event, _ in doomed),
                quarantined=tuple(quarantined(*each, now) for each in doomed),
            )
            free = [] if doomed else self._waiting.resume(portion)
            settled = self._settle(batch, (), free)
            self._tell(*settled)  # at once: the next one may be refused, and these stand
            done += settled
        return done

    def recover(self) -> None:
        """Go on with frames that an earlier process was deciding when it died: each by itself, and
        one that it died of too often not at all."""
        while frame := self._inflight.next_frame():
            self.pulse.turn()
            poison = self._inflight.verdict((frame.source, frame.identity))
            if poison is None:
                self.receive([frame])
            else:
                self._tell(self._put_aside(frame, poison))

    def _put_aside(self, frame: Arrival, poison: Poison) -> Committed:
        """Accept a frame and evaluate nothing."""
        with self._deciding:
            self._inflight.hold([frame])
            now = self._around.now()
            fresh, batch = take_in([frame], self._reader, now)
            events = tuple(map(self._waiting.opened, fresh))
            rows = tuple(quarantined(event, poison, now) for event in events)
            batch = replace(batch, events=events, quarantined=rows, notes=notes_of([frame]))
            return self._conclude(batch, (), ())

    def retry(self, ids: Sequence[str]) -> Mapping[str, str]:
        """Let events out of quarantine and decide them by the rules of now; says per id what came
        of it. Blocks until that stands; raises JournalUnavailable."""
        with self._deciding:
            release = Release(ids=tuple(ids))
            keys = frozenset(self._writer.submit(release, is_patient=False).result())
            self._inflight.suspect(keys)
            accepted = [each for each in event_rows.undecided(self._reader) if _key(each) in keys]
            done = self._take_up(accepted)
        return _retried(ids, accepted, done)

    def adopt(
        self,
        ruleset: Ruleset,
        lookups: Mapping[str, Lookups] | None = None,
        then: Callable[[], None] = lambda: None,
    ) -> Adopted:
        """Decide by `ruleset` from the next event on, looking up by `lookups` (None: as before).
        Memory of gates that it does not know, or knows with other parameters, is dropped (rules.md
        §3, Reload); blocks until it stands. Raises JournalUnavailable, also when the disk takes
        nothing: who reloads must go on to hear a stop."""
        rules = CompiledRules(ruleset)  # beside those that decide meanwhile
        marks = memory_marks(ruleset)
        with self._deciding:
            adopted = self._writer.submit(
                Adopt(
                    sequence=self._decider.sequence + 1,
                    ruleset=ruleset.hash,
                    text=ruleset.text,
                    at=self._around.now(),
                    marks=marks,
                    destinations=frozenset(ruleset.destinations),
                ),
                is_patient=False,
            ).result()
            self._decider.adopt(rules, marks)
            if lookups is not None:
                self._lookups = lookups
            self._waiting.adopt(wanted(rules, self._actions), self._lookups)
            then()
        return adopted

    @property
    def parked(self) -> int:
        """How many accepted events wait for lookups."""
        return len(self._waiting)

    def forget(self) -> None:
        """Drop memory that says nothing any more, here and in the journal."""
        with self._deciding:
            now = self._around.now()
            while self._writer.submit(memory_rows.Trim(now=now)).result() == memory_rows.SLICE:
                pass
            self._decider.forget(now)


def _next_size(items: int, firings: int) -> int:
    """How many items to take together, if they fire as often as those before them."""
    return min(MAX_BATCH, max(1, MAX_FIRINGS * items // firings)) if firings else MAX_BATCH


def _key(event: Event) -> Key:
    return event.source, event.id


def _committed(conclusion: Conclusion, batch: Batch) -> Committed:
    return Committed(
        events=conclusion.events,
        accepted=batch.accepted,
        quarantined=batch.quarantined,
        undecided=conclusion.undecided,
        evaluations=batch.evaluations,
        deliveries=batch.deliveries,
        rejections=batch.rejections,
        duplicates=batch.duplicates,
    )


def _retried(
    ids: Iterable[str], accepted: Iterable[Event], done: Iterable[Committed]
) -> Mapping[str, str]:
    """What came of each id."""
    said: dict[str, str] = dict.fromkeys(ids, Retried.ABSENT)
    said |= {event.id: Retried.PARKED for event in accepted}
    for committed in done:
        said |= {event.id: Retried.DECIDED for event in committed.events}
        said |= {
            row.event_id: f"in quarantine again: {row.poison.sentence}"
            for row in committed.quarantined
        }
    return said
