"""Evaluating events one by one. What one of them raises ends here, and is told as a value: no event
may take those around it along."""

import traceback
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from reactor.engine.compiled import CompiledRules
from reactor.engine.normalize import record_of
from reactor.engine.plan import Decision, decide
from reactor.model.event import Event
from reactor.model.memory import MemoryEntry, MemoryKey
from reactor.model.protocols import ActionType
from reactor.model.quarantine import Poison
from reactor.model.rule import Rule

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


@dataclass(slots=True)
class Decided:
    """What became of a batch: each event with its moment and its decision, those that could not be
    decided, and the memory that changed, None where it is to be forgotten."""

    taken: list[tuple[Event, datetime, Decision]] = field(default_factory=list)
    poisonous: list[tuple[Event, Poison]] = field(default_factory=list)
    memory: dict[MemoryKey, MemoryEntry | None] = field(default_factory=dict)


def decide_each(
    moments: Iterable[tuple[Event, datetime]],
    rules: CompiledRules,
    memory: dict[MemoryKey, MemoryEntry | None],
    actions: Mapping[str, ActionType],
) -> Decided:
    """Decide events at their moments, each seeing the memory that the ones before it left. One that
    raises is left out, as if it had not been there. `memory` stays as it is."""
    decided = Decided()
    seen = ChainMap(decided.memory, memory)
    culprit: Rule | None = None
    for event, at in moments:
        by = partial(decide, event, memory=seen, now=at, actions=actions)
        decision = attempt(partial(by, rules))
        if isinstance(decision, Poison):
            culprit = _culprit(event, rules, by, culprit)
            rule = culprit.name if culprit else None
            decided.poisonous.append((event, replace(decision, rule=rule)))
        else:
            decided.memory.update(decision.memory)
            decided.taken.append((event, at, decision))
    return decided


def alone(rule: Rule, rules: CompiledRules) -> CompiledRules:
    """The rule as if it were the only one. Takes up to a millisecond."""
    return CompiledRules(replace(rules.ruleset, rules=(rule,)))


def _culprit(
    event: Event,
    rules: CompiledRules,
    decide_by: Callable[[CompiledRules], Decision],
    last: Rule | None,
) -> Rule | None:
    """The rule that alone raises as well: mostly that of the event before, which is asked first."""
    possible = attempt(lambda: rules.possible(event.source, record_of(event)))
    suspects = rules.ruleset.rules if isinstance(possible, Poison) else possible
    for rule in (*([last] if last else []), *suspects):
        if isinstance(attempt(partial(decide_by, alone(rule, rules))), Poison):
            return rule
    return None
