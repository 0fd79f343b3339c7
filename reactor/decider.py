"""Between events and their batch: the rules of the moment, what their gates remember, and the
sequence of what was decided."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from reactor.engine.compiled import CompiledRules
from reactor.guard import Decided, alone, decide_each
from reactor.journal.batch import Batch
from reactor.model.event import Event
from reactor.model.journal import GateMark, Input
from reactor.model.memory import MemoryEntry, MemoryKey
from reactor.model.protocols import ActionType
from reactor.model.quarantine import Poison, Quarantined

Undecided = tuple[tuple[Event, tuple[str, ...]], ...]
"""Events of which a lookup failed, and the names of the rules that could not be decided for it."""

Moments = Sequence[tuple[Event, datetime]]
"""Events, and at which moment each is decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What is to be committed, and the events in it that were decided."""

    batch: Batch
    events: tuple[Event, ...]
    undecided: Undecided


class Decider:
    """Decides nothing for good: what is to be remembered is so only after `remember`. Not for
    several threads."""

    def __init__(
        self,
        rules: CompiledRules,
        actions: Mapping[str, ActionType],
        memory: Mapping[MemoryKey, MemoryEntry],
        sequence: int,
    ) -> None:
        """`sequence` is that of the newest input in the journal."""
        self.rules, self._actions = rules, actions
        self._memory: dict[MemoryKey, MemoryEntry | None] = {**memory}
        self.sequence = sequence

    def conclude(
        self,
        batch: Batch,
        moments: Moments,
        unlooked: Iterable[tuple[Event, Poison]],
        now: datetime,
    ) -> Conclusion:
        """The batch with what becomes of these events. Those that cannot be decided, and those that
        could not even be looked at (`unlooked`), go into quarantine at `now`."""
        decided = self._decide(moments)
        named = [self._named(*each, now) for each in unlooked]
        batch = replace(
            batch,
            decided=(*batch.decided, *(event for event, _ in named)),
            quarantined=(
                *batch.quarantined,
                *(quarantined(*each, now) for each in (*decided.poisonous, *named)),
            ),
            inputs=self._inputs(decided),
            evaluations=tuple(row for *_, each in decided.taken for row in each.evaluations),
            deliveries=tuple(row for *_, each in decided.taken for row in each.deliveries),
            memory=decided.memory,
        )
        return Conclusion(
            batch=batch,
            events=tuple(event for event, *_ in decided.taken),
            undecided=tuple(
                (event, each.undecided) for event, _, each in decided.taken if each.undecided
            ),
        )

    def _decide(self, moments: Moments, rules: CompiledRules | None = None) -> Decided:
        return decide_each(moments, rules or self.rules, self._memory, self._actions)

    def _named(self, event: Event, poison: Poison, now: datetime) -> tuple[Event, Poison]:
        """With the rule at fault, if deciding the event shows that."""
        shown = self._decide([(event, now)]).poisonous
        return shown[0] if shown else (event, poison)

    def _inputs(self, decided: Decided) -> tuple[Input, ...]:
        return tuple(
            Input(
                sequence=sequence,
                decided_at=at,
                ruleset=self.rules.ruleset.hash,
                source=event.source,
                event_id=event.id,
            )
            for sequence, (event, at, _) in enumerate(decided.taken, self.sequence + 1)
        )

    def try_rules(self, moments: Moments) -> Iterator[str | None]:
        """The name of each rule, and then that rule alone is tried on these events; None when it is
        the turn of all together. Nothing comes of it."""
        for rule in self.rules.ruleset.rules:
            yield rule.name
            self._decide(moments, alone(rule, self.rules))
        yield None

    def remember(self, batch: Batch) -> None:
        """This stands in the journal."""
        self.sequence += len(batch.inputs)
        for key, entry in batch.memory.items():
            if entry is None:
                self._memory.pop(key, None)
            else:
                self._memory[key] = entry

    def adopt(self, rules: CompiledRules, marks: frozenset[GateMark]) -> None:
        """That these are the rules from now on stands in the journal, as its newest input; they
        have the gates of these marks."""
        self.sequence += 1
        self.rules = rules
        self._memory = {
            key: entry
            for key, entry in self._memory.items()
            if entry and _mark(key, entry) in marks
        }

    def forget(self, now: datetime) -> None:
        """Drop memory that says nothing any more."""
        self._memory = {
            key: entry for key, entry in self._memory.items() if entry and entry.expires_at >= now
        }


def _mark(key: MemoryKey, entry: MemoryEntry) -> GateMark:
    return GateMark(rule=key.rule, action=key.action, gate=key.gate, mark=entry.mark)


def quarantined(event: Event, poison: Poison, now: datetime) -> Quarantined:
    """The event, put aside."""
    return Quarantined(event_id=event.id, source=event.source, at=now, poison=poison)
