"""The road of an event: normalize, look up, match, gates, plan, and all of it into the journal.

Sources are acknowledged, and the dispatcher is woken, only after the commit (docs/architecture.md).
An event that needs to be looked up is accepted in one transaction and decided in a later one.
"""

from collections import ChainMap, Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock

from reactor.clock import monotonic
from reactor.engine.lookups import wanted
from reactor.engine.normalize import Refusal, normalize
from reactor.engine.plan import decide, memory_marks
from reactor.journal import events as event_rows
from reactor.journal import inputs
from reactor.journal import memory as memory_rows
from reactor.journal.batch import Batch
from reactor.journal.database import Connection
from reactor.journal.rulesets import Adopt
from reactor.journal.writer import Writer
from reactor.model.delivery import Delivery
from reactor.model.event import Arrival, Event, Note, Rejection
from reactor.model.journal import Adopted, GateMark, Input
from reactor.model.lookup import Answer
from reactor.model.match import Evaluation
from reactor.model.memory import MemoryEntry, MemoryKey
from reactor.model.protocols import ActionType, Lookups
from reactor.model.rule import Ruleset
from reactor.observe.pulse import Pulse
from reactor.waiting import Waiting

MAX_BATCH = 500
EXCERPT_BYTES = 200

Item = Arrival | Note | Answer
"""What comes down the road."""

