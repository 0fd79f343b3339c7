"""What the parts ask of each other, declared here because several layers speak of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from threading import Event as StopEvent
from typing import Protocol

from reactor.model.delivery import Delivery
from reactor.model.request import Effect, Outcome, Response, StoredRequest
from reactor.model.rule import ActionSpec, Destination, SourceSpec
from reactor.model.secret import Vault


class Kind(StrEnum):
    """What a key of a source, a destination or an action holds."""

    TEXT = "text"
    FLAG = "flag"
    CHOICE = "choice"
    METHOD = "method"  # an HTTP method
    HEADERS = "headers"  # mapping of name to text
    BODY = "body"  # a text or any mapping or list whose texts are templates
    URL = "url"
    SECRET = "secret"  # noqa: S105 -- the name of a kind, not a secret
    RATE = "rate"


class Landing(StrEnum):
    """Where a rendered text goes, which decides how event values are escaped in it."""

    TEXT = "text"  # as it is; a missing field is "(unknown)"
    SLACK = "slack"  # & < > escaped; a missing field is "(unknown)"
    URL = "url"  # percent-encoded; a missing field raises RenderFailed
    HEADER = "header"  # printable ASCII only; a missing field raises RenderFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A key that a source, a destination or an action accepts, for the parser and the schema.

    `landing` set means that its texts are templates. `about` is a sentence for editors.
    """

    kind: Kind
    about: str
    required: bool = False
    choices: tuple[str, ...] = ()
    landing: Landing | None = None


class Feed(Protocol):
    """What a source hands its frames to."""

    def put(
        self,
        raw: bytes,
        identity: str,
        *,
        facts: Mapping[str, object] | None = None,
        acknowledge: Callable[[], None] | None = None,
    ) -> None:
        """Hand in one frame. Blocks while the road is full; raises Stopping when we stop."""

    def connected(self) -> None:
        """Say that the source is subscribed and frames may come."""


class Source(Protocol):
    """A stream of frames."""

    @property
    def peer(self) -> str:
        """What it reads from, in words for people; asked after it said that it is connected."""

    def run(self, feed: Feed, stop: StopEvent) -> None:
        """Receive until `stop` is set (return within a second) or the stream ends for good.

        Raises SourceLost when the connection fails or breaks: the supervisor tries again with
        backoff. Raises SourceRefused when the credentials are refused.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceType:
    """A registry entry: what `type: NAME` accepts and how it is opened.

    `platform`: its facts carry the container platform's objects (rules.md §2).
    """

    fields: Mapping[str, Field]
    platform: bool
    open: Callable[[SourceSpec], Source]


class ActionType(Protocol):
    """A registry entry: one kind of action. All of it is pure."""

    @property
    def fields(self) -> Mapping[str, Field]:
        """The siblings that the action accepts beside the common ones."""

    @property
    def value(self) -> Field:
        """What stands behind the action key itself."""

    @property
    def destination_types(self) -> tuple[str, ...]:
        """Types of `destinations` that it can name; empty when it names none."""

    def render(
        self, action: ActionSpec, names: Mapping[str, object], vault: Vault
    ) -> StoredRequest:
        """The request to store, rendered once. Raises RenderFailed."""

    def build(
        self, delivery: Delivery, destination: Destination | None, vault: Vault, now: datetime
    ) -> Effect:
        """The effect of one attempt, with its secrets joined. Raises DestinationRemoved."""

    def judge(self, response: Response) -> Outcome:
        """What the answer means."""
