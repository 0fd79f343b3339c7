"""What the reference keeps and says, as plain values."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from reactor.model.event import Record
from reactor.model.gates import Gates, Phase
from reactor.model.match import Reason
from reactor.model.rule import ActionSpec, Rule

Owner = ActionSpec | None
"""Whose gates: an action's, or the rule's own."""


class Sent(NamedTuple):
    """An event. `at` is its own time; `group` is what `group_by` finds, None where there is
    nothing."""

    id: str
    at: datetime
    arrival: datetime
    subject: str
    group: str | None
    record: Record


@dataclass(slots=True, kw_only=True)
class Match:
    """On its way through the gates, at the time that these go by, or that of its subject. `event`
    None: only a timer came due, and `last` is what the rule heard of before."""

    event: Sent | None
    last: Sent | None = None
    at: datetime
    own_at: datetime
    key: str
    own: str
    count: int = 1
    phase: Phase | None = None
    joined: int = 0
    waited: bool = False

    @property
    def hours_key(self) -> str:
        """The end of an incident waits for its time apart from the firings."""
        return f"{self.key} is over" if self.phase is Phase.RESOLVED else self.key

    @property
    def id(self) -> str:
        """That of its event; empty where there is none."""
        return self.event.id if self.event else ""

    @property
    def record(self) -> Record:
        """What conditions see."""
        seen = self.event or self.last
        return seen.record if seen else Record({}, platform=False)


@dataclass(slots=True, kw_only=True)
class Wait:
    """A match that waits at a gate; None when its timer is over, and its set not empty yet. `until`
    is the last moment of what is to follow."""

    match: Match | None
    due: datetime
    until: datetime | None = None
    subjects: list[str] = field(default_factory=list)
    gathered: int = 1
    is_digest: bool = False


@dataclass(slots=True, kw_only=True)
class Absence:
    """Nothing matched since the `last` one (None: since the rule was loaded). So much of the time
    was left when it began to count, or is left while it does not; None when it fired."""

    last: Sent | None
    since: datetime
    left: timedelta | None
    counts_from: datetime | None

    @property
    def due(self) -> datetime | None:
        if self.counts_from is None or self.left is None:
            return None
        return self.counts_from + self.left


class Where(NamedTuple):
    """Whose memory, of which gate and key; `action` is empty for the rule's own."""

    action: str
    gate: str
    key: str


class Row(NamedTuple):
    """What became of a match; `settles` one that waited, with `action` None all of its rows."""

    event: str
    key: str
    action: str | None
    reason: Reason
    settles: bool


class Told(NamedTuple):
    """What a delivery tells of its firing."""

    event: str
    action: str
    matches: int
    suppressed: int
    phase: Phase | None
    joined: int


class Part(NamedTuple):
    """A firing as a part of an incident, or its end."""

    event: str
    phase: Phase
    since: datetime
    firings: int


@dataclass(slots=True)
class Said:
    """What a step brought."""

    rows: list[Row] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Kept:
    """All there is: the rule, the time, what its gates keep, and what is said of the present step.

    `times` are all moments that `after`, `throttle` and a key's clock ever saw. `firings` are those
    under way, each by the numbers of its deliveries. `incidents` are the open ones: since when, how
    many firings, and the group key.
    """

    rule: Rule
    now: datetime
    said: Said = field(default_factory=Said)
    silenced_until: list[datetime] = field(default_factory=list)
    times: dict[Where, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    suppressed: dict[Where, int] = field(default_factory=lambda: defaultdict(int))
    waits: dict[Where, Wait] = field(default_factory=dict)
    absences: dict[Where, Absence] = field(default_factory=dict)
    firings: dict[Where, list[set[int]]] = field(default_factory=lambda: defaultdict(list))
    queues: dict[Where, list[Match]] = field(default_factory=lambda: defaultdict(list))
    incidents: dict[Where, tuple[datetime, int, str]] = field(default_factory=dict)

    def gates(self, owner: Owner) -> Gates:
        """Those of an action, or the rule's own."""
        return owner.gates if owner else self.rule.gates

    def action(self, name: str) -> Owner:
        """The one of that name."""
        return next((action for action in self.rule.actions if action.name == name), None)

    def is_on(self, where: Where) -> bool:
        """Whether its rule is, and its action."""
        action = self.action(where.action)
        return self.rule.enabled and (not where.action or bool(action and action.enabled))

    def write(self, match: Match, action: str | None, reason: Reason, *, settles: bool) -> None:
        """What became of a match."""
        self.said.rows.append(Row(match.id, match.key, action, reason, settles))

    def expire(self, where: Where) -> None:
        """Nothing comes of what waits there."""
        self.absences.pop(where, None)
        wait = self.waits.pop(where, None)
        self.firings.pop(where, None)
        kept = [wait.match] if wait and wait.match else []
        for match in (*kept, *self.queues.pop(where, [])):
            self.write(match, where.action or None, Reason.EXPIRED, settles=True)

    def forget_others(self, before: Rule) -> None:
        """The rule was another one before: what a gate kept under another mark is gone."""
        old, new = marks(before), marks(self.rule)
        for where in [*self.waits, *self.queues]:
            waits = where in self.waits and self.waits[where].match
            is_idle = bool(waits or self.queues.get(where)) and not self.is_on(where)
            if old[where[:2]] != new.get(where[:2]) or is_idle:
                self.expire(where)
        for memory in (self.times, self.suppressed, self.absences, self.firings, self.incidents):
            for where in list(memory):
                if old[where[:2]] != new.get(where[:2]):
                    del memory[where]


def name_of(owner: Owner) -> str:
    """As in Where."""
    return owner.name if owner else ""


def marks(rule: Rule) -> dict[tuple[str, str], str]:
    """By action and gate what its memory hangs on."""
    found = {("", gate): mark for gate, mark in rule.gates.marks.items()}
    for action in rule.actions:
        found |= {(action.name, gate): mark for gate, mark in action.gates.marks.items()}
    if not found:
        return {}
    found["", "clock"] = ""
    for action in rule.actions:
        both = rule.gates.mark("throttle"), action.gates.mark("throttle")
        found[action.name, "suppressed"] = str(both)
    return found
