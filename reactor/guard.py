"""Deciding inputs one by one. What one of them raises ends here, and is told as a value: no event
may take those around it along."""

import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from msgspec import structs

from reactor.engine.compiled import CompiledRules
from reactor.engine.draft import Decision, Situation
from reactor.engine.inputs import Taken, decision_on
from reactor.engine.later import expired
from reactor.engine.normalize import record_of
from reactor.engine.remembered import Moment, Remembered
from reactor.model.event import Event
from reactor.model.memory import MemoryKey
from reactor.model.quarantine import Poison
from reactor.model.rule import Rule
from reactor.model.signal import Signal, Started

MAX_WHY = 300
MAX_TRACE = 16 * 1024
"""Letters that are kept; of a longer trace the end, which says what was raised."""

T = TypeVar("T")


def attempt(evaluate: Callable[[], T]) -> T | Poison:
    """What `evaluate` returns, or what it raised."""
    try:
        return evaluate()
    except Exception as error:  # noqa: BLE001 -- whatever it is, it concerns one event alone
        why = traceback.format_exception_only(error)[-1].strip()
        trace = "".join(traceback.format_exception(error))
        return Poison(why=_writable(why[:MAX_WHY]), trace=_writable(trace[-MAX_TRACE:]))


def _writable(text: str) -> str:
    """An error may quote what is no text."""
    return text.encode(errors="backslashreplace").decode()


Moments = Iterable[tuple[Event | Signal, datetime]]
"""What is to be decided, and at which moment each is."""


@dataclass(slots=True)
class Decided:
    """What became of a batch: each input with its moment and its decision, and the events that
    could not be decided."""

    taken: list[tuple[Taken, datetime, Decision]] = field(default_factory=list)
    poisonous: list[tuple[Event, Poison]] = field(default_factory=list)


def decide_each(
    moments: Moments, situation: Situation, memory: Remembered, *, since: datetime, until: Moment
) -> Decided:
    """Decide each at its moment, the timers that come due before it first, and in the end those
    that are due by `until`; each sees the memory that the ones before it left. An event that raises
    is left out, as if it had not been there. What comes of a timer is decided when it was due, but
    not before `since`.

    `memory`, that of the situation, is changed, and can be undone.
    """
    decided, culprit = Decided(), _Culprit(situation)
    for taken, at in moments:
        if not isinstance(taken, Started):  # it is what says what becomes of those
            _come_due(decided, situation, memory, since=since, until=(at, False))
        decision = attempt(partial(decision_on, taken, situation, at))
        if not isinstance(decision, Poison):
            memory.apply(decision.memory)
            decided.taken.append((taken, at, decision))
        elif isinstance(taken, Event):
            rule = culprit.of(taken, at)
            decided.poisonous.append((taken, replace(decision, rule=rule.name if rule else None)))
        else:
            decided.taken.append((taken, at, Decision(notices=(_undecided(taken, decision),))))
    _come_due(decided, situation, memory, since=since, until=until)
    return decided


def _come_due(
    decided: Decided, situation: Situation, memory: Remembered, *, since: datetime, until: Moment
) -> None:
    """Decide the timers that are due by `until`, in their order."""
    while key := memory.first_due(until):
        entry = memory.get(key)
        at = max(since, entry.due_at) if entry and entry.due_at else since
        decision = attempt(partial(decision_on, key, situation, at))
        if isinstance(decision, Poison):
            lost = expired(key, situation, at)
            decision = structs.replace(lost, notices=(_undecided(key, decision),))
        memory.apply(decision.memory)
        decided.taken.append((key, at, decision))


def _undecided(taken: MemoryKey | Signal, poison: Poison) -> str:
    what = (
        f"the timer '{taken.gate}' of rule '{taken.rule}'"
        if isinstance(taken, MemoryKey)
        else (f"a signal ({type(taken).__name__})")
    )
    return f"{what} cannot be decided: {poison.why}"


def alone(rule: Rule, rules: CompiledRules) -> CompiledRules:
    """The rule as if it were the only one. Takes up to a millisecond."""
    return CompiledRules(replace(rules.ruleset, rules=(rule,)))


class _Culprit:
    """Finds the rule that alone raises as well: mostly that of the event before, which is asked
    first."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._last: Rule | None = None

    def of(self, event: Event, at: datetime) -> Rule | None:
        """The rule at fault."""
        rules = self._situation.rules
        possible = attempt(lambda: rules.possible(event.source, record_of(event)))
        suspects = rules.ruleset.rules if isinstance(possible, Poison) else possible
        for rule in (*([self._last] if self._last else []), *suspects):
            by = replace(self._situation, rules=alone(rule, rules))
            if isinstance(attempt(partial(decision_on, event, by, at)), Poison):
                self._last = rule
                return rule
        self._last = None
        return None