Undecided = tuple[tuple[Event, tuple[str, ...]], ...]
"""Events of which a lookup failed, and the names of the rules that could not be decided for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What one transaction holds: the decided events, what became of them, and the rest.

    `accepted` are events that wait for lookups; a later transaction has them among its `events`.
    """

    events: tuple[Event, ...] = ()
    accepted: tuple[Event, ...] = ()
    undecided: Undecided = ()
    evaluations: tuple[Evaluation, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    duplicates: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a pipeline reaches outside the journal.

    `lookups` has those sources whose objects can be asked for. `tell` brings an answer back to
    `receive` and never blocks. `hold` names the sources that may hand in nothing at present.
    `on_commit` is told of every transaction after it stands, and must not block.
    """

    now: Callable[[], datetime]
    on_commit: Callable[[Committed], None]
    lookups: Mapping[str, Lookups] = field(default_factory=dict)
    tell: Callable[[Answer], None] = lambda _: None
    hold: Callable[[frozenset[str]], None] = lambda _: None


class Pipeline:
    """Decides events one after the other; one thread calls `receive`, others may `adopt`.

    `reader` is a read-only connection for this object alone. `pulse` is that of `run`.
    """

    def __init__(
        self,
        *,
        ruleset: Ruleset,
        actions: Mapping[str, ActionType],
        writer: Writer,
        reader: Connection,
        around: Surroundings,
    ) -> None:
        self._ruleset, self._actions = ruleset, actions
        self._writer, self._reader = writer, reader
        self._around, self._lookups = around, around.lookups
        self._waiting = Waiting(wanted(ruleset, actions), around.lookups, around.tell)
        self._memory: dict[MemoryKey, MemoryEntry | None] = {**memory_rows.load(reader)}
        self._sequence = inputs.last_sequence(reader)
        self._deciding = Lock()
        self.pulse = Pulse(monotonic)

    def run(self, take: Callable[[int], Sequence[Item]]) -> None:
        """Receive what `take` gives until it gives nothing more; first what an earlier process
        accepted and did not decide."""
        self.pulse.turn()
        self.resume()
        self.pulse.rest()
        while items := take(MAX_BATCH):
            self.pulse.turn()
            self.receive(items)
            self.pulse.rest()

    def receive(self, items: Sequence[Item]) -> Committed:
        """Take frames, and answers to lookups, down the road as one transaction; returns when it
        stands.

        Raises JournalUnavailable when the journal closes before it could commit: then nothing
        was acknowledged, and nothing will be sent.
        """
        arrivals = [item for item in items if isinstance(item, Arrival)]
        with self._deciding:
            events, rejections = self._normalize(arrivals)
            fresh, duplicates = self._only_new(events)
            known, ready, parked = self._waiting.admit(fresh)
            unparked = self._waiting.unpark(item for item in items if isinstance(item, Answer))
            batch = Batch(
                events=tuple(known),
                accepted=tuple(parked),
                rejections=tuple(rejections),
                duplicates=duplicates,
                notes=_notes(items),
            )
            batch, undecided = self._decide(batch, ready, unparked)
            self._commit(batch)
        for arrival in arrivals:
            if arrival.acknowledge:
                arrival.acknowledge()
        return self._tell(batch, (*ready, *unparked), undecided)

    def resume(self) -> None:
        """Go on with events that were accepted, and not decided when the last process ended."""
        with self._deciding:
            unparked = self._waiting.resume(event_rows.undecided(self._reader))
            batch, undecided = self._decide(Batch(), [], unparked)
            self._commit(batch)
        if unparked:
            self._tell(batch, batch.decided, undecided)

    def _normalize(self, arrivals: Sequence[Arrival]) -> tuple[list[Event], list[Rejection]]:
        """Frames that are events, and what is wrong with the others."""
        now = self._around.now()
        events, rejections = [], []
        for arrival in arrivals:
            found = normalize(arrival, arrival.at or now)
            if isinstance(found, Refusal):
                rejections.append(_rejection(arrival, found, now))
            else:
                events.append(found)
        return events, rejections

    def _only_new(self, events: list[Event]) -> tuple[list[Event], Counter[str]]:
        """A frame seen twice is one event: leave out what the journal or this batch has."""
        seen = {
            (source, known)
            for source in {event.source for event in events}
            for known in event_rows.known(
                self._reader, source, [event.id for event in events if event.source == source]
            )
        }
        fresh, duplicates = [], Counter[str]()
        for event in events:
            if (event.source, event.id) in seen:
                duplicates[event.source] += 1
            else:
                seen.add((event.source, event.id))
                fresh.append(event)
        return fresh, duplicates

    def _decide(
        self, batch: Batch, ready: list[Event], unparked: list[Event]
    ) -> tuple[Batch, Undecided]:
        """The batch with what becomes of these events, each seeing the memory that the ones before
        it left; `unparked` are of earlier batches and decided by the present."""
        now, changed = self._around.now(), dict[MemoryKey, MemoryEntry | None]()
        memory = ChainMap(changed, self._memory)
        moments = [*((event, event.received_at) for event in ready), *((e, now) for e in unparked)]
        decisions, taken = [], []
        for sequence, (event, at) in enumerate(moments, self._sequence + 1):
            decision = decide(event, self._ruleset, memory, at, self._actions)
            changed.update(decision.memory)
            decisions.append(decision)
            taken.append(
                Input(
                    sequence=sequence,
                    decided_at=at,
                    ruleset=self._ruleset.hash,
                    source=event.source,
                    event_id=event.id,
                )
            )
        undecided = tuple(
            (event, decision.undecided)
            for (event, _), decision in zip(moments, decisions, strict=True)
            if decision.undecided
        )
        batch = replace(
            batch,
            decided=tuple(unparked),
            inputs=tuple(taken),
            evaluations=tuple(row for decision in decisions for row in decision.evaluations),
            deliveries=tuple(row for decision in decisions for row in decision.deliveries),
            memory=changed,
        )
        return batch, undecided

    def _commit(self, batch: Batch) -> None:
        """One transaction; only when it stands is anything remembered, or asked for."""
        self._writer.submit(batch).result()
        self._sequence += len(batch.inputs)
        for key, entry in batch.memory.items():
            if entry is None:
                self._memory.pop(key, None)
            else:
                self._memory[key] = entry
        self._waiting.ask()
        self._around.hold(self._waiting.full())

    def _tell(self, batch: Batch, decided: tuple[Event, ...], undecided: Undecided) -> Committed:
        """Tell what stands."""
        committed = Committed(
            events=decided,
            accepted=batch.accepted,
            undecided=undecided,
            evaluations=batch.evaluations,
            deliveries=batch.deliveries,
            rejections=batch.rejections,
            duplicates=batch.duplicates,
        )
        self._around.on_commit(committed)
        return committed

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
        with self._deciding:
            marks = memory_marks(ruleset)
            adopted = self._writer.submit(
                Adopt(
                    sequence=self._sequence + 1,
                    ruleset=ruleset.hash,
                    text=ruleset.text,
                    at=self._around.now(),
                    marks=marks,
                    destinations=frozenset(ruleset.destinations),
                ),
                is_patient=False,
            ).result()
            self._sequence += 1
            self._ruleset = ruleset
            self._memory = {
                key: entry
                for key, entry in self._memory.items()
                if entry and _mark(key, entry) in marks
            }
            if lookups is not None:
                self._lookups = lookups
            self._waiting.adopt(wanted(ruleset, self._actions), self._lookups)
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
            self._memory = {
                key: entry
                for key, entry in self._memory.items()
                if entry and entry.expires_at >= now
            }


def _mark(key: MemoryKey, entry: MemoryEntry) -> GateMark:
    return GateMark(rule=key.rule, action=key.action, gate=key.gate, mark=entry.mark)


def _notes(items: Sequence[Item]) -> tuple[Note, ...]:
    """What sources want to find again, with an event or without, in the order it came."""
    return tuple(
        item if isinstance(item, Note) else Note(source=item.source, remember=item.remember)
        for item in items
        if not isinstance(item, Answer) and item.remember
    )


def _rejection(arrival: Arrival, why: Refusal, now: datetime) -> Rejection:
    return Rejection(
        source=arrival.source,
        received_at=arrival.at or now,
        reason=why,
        excerpt=arrival.raw[:EXCERPT_BYTES].decode(errors="replace"),
        size=len(arrival.raw),
    )
