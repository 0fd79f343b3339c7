"""Silences: conditions under which firings are held back until a moment (rules.md §3, §6)."""

from dataclasses import dataclass
from datetime import datetime

from reactor.model.condition import Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSilence:
    """A silence as the journal has it: `text` is its condition as it was given. `ended_at` is set
    where an operator brought its end forward."""

    id: str
    text: str
    author: str
    comment: str
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """`text` is its condition as it was given, `match` what that means. It holds from `created_at`
    until `expires_at`, both UTC; an operator may bring that forward."""

    id: str
    text: str
    match: Condition
    author: str
    comment: str
    created_at: datetime
    expires_at: datetime
