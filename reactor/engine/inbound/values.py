"""What comes in by webhook and what is made of it: plain values. Nothing here decides."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A request, as received.

    `headers` have lower-case names and values decoded as Latin-1, repeated ones kept in order.
    `body` is the raw bytes: signatures are made over these. `query` is the part of the URL behind
    the question mark, still percent-encoded; it may hold a token and must not be logged.
    """

    method: str = "POST"
    headers: tuple[tuple[str, str], ...]
    body: bytes
    query: str = ""

    def every(self, header: str) -> tuple[str, ...]:
        """The values of all headers of this name."""
        return tuple(value for name, value in self.headers if name == header)

    def only(self, header: str) -> str | None:
        """The value of the one header of this name; None when there is none or several."""
        values = self.every(header)
        return values[0] if len(values) == 1 else None


class Ground(StrEnum):
    """On which ground a request was refused; reactor's log counts by it."""

    NOTHING_SHOWN = "nothing_shown"  # no signature, no token
    SHOWN_TWICE = "shown_twice"  # two signature headers: which one would count?
    MALFORMED = "malformed"  # not of the form in which the sender signs
    WRONG = "wrong"  # another secret, or a changed body
    CLOCK = "clock"  # signed rightly, but too long ago or in the future
    MEDIA_TYPE = "media_type"
    NO_EVENT = "no_event"  # the body cannot be read as what the preset sends


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that is not taken: the HTTP status, and why. `reason` is a sentence for the
    operator's log and is never sent; it holds no secret and nothing of the body."""

    status: int
    ground: Ground
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event as its sender told it.

    `id` is the same whenever the sender repeats the delivery. `raw` is UTF-8 JSON of one object,
    the sender's own bytes wherever the sender sent such an object. `subject` and `time` (UTC) are
    what it happened to, and when, if the sender says so. `facts` are flat: texts, numbers, flags.
    """

    id: str
    raw: bytes
    subject: str | None = None
    time: datetime | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Challenge:
    """Not an event, but the sender's question whether we are who it was told to send to. `text` is
    to be sent back."""

    text: str


Telling = tuple[Told, ...] | Challenge | Refused
"""What a body says: events, which may be none at all; or a question; or why it cannot be read."""
