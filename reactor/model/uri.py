"""URIs of Docker Cloud: `/api/[subsystem/]v1/[namespace/]type/uuid/` (docs/platforms.md §1)."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

TYPES = ("stack", "service", "container", "node", "nodecluster", "action")
_SUBSYSTEMS = {
    "stack": "app",
    "service": "app",
    "container": "app",
    "node": "infra",
    "nodecluster": "infra",
    "action": "audit",
}


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """An object by its type and its id, as the last two segments of its URI name it."""

    type: str
    id: str


def parse_uri(text: str) -> ObjectRef | None:
    """The object that a URI names, or None when it is not one of ours.

    Type and id are the last two segments, never the prefix: the old services named one object
    under several (docs/platforms.md §1).
    """
    segments = text.strip("/").split("/")
    if len(segments) < 4 or segments[0] != "api" or not text.startswith("/"):
        return None
    kind, identity = segments[-2:]
    return ObjectRef(kind, identity) if kind in TYPES and identity else None


def object_uri(kind: str, uuid: str) -> str:
    """The URI that Docker Cloud gave an object of `kind` (without namespace)."""
    return f"/api/{_SUBSYSTEMS[kind]}/v1/{kind}/{uuid}/"


def comparable_uri(text: str) -> object:
    """A value that is equal for two URIs of one object, whatever namespace or trailing slash."""
    return parse_uri(text) or text.rstrip("/")


def stable_uuid(*parts: str) -> str:
    """A version-4-shaped UUID that is the same for the same parts, at every start.

    The old SDKs take only v4-shaped ids for UUIDs (docs/platforms.md §1).
    """
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()[:16]
    return str(UUID(bytes=digest, version=4))
