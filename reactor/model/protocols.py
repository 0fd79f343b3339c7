"""What the parts ask of each other, declared here because several layers speak of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Event as StopEvent
from typing import Protocol

from reactor.model.delivery import Delivery
from reactor.model.event import Frame
from reactor.model.lookup import Found, Need, Reference
from reactor.model.platform import Shape
from reactor.model.request import Effect, Outcome, Response, StoredRequest
from reactor.model.rule import ActionSpec, Destination, SourceSpec
from reactor.model.secret import Vault


class Kind(StrEnum):
    """What a key of a source, a destination or an action holds."""

    TEXT = "text"
    TEXTS = "texts"  # a text or a list of texts
    FLAG = "flag"
    CHOICE = "choice"
    CHOICES = "choices"  # one of `choices`, or a list of at least one
    METHOD = "method"  # an HTTP method
    HEADERS = "headers"  # mapping of name to text
    BODY = "body"  # a text or any mapping or list whose texts are templates
    NUMBER = "number"  # a whole number, zero or more
    FILTER = "filter"  # mapping of type, object, parent to a text or a list of texts
    URL = "url"
    SECRET = "secret"  # noqa: S105 -- the name of a kind, not a secret
    SECRETS = "secrets"  # a secret or a list of at least one
    RATE = "rate"
    DURATION = "duration"
    GROUP = "group"  # a mapping with keys of its own


class Landing(StrEnum):
    """Where a rendered text goes, which decides how event values are escaped in it."""

    TEXT = "text"  # as it is; a missing field is "(unknown)"
    SLACK = "slack"  # & < > escaped; a missing field is "(unknown)"
    URL = "url"  # percent-encoded; a missing field raises RenderFailed
    HEADER = "header"  # printable ASCII only; a missing field raises RenderFailed
    CALL = "call"  # as it is, checked as a whole afterwards; a missing field raises RenderFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A key that a source, a destination or an action accepts, for the parser and the schema.

    `landing` set means that its texts are templates. `about` is a sentence for editors. `fields`
    are the keys of a GROUP.
    """

    kind: Kind
    about: str
    required: bool = False
    choices: tuple[str, ...] = ()
    landing: Landing | None = None
    fields: Mapping[str, "Field"] = field(default_factory=dict)


class Feed(Protocol):
    """What a source hands its frames to."""

    def put(self, frame: Frame) -> None:
        """Hand in one frame. Blocks while the road is full; raises Stopping when we stop."""

    def offer(self, frame: Frame) -> bool:
        """Hand in one frame if there is room now, and say whether there was. Raises Stopping when
        we stop."""

    def remember(self, values: Mapping[str, object]) -> None:
        """Have the journal keep these for this source; None forgets. Does not wait for the disk,
        but for room on the road; raises Stopping when we stop."""

    def recall(self) -> Mapping[str, object]:
        """What the journal keeps for this source. Blocks for the time of a read."""

    def connected(self) -> None:
        """Say that the source is subscribed and frames may come."""

    def say(self, text: str) -> None:
        """A line in reactor's log, about this source."""


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


class Api(Protocol):
    """The REST API behind a source. It owns that source's origin and credential: no caller can
    name another. May be used by several threads."""

    @property
    def origin(self) -> str:
        """`https://host[:port]`, without path."""

    @property
    def namespace(self) -> str | None:
        """The namespace that is configured for the source."""

    def exchange(
        self,
        method: str,
        path: str,
        *,
        timeout: timedelta,
        body: bytes = b"",
        user_agent: str | None = None,
    ) -> Response:
        """One request to `path`, which begins with "/api/"; redirects are not followed. Blocks,
        at most for `timeout`. Does not raise: what goes wrong is the response's fault."""


class Lookups(Protocol):
    """The objects behind one source, as the pipeline asks for them."""

    def recall(self, uri: str) -> Mapping[str, object] | None:
        """What does not change of an object, if it was fetched lately. Does not block."""

    def forget(self, uri: str) -> None:
        """Something happened to the object: what was fetched before is not lent any more."""

    def ask(self, need: Need, tell: Callable[[Found], None]) -> None:
        """Fetch it; `tell` is called once, from another thread, within a bounded time. Does not
        block."""


LONGEST_PAUSE = timedelta(seconds=60)
"""Between two tries of a source that stays lost, where its type does not say otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceType:
    """A registry entry: what `type: NAME` accepts and how it is opened.

    `platform`: its facts carry the container platform's objects (rules.md §2). `api` opens the
    REST API that lookups and calls back go to, if there is one; it raises SourceRefused when there
    are no credentials. `looks_up`: what events lack is looked up there; false where they bring all
    that is known. `evidence` are the facts of a container that it gathers only for rules that speak
    of them. `faults` says what else is wrong with options that were read by `fields`: a
    sentence, without secrets, by the key that it is about. `shapes` are all that its frames can be,
    none where they are of others' making. `longest_pause` lies at the most between two tries of one
    that stays lost.
    """

    fields: Mapping[str, Field]
    platform: bool
    open: Callable[[SourceSpec], Source]
    api: Callable[[SourceSpec], Api] | None = None
    looks_up: bool = True
    evidence: tuple[str, ...] = ()
    faults: Callable[[Mapping[str, object]], Mapping[str, str]] | None = None
    shapes: tuple[Shape, ...] = ()
    longest_pause: timedelta = LONGEST_PAUSE


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

    @property
    def calls_back(self) -> bool:
        """Whether it calls the API of the source that the event came from."""

    def references(self, action: ActionSpec) -> Iterator[Reference]:
        """The fields of platform objects that `render` will use."""

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
