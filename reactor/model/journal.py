"""Plain values that pass between the journal and those who use it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reactor.model.delivery import Attempt, Move, State
from reactor.model.match import Reason


class InputKind(StrEnum):
    """What a decision was made of; replay repeats the inputs in the order of their sequence."""

    EVENT = "event"
    RULESET = "ruleset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One event as a decision took it in.

    `sequence` has no gaps and counts every kind of input from 1. `decided_at` is the `now` that
    the decision saw, `ruleset` the hash of the rules that made it.
    """

    sequence: int
    decided_at: datetime
    ruleset: str
    source: str
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GateMark:
    """A gate of the present rules and the mark of its parameters (see MemoryEntry)."""

    rule: str
    action: str
    gate: str
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """What taking up a rule set did: memories forgotten, deliveries buried."""

    forgotten: int
    buried: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """An attempt and what follows from it: SUCCEED, RETRY at `due_at`, or BURY for `reason`."""

    attempt: Attempt
    move: Move
    due_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Totals since the journal began: per source, per (rule, action, reason), per state.

    What is zero may be missing.
    """

    events: Mapping[str, int]
    duplicates: Mapping[str, int]
    rejected: Mapping[str, int]
    evaluations: Mapping[tuple[str, str, Reason], int]
    deliveries: Mapping[State, int]
