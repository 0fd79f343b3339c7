"""Lookups: what an event needs to know of the platform's objects, asked and answered as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

NOT_ASKED = "not asked"
"""Why an object is unknown that no rule needed to know."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A field of a platform object that a rule speaks of: `service.name`. `field` None: the whole
    object. The kind CAUSE is no object: it stands for CAUSE_FACTS."""

    kind: str
    field: str | None


@dataclass(frozen=True, slots=True)
class Need:
    """An object to be fetched for an event. `fresh`: by a request that begins after the event was
    received; otherwise an older answer will do, because only what does not change is wanted.

    With `since` (UTC) it is not the object, but the list of the platform's actions on it that began
    from then on.
    """

    kind: str
    uri: str
    fresh: bool
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How one lookup ended: the REST object (a list is one, too), or None and why there is none,
    for people."""

    object: Mapping[str, object] | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A lookup's end, on its way to the event that asked for it."""

    source: str
    event_id: str
    need: Need
    found: Found
