"""Where things are in the hub: Docker Cloud's paths. Both forms of each are right, with and without
namespace, with and without trailing slash, and slashes may be doubled: the old clients write them
so, and follow no redirect (docs/platforms.md §1)."""

import re
from dataclasses import dataclass

_NAMESPACE = "(?:[^/]+/)?"
_UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_OBJECTS = re.compile(
    rf"/api/(?:app/v1/{_NAMESPACE}(?P<app>stack|service|container)"
    rf"|infra/v1/{_NAMESPACE}(?P<infra>nodecluster|node)"
    rf"|audit/v1/{_NAMESPACE}(?P<audit>action))"
    rf"(?:/(?P<uuid>{_UUID})(?:/(?P<verb>start|stop|redeploy|scale))?)?/"
)
_STREAM = re.compile(rf"/api/audit/v1/{_NAMESPACE}events/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What a REST path names: all objects of a kind, one by its UUID, or a verb of that one."""

    kind: str
    uuid: str | None = None
    verb: str | None = None

    @property
    def methods(self) -> tuple[str, ...]:
        """The HTTP methods that make sense there."""
        if self.uuid is None:
            return ("GET",)
        return ("POST",) if self.verb else ("GET", "PATCH", "DELETE")


def tidy(path: str) -> str:
    """The path as we write it: no slash twice, one at the end."""
    return re.sub("/+", "/", f"{path}/")


def read_address(path: str) -> Address | None:
    """What a tidy REST path names, or None."""
    found = _OBJECTS.fullmatch(path)
    if found is None:
        return None
    kind = found["app"] or found["infra"] or found["audit"]
    uuid = found["uuid"].lower() if found["uuid"] else None
    return Address(kind=kind, uuid=uuid, verb=found["verb"])


def is_stream(path: str) -> bool:
    """Whether a tidy path is that of the stream of events."""
    return _STREAM.fullmatch(path) is not None
