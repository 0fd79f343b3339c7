"""The virtual world of a rule's test: a clock, the live deciding, and destinations that answer as
the test says. Nothing is written and nothing is sent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from msgspec import structs

from reactor.decider import Decider
from reactor.delivery.attempt import judge, prepare
from reactor.delivery.retry import decide
from reactor.duration import from_micros, to_micros
from reactor.engine.compiled import CompiledRules
from reactor.engine.coverage import Row
from reactor.engine.draft import Draft, Situation
from reactor.engine.later import memory_marks
from reactor.engine.normalize import record_of
from reactor.engine.plan import miss
from reactor.engine.previous import with_previous
from reactor.engine.remembered import Moment
from reactor.journal.batch import Batch
from reactor.journal.codec import from_json, to_json
from reactor.model.condition import Condition
from reactor.model.delivery import Delivery, Move, State
from reactor.model.event import Event
from reactor.model.match import Reason
from reactor.model.memory import MemoryEntry, MemoryKey
from reactor.model.protocols import ActionType
from reactor.model.request import ObjectCall, Response
from reactor.model.rule import Rule, Ruleset
from reactor.model.signal import CallBegan, DeliveryEnded, Linked, Signal, Started
from reactor.model.silence import Silence

START = datetime(2030, 1, 7, 12, tzinfo=UTC)

LONGEST_JITTER = 1.0
"""Of a backoff all of it is waited, so that each run of a test is the same."""


class Stage:
    """One rule, alone, from an empty memory at START on. `now` is its clock.

    A delivery succeeds at the moment at which it is due, unless `respond` named its action; then a
    call back is also a cause of what happens to its object, for the loop guard.
    """

    def __init__(self, rule: Rule, ruleset: Ruleset, actions: Mapping[str, ActionType]) -> None:
        self._rule, self._actions = rule, actions
        self._rules = CompiledRules(replace(ruleset, rules=(rule,)))
        self._events: dict[tuple[str, str], Event] = {}
        self._answers: dict[str, int] = {}
        self._silences: tuple[Silence, ...] = ()
        self._under_way: dict[str, Delivery] = {}
        self._rows: list[Row] = []
        self._faults: list[str] = []
        self.now = START
        self._start({})

    def _start(self, memory: Mapping[MemoryKey, MemoryEntry]) -> None:
        """A new process. Its sources are connected at once."""
        rules, ruleset = self._rules, self._rules.ruleset
        self._decider = Decider(
            rules,
            self._actions,
            memory,
            0,
            since=self.now,
            event_of=lambda *key: self._events.get(key),
        )
        self._decider.silence(self._silences)
        adoption = self._decider.adoption(rules, memory_marks(ruleset), self.now)
        self._decider.adopt(rules, adoption)
        connected = (Linked(source, is_connected=True) for source in ruleset.sources)
        self._decide([Started(self.now), *connected])

    def send(self, event: Event) -> Reason | None:
        """The event comes; why the rule does not match it, or None if it does. One that came before
        is a duplicate, which nobody decides."""
        if (event.source, event.id) in self._events:
            return None
        situation = Situation(rules=self._rules, actions=self._actions, memory=self._decider.memory)
        record = with_previous(Draft(situation, self.now), event, record_of(event))
        self._events[event.source, event.id] = event
        self._decide([event])
        return miss(self._rule, event, record)

    def pass_time(self, until: datetime) -> None:
        """What comes due happens, in its order, and what is due at `until` too."""
        while (moment := self._next_moment((until, True))) is not None:
            self.now = max(self.now, moment[0])
            self._decide((), moment)
        self.now = until

    def _next_moment(self, until: Moment) -> Moment | None:
        timer = self._decider.memory.next_due()
        retries = [(each.due_at, False) for each in self._under_way.values()]
        first = min([*([timer] if timer else []), *retries], default=None)
        return first if first is not None and first <= until else None

    def respond(self, answers: Mapping[str, int]) -> None:
        """From now on the attempts of these actions end with these HTTP statuses."""
        self._answers |= answers

    def silence(self, match: Condition, lasts: timedelta) -> None:
        """Hold back what `match` is true of, from now on."""
        silence = Silence(
            id=f"silence {len(self._silences) + 1}",
            text="",
            match=match,
            author="",
            comment="",
            created_at=self.now,
            expires_at=self.now + lasts,
        )
        self._silences += (silence,)
        self._decider.silence(self._silences)

    def restart(self) -> None:
        """The process ends, and another one goes on at the same moment with what it left."""
        self._start({key: _read_again(entry) for key, entry in self._decider.memory})

    def _decide(self, taken: Sequence[Event | Signal], until: Moment | None = None) -> None:
        self._conclude(taken, until or (self.now, False))
        while delivery := next(self._due(), None):
            self._conclude(list(self._attempt(delivery)), (self.now, False))

    def _conclude(self, taken: Sequence[Event | Signal], until: Moment) -> None:
        moments = [(each, self.now) for each in taken]
        conclusion = self._decider.conclude(Batch(), moments, (), now=self.now, until=until)
        batch = conclusion.batch
        self._decider.remember(batch)
        self._rows += [*batch.evaluations, *batch.settlements]
        self._faults += [each.poison.sentence for each in batch.quarantined]
        promised = (each for each in batch.deliveries if each.state is State.PENDING)
        self._under_way |= {each.id: each for each in promised}

    def _due(self) -> Iterator[Delivery]:
        return (each for each in self._under_way.values() if each.due_at <= self.now)

    def _attempt(self, delivery: Delivery) -> Iterator[Signal]:
        """One attempt, and what the pipeline is told of it."""
        del self._under_way[delivery.id]
        status = self._answers.get(delivery.action)
        if status is not None:
            delivery = structs.replace(delivery, attempts=delivery.attempts + 1)
            yield from self._called(delivery)
            outcome = judge(self._actions[delivery.type], Response(status=status))
            decision = decide(delivery, outcome, self.now, LONGEST_JITTER)
            if decision.move is Move.RETRY and decision.due_at is not None:
                again = structs.replace(delivery, due_at=decision.due_at)
                self._under_way[delivery.id] = again
                return
        yield DeliveryEnded(delivery.id, delivery.source)

    def _called(self, delivery: Delivery) -> Iterator[CallBegan]:
        action = self._actions[delivery.type]
        if action.calls_back:
            effect = prepare(action, delivery, self._rules.ruleset, self.now)
            if isinstance(effect, ObjectCall):
                yield CallBegan(delivery.id, delivery.source, effect.target.path(None))

    def take(self) -> tuple[tuple[Row, ...], tuple[str, ...]]:
        """What became of matches since this was last asked, and why an event could not be decided
        at all."""
        taken = tuple(self._rows), tuple(self._faults)
        self._rows.clear()
        self._faults.clear()
        return taken


def _read_again(entry: MemoryEntry) -> MemoryEntry:
    """The memory as the journal gives it back."""
    return MemoryEntry(
        entry.mark,
        from_json(to_json(entry.value)),
        from_micros(to_micros(entry.expires_at)),
        entry.due_at and from_micros(to_micros(entry.due_at)),
    )
