"""URIs of Docker Cloud: `/api/[subsystem/]v1/[namespace/]type/uuid/` (docs/platforms.md §1)."""

import hashlib
import re
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


_ACTION_URI = re.compile(r"/[!-~]{1,199}")
_UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_GRAMMAR = re.compile(
    rf"/api/(?:(?P<subsystem>app|infra|audit)/)?v1/(?:(?P<namespace>[A-Za-z0-9_-]{{1,64}})/)?"
    rf"(?P<type>{'|'.join(TYPES)})/(?P<uuid>{_UUID})/",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class ObjectUri:
    """A URI that requests may be made from: every part of it was read by the grammar.

    `is_tutum`: it has no subsystem, as in Tutum's API. `namespace` is the URI's own, if any.
    """

    type: str
    uuid: str
    namespace: str | None
    is_tutum: bool

    def path(self, namespace: str | None) -> str:
        """The path of the object, rebuilt from its parts. A configured `namespace` wins over the
        URI's own; an action never has one (docs/platforms.md §1)."""
        if self.is_tutum:
            return f"/api/v1/{self.type}/{self.uuid}/"
        chosen = None if self.type == "action" else namespace or self.namespace
        middle = f"{chosen}/" if chosen else ""
        return f"/api/{_SUBSYSTEMS[self.type]}/v1/{middle}{self.type}/{self.uuid}/"


def read_uri(text: str) -> tuple[ObjectUri, str] | None:
    """The object that `text` begins with and what follows it, or None when it does not begin with
    the URI of an object, to the letter: `/api/[subsystem/]v1/[namespace/]type/uuid/`."""
    found = _GRAMMAR.match(text)
    if found is None:
        return None
    uri = ObjectUri(
        type=found["type"],
        uuid=found["uuid"].lower(),
        namespace=found["namespace"],
        is_tutum=found["subsystem"] is None,
    )
    return uri, text[found.end() :]


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


def collection_path(kind: str, namespace: str | None, *, is_tutum: bool = False) -> str:
    """The path under which Docker Cloud, or Tutum, lists its objects of `kind`."""
    if is_tutum:
        return f"/api/v1/{kind}/"
    middle = f"{namespace}/" if namespace else ""
    return f"/api/{_SUBSYSTEMS[kind]}/v1/{middle}{kind}/"


def comparable_uri(text: str) -> object:
    """A value that is equal for two URIs of one object, whatever namespace or trailing slash."""
    return parse_uri(text) or text.rstrip("/")


def stable_uuid(*parts: str) -> str:
    """A version-4-shaped UUID that is the same for the same parts, at every start.

    The old SDKs take only v4-shaped ids for UUIDs (docs/platforms.md §1).
    """
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()[:16]
    return str(UUID(bytes=digest, version=4))


def as_action_uri(text: object) -> str | None:
    """`text` if it looks like the path of an action: at most 200 characters of printable ASCII."""
    return text if isinstance(text, str) and _ACTION_URI.fullmatch(text) else None
