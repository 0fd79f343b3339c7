"""The road of an event: normalize, look up, match, gates, plan, and all of it into the journal.

Sources are acknowledged, and the dispatcher is woken, only after the commit (docs/architecture.md).
An event that needs to be looked up is accepted in one transaction and decided in a later one; one
that cannot be decided is put into quarantine, and those around it go on.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from threading import Lock
from typing import TypeVar

from msgspec.structs import replace

from reactor.arrivals import notes_of, take_in
from reactor.clock import monotonic
from reactor.decider import Decider, quarantined
from reactor.engine.compiled import CompiledRules
from reactor.engine.later import memory_marks
from reactor.engine.links import ALIVE, KEPT
from reactor.engine.lookups import wanted
from reactor.engine.remembered import Moment
from reactor.inflight import Inflight, Key
from reactor.journal import events as event_rows
from reactor.journal import inputs
from reactor.journal import memory as memory_rows
from reactor.journal.batch import Batch
from reactor.journal.database import Connection
from reactor.journal.quarantine import Release
from reactor.journal.rulesets import Adopt
from reactor.journal.writer import Writer
from reactor.model.errors import JournalUnavailable, WriteRefused
from reactor.model.event import Arrival, Event, Note
from reactor.model.journal import Adopted
from reactor.model.lookup import Answer
from reactor.model.memory import MemoryEntry
from reactor.model.protocols import ActionType, Lookups
from reactor.model.quarantine import Poison
from reactor.model.rule import Ruleset
from reactor.model.signal import Signal, Started
from reactor.model.silence import Silence
from reactor.observe.pulse import Pulse
from reactor.transaction import (
    NOTHING,
    Committed,
    Item,
    Surroundings,
    Take,
    committed_by,
    retried,
)
from reactor.waiting import Waiting

MAX_BATCH = 500

TICK = 0.001
"""Seconds after its time at which a timer is looked for: clocks are not finer."""

LONGEST_NAP = 5.0
"""Seconds: a jump of the wall clock delays a timer by no more than this."""

MAX_FIRINGS = 128
"""Deliveries that a batch should promise at most: half of what one lane may have under way, so
that they are handed over, and sent while the next batch is decided."""

NO_BATCH = Batch()

T = TypeVar("T")


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
        self._decider = Decider(
            rules,
            actions,
            memory_rows.load(reader),
            inputs.last_sequence(reader),
            since=around.now(),
            event_of=partial(event_rows.one, reader),
        )
        self._deciding = Lock()
        self.pulse = Pulse(monotonic)

    def run(self, take: Take) -> None:
        """Receive what `take` gives until it gives None, and decide what comes due meanwhile; first
        what an earlier process accepted and did not decide, and then what it was deciding when it
        died."""
        self.pulse.turn()
        self.receive([Started(self._alive_at())])
        self.resume()
        self.recover()
        self.pulse.rest()
        most = MAX_BATCH
        while (items := take(most, self._until_due())) is not None:
            self.pulse.turn()
            most = _next_size(len(items), len(self.receive(items).deliveries))
            self.pulse.rest()

    def _alive_at(self) -> datetime:
        """When the process before was last known to be alive: by what it decided, or kept."""
        alive = self._decider.memory.get(ALIVE)
        decided = inputs.last_decided(self._reader) or self._around.now()
        return max(decided, alive.expires_at - KEPT) if alive else decided

    def _until_due(self) -> float | None:
        """Seconds until the next timer comes due, None if there is none."""
        due = self._decider.memory.next_due()
        if due is None:
            return None
        left = (due[0] - self._around.now()).total_seconds()
        return min(max(0.0, left) + TICK, LONGEST_NAP)

    def receive(self, items: Sequence[Item]) -> Committed:
        """Take frames, answers to lookups and signals down the road, and with them the timers that
        are due, as one transaction; returns when it stands. After an earlier process died of an
        event it is a transaction each, and the last one is returned.

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
            notes = notes_of(item for item in items if isinstance(item, Arrival | Note))
            batch = replace(batch, events=tuple(known), accepted=tuple(parked), notes=notes)
            signals = [item for item in items if isinstance(item, Signal)]
            committed, *later = self._settle(batch, ready, unparked, signals)
        for arrival in arrivals:
            if arrival.acknowledge:
                arrival.acknowledge()
        self._tell(committed, *later)
        return committed

    def _settle(
        self,
        batch: Batch,
        ready: Sequence[Event],
        unparked: Sequence[Event],
        signals: Sequence[Signal] = (),
    ) -> list[Committed]:
        """Decide, and commit with the batch: its events that are `ready`, each seeing the memory
        that the one before it left, then signals, and then events of earlier batches."""
        done = []
        for portion in self._portions(unparked):
            if portion:
                self._inflight.hold_events(map(_key, portion))
            done.append(self._conclude(batch, ready, portion, signals))
            batch, ready, signals = Batch(), (), ()
        return done

    def _conclude(
        self,
        batch: Batch,
        ready: Sequence[Event],
        unparked: Sequence[Event],
        signals: Sequence[Signal] = (),
        until: Moment | None = None,
    ) -> Committed:
        now = self._around.now()
        moments: list[tuple[Event | Signal, datetime]] = [
            *((event, event.received_at) for event in ready),
            *((each, now) for each in (*signals, *unparked)),
        ]
        if self._inflight.is_last_try:
            for rule in self._decider.try_rules(moments):
                self._inflight.name(rule)
        batch = replace(batch, decided=(*batch.decided, *unparked))
        unlooked = self._waiting.poisonous()
        until = until or (now, False)
        conclusion = self._decider.conclude(batch, moments, unlooked, now=now, until=until)
        self._inflight.decided()
        if conclusion.batch == NO_BATCH:
            self._stand(NO_BATCH)
            return NOTHING
        promised = self._around.claim(conclusion.batch.deliveries)
        batch = replace(conclusion.batch, deliveries=promised)
        self._commit(batch)
        self._waiting.recheck(conclusion.rechecks)
        return committed_by(conclusion, batch, self._reader)

    def pass_time(self, until: datetime) -> Committed:
        """Decide what comes due by `until`, when no event does any more: for a virtual clock."""
        with self._deciding:
            committed = self._conclude(Batch(), (), (), until=(until, True))
        self._tell(committed)
        return committed

    def _commit(self, batch: Batch) -> None:
        """One transaction, which stands when this returns."""
        try:
            self._writer.submit(batch).result()
        except JournalUnavailable as fault:
            self._decider.forsake()
            self._around.give_back(batch.deliveries)
            if isinstance(fault, WriteRefused):
                self._inflight.refused()
            raise
        self._stand(batch)

    def _stand(self, batch: Batch) -> None:
        """Only now is anything remembered, or asked for: also for events of earlier batches."""
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
        return retried(ids, accepted, done)

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
            adoption = self._decider.adoption(rules, marks, self._around.now())
            adopted = self._writer.submit(
                Adopt(
                    sequence=self._decider.sequence + 1,
                    ruleset=ruleset.hash,
                    text=ruleset.text,
                    at=self._around.now(),
                    marks=marks,
                    settlements=adoption.settlements,
                    memory=adoption.memory,
                    rules=frozenset(
                        (rule.name, action.name)
                        for rule in ruleset.rules
                        for action in rule.actions
                        if action.enabled
                    ),
                    destinations=frozenset(ruleset.destinations),
                ),
                is_patient=False,
            ).result()
            self._decider.adopt(rules, adoption)
            if lookups is not None:
                self._lookups = lookups
            self._look_up()
            then()
        return adopted

    def _look_up(self) -> None:
        """What is to be asked of events under the rules and silences of now."""
        wanted_now = wanted(self._decider.rules, self._actions, self._decider.silences)
        self._waiting.adopt(wanted_now, self._lookups)

    def silence(self, silences: tuple[Silence, ...]) -> None:
        """Hold back under these from the next event on; blocks until that stands."""
        with self._deciding:
            taken_up = self._decider.silencing(silences, self._around.now())
            self._writer.submit(Batch(inputs=(taken_up,)), is_patient=False).result()
            self._decider.silence(silences)
            self._look_up()

    @property
    def parked(self) -> int:
        """How many accepted events wait for lookups."""
        return len(self._waiting)

    @property
    def keys(self) -> Mapping[str, int]:
        """How many keys each rule remembers something under. May be asked by any thread."""
        return self._decider.memory.keys

    @property
    def timers(self) -> int:
        """How many timers wait for their time."""
        return self._decider.memory.timers

    def forget(self) -> None:
        """Drop memory that says nothing any more, here and in the journal."""
        with self._deciding:
            now = self._around.now()
            while self._writer.submit(memory_rows.Trim(now=now)).result() == memory_rows.SLICE:
                pass
            self._decider.forget(now)
            if self._decider.rules.absents:
                alive = MemoryEntry("", {}, now + KEPT)
                self._writer.submit(Batch(memory={ALIVE: alive})).result()


def _next_size(items: int, firings: int) -> int:
    """How many items to take together, if they fire as often as those before them."""
    return (
        min(MAX_BATCH, max(1, MAX_FIRINGS * items // firings)) if items and firings else MAX_BATCH
    )


def _key(event: Event) -> Key:
    return event.source, event.id
