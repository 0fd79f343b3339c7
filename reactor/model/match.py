"""What became of an event under a rule: truth, reason, evaluation."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

Truth = bool | None
"""Three values: True, False, and None for unknown. Only True fires (rules.md §2)."""


class Reason(StrEnum):
    """Why an action fired or did not (rules.md §3). No "no" is ever a bare False."""

    FIRED = "fired"
    THROTTLED = "throttled"
    BELOW_COUNT = "below_count"
    WAITING = "waiting"  # provisional: it becomes one of the others
    OUTSIDE_TIME = "outside_time"
    SILENCED = "silenced"
    INCIDENT = "incident"
    IF_FALSE = "if_false"
    MODE = "mode"
    SHADOW = "shadow"
    LOOP_GUARD = "loop_guard"
    # What waiting became, when it did not fire.
    ENDED = "ended"
    MERGED = "merged"
    EXPIRED = "expired"
    # Rules that did not match; these are recomputed, never stored. Of several the last wins.
    DISABLED = "disabled"
    OTHER_SOURCE = "other_source"
    CONDITION_FALSE = "condition_false"
    FIELD_MISSING = "field_missing"
    LOOKUP_FAILED = "lookup_failed"
    CONDITION_ERROR = "condition_error"


UNSTORED_REASONS = frozenset(
    {
        *(Reason.DISABLED, Reason.OTHER_SOURCE, Reason.CONDITION_FALSE),
        *(Reason.FIELD_MISSING, Reason.LOOKUP_FAILED, Reason.CONDITION_ERROR),
    }
)
"""The reasons of rules that did not match."""

STORED_REASONS = tuple(reason for reason in Reason if reason not in UNSTORED_REASONS)
"""The reasons of rules that matched."""

Verdict = Mapping[str, object]
"""What one gate said, as plain JSON: `gate` as the rule file names it, `action` (its name, null for
the rule's own), `reason` (null when it let pass), and the numbers that it went by."""


class Evaluation(Struct, frozen=True, kw_only=True):
    """One row per (event, rule, action) of a rule that matched. `at` is when it was decided, UTC,
    and `settled_at` when what had been waiting became what `reason` says.

    `event_id` and `source` are empty for what a timer fired without an event. `key` is the group
    key as canonical JSON text. `delivery_id` is set when `reason` is fired. `gates` are those that
    it came to, in order.
    """

    event_id: str
    source: str
    rule: str
    action: str
    reason: Reason
    at: datetime
    key: str
    delivery_id: str | None = None
    gates: tuple[Verdict, ...] = ()
    settled_at: datetime | None = None


class Settlement(Struct, frozen=True, kw_only=True):
    """What became of an evaluation that was waiting. `action` None means every action of the rule
    that waits for the event still. `gates` are those that it came to since it began to wait."""

    event_id: str
    source: str
    rule: str
    action: str | None
    reason: Reason
    at: datetime
    key: str
    delivery_id: str | None = None
    gates: tuple[Verdict, ...] = ()
