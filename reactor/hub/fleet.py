"""What a fleet is to the hub: objects as Docker Cloud's REST API shows them, verbs, and frames."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from reactor.hub.written import Written
from reactor.model.errors import ReactorError

Object = Mapping[str, object]
"""A REST object: JSON with at least uuid, resource_uri and state (docs/platforms.md §1)."""

Frame = Mapping[str, object]
"""An event as the stream sends it: type, action, parents, resource_uri, state, uuid, datetime."""


class NoSuchObject(ReactorError):
    """There is no object of that type and UUID."""


class NotAllowed(ReactorError):
    """The object's state, or its type, does not allow the verb; the text says so."""


class Unavailable(NotAllowed):
    """What the fleet consists of cannot be reached just now; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that changes an object: who asked, kept in the action that it becomes.

    `verb` is start, stop, redeploy, terminate, scale or update. `changes` are the fields of an
    update. `method`, `path`, `user_agent` and `ip` are those of the HTTP request.
    """

    verb: str
    method: str
    path: str
    user_agent: str = ""
    ip: str = ""
    changes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a log, `text` with the end of line that it has. `stream` is stdout or stderr,
    `source` the name of the container, where it is a line of several."""

    text: str
    stream: str
    at: datetime
    source: str | None = None


class Log(Protocol):
    """A log that is being read, by one thread at a time. What goes wrong meanwhile ends it."""

    def read(self) -> Sequence[Line]:
        """What has come since, oldest first. Blocks until there is something; nothing means that
        there will never be more, or that it was closed."""

    def close(self) -> None:
        """Called once, from any thread: whoever reads is let go at once. Does not block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a command wrote. `stream` is stdout or stderr; a terminal has only the first."""

    text: str
    stream: str


class Terminal(Protocol):
    """A command that runs in a container. One thread reads while another writes."""

    def read(self) -> Sequence[Output]:
        """As a log's: blocks until there is something; nothing means that the command has ended,
        or that it was closed."""

    def write(self, typed: bytes) -> None:
        """What was typed, as it came, control characters included: byte 4 ends the input. It may
        block while the command does not read, but not once this is closed. What comes after the
        end is dropped."""

    def close(self) -> None:
        """As a log's. A shell that waits for a command ends; what does not, goes on."""


class Fleet(Protocol):
    """Stacks, services, containers, nodes. All of it may be called from any thread."""

    @property
    def written(self) -> Written:
        """What clients wrote of its services."""

    def objects(self, kind: str) -> list[Object]:
        """All of a type (stack, service, container, node, nodecluster, action), oldest first."""

    def find(self, kind: str, uuid: str) -> Object:
        """One object. Raises NoSuchObject."""

    def operate(self, kind: str, uuid: str, call: Call) -> str | None:
        """Begin what the call asks; returns the URI of its action, None for an update, which is
        done at once. Raises NoSuchObject, NotAllowed."""

    def listen(self, listener: Callable[[Frame], None]) -> Callable[[], None]:
        """Hear every frame from now on, in order, from any thread, without blocking; the result
        ends that."""

    def logs(self, kind: str, uuid: str, *, tail: int, follow: bool) -> Log:
        """The log of a container, service or action: its last `tail` lines, and with `follow` what
        comes until the object is gone. May block for a moment. Raises NoSuchObject, NotAllowed."""

    def execute(self, uuid: str, command: Sequence[str]) -> Terminal:
        """Run a command, program and arguments, in a container. May block for a moment. Raises
        NoSuchObject, NotAllowed."""


class TimedFleet(Fleet, Protocol):
    """A fleet whose time goes on only when it is told; whatever changes, a frame tells."""

    def advance(self, now: datetime) -> None:
        """Let everything happen that is due by `now`."""

    def next_due(self) -> datetime | None:
        """When something will happen next, if nobody calls."""
