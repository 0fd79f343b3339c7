"""Plain values that pass between the journal and those who use it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from reactor.model.delivery import Attempt, Move, State
from reactor.model.match import Reason


class InputKind(StrEnum):
    """What a decision was made of; replay repeats the inputs in the order of their sequence."""

    EVENT = "event"
    RULESET = "ruleset"
    TIMER = "timer"  # a memory came due
    RECHECK = "recheck"  # what a lookup told about a timer that came due while we were down
    DELIVERY = "delivery"  # one that a gate asks for began or ended
    SILENCES = "silences"  # those that hold from now on
    LINK = "link"  # a source connected or lost its connection
    START = "start"  # a new process


class Input(Struct, frozen=True, kw_only=True):
    """What a decision took in: an event, or with `detail` as plain JSON something else.

    `sequence` has no gaps and counts every kind of input from 1. `decided_at` is the `now` that
    the decision saw, `ruleset` the hash of the rules that made it.
    """

    sequence: int
    decided_at: datetime
    ruleset: str
    source: str = ""
    event_id: str = ""
    kind: InputKind = InputKind.EVENT
    detail: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateMark:
    """A gate of the present rules and the mark of its parameters (see MemoryEntry)."""

    rule: str
    action: str
    gate: str
    mark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """So many memories of one gate were dropped; `rule` and `action` as in MemoryKey."""

    rule: str
    action: str
    gate: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """What taking up a rule set did: the memories that were forgotten, by rule, and how many
    deliveries were buried."""

    forgotten: tuple[Forgotten, ...]
    buried: int

    @property
    def total(self) -> int:
        """How many memories were forgotten."""
        return sum(each.count for each in self.forgotten)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which deliveries are meant: those that every field lets pass. None lets all pass.

    `since` (itself included) and `until` (not included) speak of when a delivery was first
    promised, its `created_at`.
    """

    states: tuple[State, ...] | None = None
    rule: str | None = None
    destination: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """A delivery among many that are meant: its place in the journal, its id, and what it is."""

    number: int
    id: str
    rule: str
    action: str
    destination: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A lane whose destination takes nothing at present: only a probe goes out now and then.

    `since` is when the first of its `failures` in a row began and `why` is the last of them.
    `probes` of them were probes; the next one goes out at `probe_at`.
    """

    since: datetime
    why: str
    failures: int
    probes: int
    probe_at: datetime


Starts = tuple[tuple[datetime, int], ...]
"""When deliveries of a lane were begun, and how many at a time; oldest first."""


class Finished(Struct, frozen=True, kw_only=True):
    """An attempt and what follows from it: SUCCEED, RETRY at `due_at`, or BURY for `reason`."""

    attempt: Attempt
    move: Move
    due_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Totals since the journal began: per source, and per (rule, action, reason). `timers` are the
    evaluations of what timers fired without an event, which are not among the others. Deliveries
    per state are those that it still has.

    What is zero may be missing.
    """

    events: Mapping[str, int]
    duplicates: Mapping[str, int]
    rejected: Mapping[str, int]
    evaluations: Mapping[tuple[str, str, Reason], int]
    deliveries: Mapping[State, int]
    timers: Mapping[tuple[str, str, Reason], int] = field(default_factory=dict)
