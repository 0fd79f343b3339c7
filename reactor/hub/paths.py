"""Where the WebSockets of the hub are: Docker Cloud's paths and Tutum's. All forms of each are
right, with and without trailing slash, and slashes may be doubled: the old clients write them so,
and follow no redirect (docs/platforms.md §1). A namespace may stand in Docker Cloud's; whichever it
is, a hub has one fleet."""

import re
from dataclasses import dataclass

_UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_NAMESPACE = "(?:[^/]+/)?"
_LOGS = f"/(?P<uuid>{_UUID})/(?P<what>logs)/"
_EXEC = f"/(?P<uuid>{_UUID})/(?P<what>exec)/"
_STREAMS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"/api/audit/v1/{_NAMESPACE}(?P<what>events)/",
        # The Go client leaves out "/api" for exec, for an action's log and for a node's events.
        rf"(?:/api)?/infra/v1/{_NAMESPACE}(?P<kind>node)/(?P<uuid>{_UUID})/(?P<what>events)/",
        rf"(?:/api)?/app/v1/{_NAMESPACE}(?P<kind>container|service){_LOGS}",
        rf"(?:/api)?/app/v1/{_NAMESPACE}(?P<kind>container){_EXEC}",
        rf"(?:/api)?/audit/v1/{_NAMESPACE}(?P<kind>action){_LOGS}",
        r"(?P<tutum>/v1)/(?P<what>events)/",
        rf"(?P<tutum>/v1)/(?P<kind>container|service|action){_LOGS}",
        rf"(?P<tutum>/v1)/(?P<kind>container){_EXEC}",
    )
)


def tidy(path: str) -> str:
    """The path as we write it: no slash twice, one at the end."""
    return re.sub("/+", "/", f"{path}/")


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamAddress:
    """What the path of a WebSocket names: `what` is events, logs or exec, of the object of that
    kind and UUID; events without one are all there are. `is_tutum`: it is Tutum's."""

    what: str
    kind: str = ""
    uuid: str = ""
    is_tutum: bool = False


def read_stream(path: str) -> StreamAddress | None:
    """What the tidy path of a WebSocket names, or None."""
    found = next((found for each in _STREAMS if (found := each.fullmatch(path))), None)
    if found is None:
        return None
    parts = found.groupdict()
    return StreamAddress(
        what=parts["what"],
        kind=parts.get("kind") or "",
        uuid=(parts.get("uuid") or "").lower(),
        is_tutum="tutum" in parts,
    )


def is_tutums(path: str) -> bool:
    """Whether a tidy path is of Tutum's streams, whatever it names. Those clients want to be let in
    before they are refused (docs/platforms.md §1)."""
    return path.startswith("/v1/")
