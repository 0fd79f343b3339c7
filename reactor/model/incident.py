"""Incidents: firings of one rule and key that belong together, until the condition ends."""

from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from reactor.model.gates import Phase


class Joined(Struct, frozen=True, kw_only=True):
    """A firing as a part of an incident, or the event that resolved it. `since` is when it opened,
    `count` how many firings it has with this one. `key` is the group key as canonical JSON."""

    id: str
    rule: str
    key: str
    phase: Phase
    at: datetime
    since: datetime
    count: int
    event_id: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident as the journal has it; `last_at` is that of its last firing, `resolved_at` None
    while it is open. `events` are the (source, id) of those that belong to it, oldest first, as far
    as they are kept."""

    id: str
    rule: str
    key: str
    opened_at: datetime
    last_at: datetime
    resolved_at: datetime | None
    count: int
    events: tuple[tuple[str, str], ...] = ()
