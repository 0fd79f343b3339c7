"""The road of an event: normalize, match, gates, plan, and all of it into the journal at once.

Sources are acknowledged, and the dispatcher is woken, only after the commit (docs/architecture.md).
Lookups will join between normalize and decide: today every fact comes with its frame.
"""

from collections import ChainMap, Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from reactor.engine.normalize import Refusal, normalize
from reactor.engine.plan import Decision, decide, memory_marks
from reactor.journal import events as event_rows
from reactor.journal import inputs
from reactor.journal import memory as memory_rows
from reactor.journal.batch import Batch
from reactor.journal.database import Connection
from reactor.journal.rulesets import Adopt
from reactor.journal.writer import Writer
from reactor.model.delivery import Delivery
from reactor.model.event import Arrival, Event, Rejection
from reactor.model.journal import Adopted, GateMark, Input
from reactor.model.match import Evaluation
from reactor.model.memory import MemoryEntry, MemoryKey
from reactor.model.protocols import ActionType
from reactor.model.rule import Ruleset

MAX_BATCH = 500
EXCERPT_BYTES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What one transaction holds: the decided events, what became of them, and the rest."""

    events: tuple[Event, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    duplicates: Mapping[str, int] = field(default_factory=dict)


class Pipeline:
    """Decides events one after the other; one thread calls `receive`, others may `adopt`.

    `reader` is a read-only connection for this object alone. `on_commit` is told of every
    transaction after it stands, and must not block.
    """

    def __init__(
        self,
        *,
        ruleset: Ruleset,
        actions: Mapping[str, ActionType],
        writer: Writer,
        reader: Connection,
        now: Callable[[], datetime],
        on_commit: Callable[[Committed], None],
    ) -> None:
        self._ruleset, self._actions = ruleset, actions
        self._writer, self._reader = writer, reader
        self._now, self._on_commit = now, on_commit
        self._memory: dict[MemoryKey, MemoryEntry | None] = {**memory_rows.load(reader)}
        self._sequence = inputs.last_sequence(reader)
        self._deciding = Lock()

    def run(self, take: Callable[[int], list[Arrival]]) -> None:
        """Receive what `take` gives until it gives nothing more."""
        while arrivals := take(MAX_BATCH):
            self.receive(arrivals)

    def receive(self, arrivals: Sequence[Arrival]) -> Committed:
        """Take frames down the whole road as one transaction; returns when it stands.

        Raises JournalUnavailable when the journal closes before it could commit: then nothing
        was acknowledged, and nothing will be sent.
        """
        with self._deciding:
            events, rejections = self._normalize(arrivals)
            fresh, duplicates = self._only_new(events)
            decisions, memory = self._decide(fresh)
            committed = Committed(
                events=tuple(fresh),
                evaluations=tuple(row for decision in decisions for row in decision.evaluations),
                deliveries=tuple(row for decision in decisions for row in decision.deliveries),
                rejections=tuple(rejections),
                duplicates=duplicates,
            )
            self._commit(committed, memory)
        for arrival in arrivals:
            if arrival.acknowledge:
                arrival.acknowledge()
        self._on_commit(committed)
        return committed

    def _normalize(self, arrivals: Sequence[Arrival]) -> tuple[list[Event], list[Rejection]]:
        """Frames that are events, and what is wrong with the others."""
        now = self._now()
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
        self, events: list[Event]
    ) -> tuple[list[Decision], dict[MemoryKey, MemoryEntry | None]]:
        """Every event in turn, each seeing the memory that the ones before it left."""
        changed: dict[MemoryKey, MemoryEntry | None] = {}
        memory = ChainMap[MemoryKey, MemoryEntry | None](changed, self._memory)
        decisions = []
        for event in events:
            decision = decide(event, self._ruleset, memory, event.received_at, self._actions)
            changed.update(decision.memory)
            decisions.append(decision)
        return decisions, changed

    def _commit(
        self,
        committed: Committed,
        memory: dict[MemoryKey, MemoryEntry | None],
    ) -> None:
        """One transaction; only when it stands does the memory in RAM change."""
        batch = Batch(
            events=committed.events,
            inputs=tuple(
                Input(
                    sequence=sequence,
                    decided_at=event.received_at,
                    ruleset=self._ruleset.hash,
                    source=event.source,
                    event_id=event.id,
                )
                for sequence, event in enumerate(committed.events, self._sequence + 1)
            ),
            evaluations=committed.evaluations,
            deliveries=committed.deliveries,
            memory=memory,
            rejections=committed.rejections,
            duplicates=committed.duplicates,
        )
        self._writer.submit(batch).result()
        self._sequence += len(committed.events)
        for key, entry in memory.items():
            if entry is None:
                self._memory.pop(key, None)
            else:
                self._memory[key] = entry

    def adopt(self, ruleset: Ruleset, then: Callable[[], None] = lambda: None) -> Adopted:
        """Decide by `ruleset` from the next event on. Memory of gates that it does not know, or
        knows with other parameters, is dropped (rules.md §3, Reload); blocks until it stands."""
        with self._deciding:
            marks = memory_marks(ruleset)
            adopted = self._writer.submit(
                Adopt(
                    sequence=self._sequence + 1,
                    ruleset=ruleset.hash,
                    text=ruleset.text,
                    at=self._now(),
                    marks=marks,
                    destinations=frozenset(ruleset.destinations),
                )
            ).result()
            self._sequence += 1
            self._ruleset = ruleset
            self._memory = {
                key: entry
                for key, entry in self._memory.items()
                if entry and _mark(key, entry) in marks
            }
            then()
        return adopted

    def forget(self) -> None:
        """Drop memory that says nothing any more, here and in the journal."""
        with self._deciding:
            now = self._now()
            while self._writer.submit(memory_rows.Trim(now=now)).result() == memory_rows.SLICE:
                pass
            self._memory = {
                key: entry
                for key, entry in self._memory.items()
                if entry and entry.expires_at >= now
            }


def _mark(key: MemoryKey, entry: MemoryEntry) -> GateMark:
    return GateMark(rule=key.rule, action=key.action, gate=key.gate, mark=entry.mark)


def _rejection(arrival: Arrival, why: Refusal, now: datetime) -> Rejection:
    return Rejection(
        source=arrival.source,
        received_at=arrival.at or now,
        reason=why,
        excerpt=arrival.raw[:EXCERPT_BYTES].decode(errors="replace"),
        size=len(arrival.raw),
    )
