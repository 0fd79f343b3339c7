"""What a fleet is to the hub: objects as Docker Cloud's REST API shows them, verbs, and frames."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from reactor.model.errors import ReactorError

Object = Mapping[str, object]
"""A REST object: JSON with at least uuid, resource_uri and state (docs/platforms.md §1)."""

Frame = Mapping[str, object]
"""An event as the stream sends it: type, action, parents, resource_uri, state, uuid, datetime."""


class NoSuchObject(ReactorError):
    """There is no object of that type and UUID."""


class NotAllowed(ReactorError):
    """The object's state, or its type, does not allow the verb; the text says so."""


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


class Fleet(Protocol):
    """Stacks, services, containers, nodes. All of it may be called from any thread."""

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


class TimedFleet(Fleet, Protocol):
    """A fleet whose time goes on only when it is told; whatever changes, a frame tells."""

    def advance(self, now: datetime) -> None:
        """Let everything happen that is due by `now`."""

    def next_due(self) -> datetime | None:
        """When something will happen next, if nobody calls."""
