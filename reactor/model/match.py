"""What became of an event under a rule: truth, reason, evaluation."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

Truth = bool | None
"""Three values: True, False, and None for unknown. Only True fires (rules.md §2)."""


class Reason(StrEnum):
    """Why an action fired or did not (rules.md §3). No "no" is ever a bare False."""

    FIRED = "fired"
    THROTTLED = "throttled"
    IF_FALSE = "if_false"
    SHADOW = "shadow"
    # Rules that did not match; these are recomputed, never stored. Of several the last wins.
    DISABLED = "disabled"
    OTHER_SOURCE = "other_source"
    CONDITION_FALSE = "condition_false"
    FIELD_MISSING = "field_missing"
    LOOKUP_FAILED = "lookup_failed"
    CONDITION_ERROR = "condition_error"


STORED_REASONS = (Reason.FIRED, Reason.THROTTLED, Reason.IF_FALSE, Reason.SHADOW)
"""The reasons of rules that matched."""


class Evaluation(Struct, frozen=True, kw_only=True):
    """One row per (event, rule, action) of a rule that matched. `at` is when it was decided, UTC.

    `key` is the group key as canonical JSON text. `delivery_id` is set when `reason` is fired.
    """

    event_id: str
    source: str
    rule: str
    action: str
    reason: Reason
    at: datetime
    key: str
    delivery_id: str | None = None
