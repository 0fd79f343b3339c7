"""The gates of rules and actions as the rule file means them (rules.md §3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from reactor.model.condition import Condition
from reactor.model.interval import Interval


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` per `per`: as a throttle it drops, as a rate limit it delays."""

    count: int
    per: timedelta


@dataclass(frozen=True, slots=True)
class After:
    """`after: COUNT within SPAN`: every `count`-th match within the window goes on."""

    count: int
    within: timedelta


class Otherwise(StrEnum):
    """What becomes of a match outside the time of `during`, or inside that of `not_during`."""

    DROP = "drop"
    HOLD = "hold"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Hours:
    """`during` (`inside`) or `not_during`: the intervals by name, and what else becomes of it."""

    intervals: Mapping[str, Interval]
    inside: bool
    otherwise: Otherwise = Otherwise.DROP

    @property
    def gate(self) -> str:
        """The key in the rule file."""
        return "during" if self.inside else "not_during"


class Overlap(StrEnum):
    """How firings of one key overlap: no second one, one after the other, or side by side."""

    SINGLE = "single"
    QUEUED = "queued"
    PARALLEL = "parallel"


@dataclass(frozen=True, slots=True)
class Mode:
    """`mode` and `max`: of queued firings `most` may wait, of parallel ones be under way."""

    overlap: Overlap
    most: int


class OnRestart(StrEnum):
    """What becomes of a timer that came due while reactor was down."""

    FIRE = "fire"
    SKIP = "skip"
    RECHECK = "recheck"


class Phase(StrEnum):
    """What a firing is to the incident of its key, and what an action's `when` names."""

    OPENED = "opened"
    REPEATED = "repeated"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """The gates that may stand on a rule and on each of its actions.

    `lasting` is `for`. `marks` has by gate the digest of all that its memory hangs on: the gate's
    own parameters and the rule's `match`, `unless` and `group_by`. While it is the same, a reload
    keeps the memory (rules.md §3, Reload).
    """

    lasting: timedelta | None = None
    after: After | None = None
    hours: tuple[Hours, ...] = ()
    throttle: Rate | None = None
    mode: Mode | None = None
    on_restart: OnRestart = OnRestart.RECHECK
    marks: Mapping[str, str] = field(default_factory=dict)

    @property
    def remember(self) -> bool:
        """Whether there is any: each goes by what was before, or keeps what is to go on later."""
        return bool(self.lasting or self.after or self.hours or self.throttle or self.mode)

    def mark(self, gate: str) -> str:
        """That of one gate."""
        return self.marks.get(gate, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequel:
    """`then` (`comes`) or `not_then`: whether another event of the same key follows in time."""

    match: Condition
    within: timedelta
    comes: bool

    @property
    def gate(self) -> str:
        """The key in the rule file."""
        return "then" if self.comes else "not_then"
