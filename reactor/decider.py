"""Between inputs and their batch: the rules of the moment, what their gates remember, and the
sequence of what was decided."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from msgspec import structs

from reactor.engine.compiled import CompiledRules
from reactor.engine.draft import NOTHING, Decision, Recheck, Situation
from reactor.engine.inputs import Taken, written
from reactor.engine.later import adopted, waits_in_vain
from reactor.engine.remembered import Moment, Remembered
from reactor.guard import Decided, alone, decide_each
from reactor.journal.batch import Batch
from reactor.model.event import Event
from reactor.model.journal import GateMark, Input, InputKind
from reactor.model.memory import MemoryEntry, MemoryKey
from reactor.model.protocols import ActionType
from reactor.model.quarantine import Poison, Quarantined
from reactor.model.signal import Signal
from reactor.model.silence import Silence

Undecided = tuple[tuple[Event, tuple[str, ...]], ...]
"""Events of which a lookup failed, and the names of the rules that could not be decided for it."""

Moments = Sequence[tuple[Event | Signal, datetime]]
"""Events and signals, and at which moment each is decided."""

EventOf = Callable[[str, str], Event | None]
"""Events of the journal, by source and id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What is to be committed, and the events in it that were decided. `notices` are for people,
    `rechecks` are to be asked when it stands."""

    batch: Batch
    events: tuple[Event, ...]
    undecided: Undecided
    notices: tuple[str, ...]
    rechecks: tuple[Recheck, ...]


class Decider:
    """Decides nothing for good: what is to be remembered is so only after `remember`, and not after
    `forsake`. Not for several threads."""

    def __init__(
        self,
        rules: CompiledRules,
        actions: Mapping[str, ActionType],
        memory: Mapping[MemoryKey, MemoryEntry],
        sequence: int,
        *,
        since: datetime,
        event_of: EventOf = lambda *_: None,
    ) -> None:
        """`sequence` is that of the newest input in the journal. Nothing is decided as of a moment
        before `since`."""
        self._memory = Remembered(memory)
        self._since, self._kept = since, event_of
        self._situation = Situation(rules=rules, actions=actions, memory=self._memory)
        self.sequence = sequence

    @property
    def rules(self) -> CompiledRules:
        """Those of the moment."""
        return self._situation.rules

    @property
    def memory(self) -> Remembered:
        """What gates remember."""
        return self._memory

    def conclude(
        self,
        batch: Batch,
        moments: Moments,
        unlooked: Iterable[tuple[Event, Poison]],
        *,
        now: datetime,
        until: Moment,
    ) -> Conclusion:
        """The batch with what becomes of these, and of the timers that are due by `until`. Events
        that cannot be decided, and those that could not even be looked at (`unlooked`), go into
        quarantine at `now`."""
        decided = self._decide(moments, until)
        named = [self._named(*each, now) for each in unlooked]
        decisions = [decision for *_, decision in decided.taken]
        batch = structs.replace(
            batch,
            decided=(*batch.decided, *(event for event, _ in named)),
            quarantined=(
                *batch.quarantined,
                *(quarantined(*each, now) for each in (*decided.poisonous, *named)),
            ),
            inputs=self._inputs(decided),
            evaluations=tuple(row for each in decisions for row in each.evaluations),
            settlements=tuple(row for each in decisions for row in each.settlements),
            deliveries=tuple(row for each in decisions for row in each.deliveries),
            joined=tuple(row for each in decisions for row in each.joined),
            memory=self._memory.changes(),
        )
        return Conclusion(
            batch=batch,
            events=tuple(event for event, *_ in decided.taken if isinstance(event, Event)),
            undecided=tuple(
                (event, each.undecided)
                for event, _, each in decided.taken
                if each.undecided and isinstance(event, Event)
            ),
            notices=tuple(text for each in decisions for text in each.notices),
            rechecks=tuple(one for each in decisions for one in each.rechecks),
        )

    def _decide(
        self, moments: Moments, until: Moment, rules: CompiledRules | None = None
    ) -> Decided:
        fresh = {(each.source, each.id): each for each, _ in moments if isinstance(each, Event)}
        situation = replace(
            self._situation,
            rules=rules or self.rules,
            event_of=lambda *key: fresh.get(key) or self._kept(*key),
        )
        return decide_each(moments, situation, self._memory, since=self._since, until=until)

    def _named(self, event: Event, poison: Poison, now: datetime) -> tuple[Event, Poison]:
        """With the rule at fault, if deciding the event shows that."""
        shown = self._tried([(event, now)]).poisonous
        return shown[0] if shown else (event, poison)

    def _tried(self, moments: Moments, rules: CompiledRules | None = None) -> Decided:
        """What would be decided; nothing comes of it."""
        mark, first = self._memory.mark, (self._since, False)
        try:
            return self._decide(moments, first, rules)
        finally:
            self._memory.undo(mark)

    def _inputs(self, decided: Decided) -> tuple[Input, ...]:
        """All that was decided, but signals that meant nothing."""
        taken = [each for each in decided.taken if isinstance(each[0], Event) or each[2] != NOTHING]
        return tuple(
            self._input(sequence, what, at)
            for sequence, (what, at, _) in enumerate(taken, self.sequence + 1)
        )

    def _input(self, sequence: int, taken: Taken, at: datetime) -> Input:
        new = partial(Input, sequence=sequence, decided_at=at, ruleset=self.rules.ruleset.hash)
        if isinstance(taken, Event):
            return new(source=taken.source, event_id=taken.id)
        kind, source, detail = written(taken)
        return new(kind=kind, source=source, detail=detail)

    def try_rules(self, moments: Moments) -> Iterator[str | None]:
        """The name of each rule, and then that rule alone is tried on these events; None when it is
        the turn of all together. Nothing comes of it."""
        for rule in self.rules.ruleset.rules:
            yield rule.name
            self._tried(moments, alone(rule, self.rules))
        yield None

    def remember(self, batch: Batch) -> None:
        """This stands in the journal."""
        self.sequence += len(batch.inputs)
        self._memory.keep()

    def forsake(self) -> None:
        """What was concluded last does not stand."""
        self._memory.undo()

    @property
    def silences(self) -> tuple[Silence, ...]:
        """Those under which is decided."""
        return self._situation.silences

    def silencing(self, silences: tuple[Silence, ...], now: datetime) -> Input:
        """The input that these are the silences from now on."""
        return Input(
            sequence=self.sequence + 1,
            decided_at=now,
            ruleset=self.rules.ruleset.hash,
            kind=InputKind.SILENCES,
            detail={"ids": [each.id for each in silences]},
        )

    def silence(self, silences: tuple[Silence, ...]) -> None:
        """That these are the silences from now on stands in the journal, as its newest input."""
        self.sequence += 1
        self._situation = replace(self._situation, silences=silences)

    def adoption(self, rules: CompiledRules, marks: frozenset[GateMark], now: datetime) -> Decision:
        """What taking up `rules`, which have the gates of `marks`, does to what is remembered."""
        gone = [
            key
            for key, entry in self._memory
            if _mark(key, entry) not in marks or waits_in_vain(rules, key, entry)
        ]
        return adopted(replace(self._situation, rules=rules), now, gone)

    def adopt(self, rules: CompiledRules, adoption: Decision) -> None:
        """That these are the rules from now on stands in the journal, as its newest input."""
        self.sequence += 1
        self._situation = replace(self._situation, rules=rules)
        self._memory.apply(adoption.memory)
        self._memory.keep()

    def forget(self, now: datetime) -> None:
        """Drop memory that says nothing any more."""
        self._memory.drop(key for key, entry in self._memory if entry.expires_at < now)


def _mark(key: MemoryKey, entry: MemoryEntry) -> GateMark:
    return GateMark(rule=key.rule, action=key.action, gate=key.gate, mark=entry.mark)


def quarantined(event: Event, poison: Poison, now: datetime) -> Quarantined:
    """The event, put aside."""
    return Quarantined(event_id=event.id, source=event.source, at=now, poison=poison)
