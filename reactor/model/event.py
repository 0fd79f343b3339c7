"""Events: what a source hands in, what is journaled, and the record that rules see.

What is made for each event is a struct of msgspec: a frozen dataclass takes five times as long.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

PLATFORM_OBJECTS = ("container", "service", "stack", "node", "nodecluster")
"""The names under which rules see the objects of a container platform (rules.md §2)."""

CAUSE = "cause"
CAUSE_FACTS = (CAUSE, "planned", "cause_evidence")
"""Why a container ended, or its health turned (model/cause.py). They are known together: as long as
they are not, `Event.unknown` has all three under CAUSE."""

PLATFORM_FACTS = (*PLATFORM_OBJECTS, "labels", *CAUSE_FACTS)
"""On container-platform sources these names come from facts and win over the frame."""


class Frame(Struct, frozen=True):
    """What a source hands in: an event as it was received.

    `raw` is UTF-8 JSON text of one object, exactly as received. `identity` names the frame when it
    has no `uuid` of its own; if it `is_named`, the sender gave it that name, and its `uuid` is of
    something else. `facts` is what the source knows beyond the frame. `subject` and `time` are what
    it happened to, and when (UTC), where the sender says so in its own way. `remember` is what the
    source wants to find again after a restart, written in the event's transaction; None forgets.
    `acknowledge`, if any, is called once, after the commit that holds the event, or when the frame
    was rejected or is a duplicate.
    """

    raw: bytes
    identity: str
    facts: Mapping[str, object] = {}
    subject: str | None = None
    time: datetime | None = None
    remember: Mapping[str, object] = {}
    acknowledge: Callable[[], None] | None = None
    is_named: bool = False


class Arrival(Struct, frozen=True, kw_only=True):
    """A frame on its way to the journal.

    `platform` says whether PLATFORM_FACTS come from facts. `at` is the arrival time where it is
    not the present (replay). All else is the frame's.
    """

    source: str
    raw: bytes
    identity: str
    is_named: bool = False
    platform: bool = False
    facts: Mapping[str, object] = {}
    subject: str | None = None
    time: datetime | None = None
    remember: Mapping[str, object] = {}
    acknowledge: Callable[[], None] | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a source wants to find again after a restart, without an event; None forgets."""

    source: str
    remember: Mapping[str, object]


class Event(Struct, frozen=True, kw_only=True):
    """One thing that happened. `id` is unique per source; `time` and `received_at` are UTC.

    `unknown` names the platform objects of which `facts` do not hold all, and why: NOT_ASKED, or
    how the lookup ended. A field that is missing from an object that is not in it does not exist.
    CAUSE stands there for facts of its own.
    """

    id: str
    source: str
    subject: str
    time: datetime
    received_at: datetime
    raw: bytes
    data: Mapping[str, object]
    facts: Mapping[str, object]
    platform: bool
    unknown: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A frame that cannot be an event: why, and the first bytes of it."""

    source: str
    received_at: datetime
    reason: str
    excerpt: str
    size: int


Tracker = tuple[str, tuple[str, ...]]
"""A field whose last value is kept per subject: its path, and the `group_by` of the rule."""


class Record(Struct, frozen=True):
    """What conditions, group keys and templates see: the frame's fields and the facts over them.

    A field that is missing from an object named in `unknown` may exist all the same; it says why it
    is not known, as in Event. `previous` are the values that fields had at earlier events, those
    that had them; None while earlier events are not decided yet.
    """

    fields: Mapping[str, object]
    platform: bool
    unknown: Mapping[str, str] = {}
    previous: Mapping[Tracker, object] | None = None
