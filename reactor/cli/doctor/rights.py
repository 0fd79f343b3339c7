"""What reactor asks of a Docker Engine, and what a proxy before its socket must let through. Pure.

The flags are those of Tecnativa's docker-socket-proxy and of others that took over their names
(`haproxy.cfg` there). All is asked of a container that does not exist, so nothing happens.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from reactor.cli.doctor.finding import Finding, doubtful, unreachable, well
from reactor.engine.judge import named

ABSENT = "reactor-doctor-no-such"
"""The name of no container."""

_NONE = urlencode({"filters": json.dumps({"id": [ABSENT]})})
_DENIED = (401, 403, 405)  # 405: some proxies say so of a method


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """Something that an engine may be asked: `flags` open it in a proxy, `purpose` is what reactor
    needs it for. Without one that is not `is_needed` reactor goes on, and does less."""

    name: str
    path: str
    flags: str
    purpose: str
    method: str = "GET"
    is_needed: bool = True


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of asking: a status with the beginning of its body, or why there is none."""

    status: int | None
    text: str

    @property
    def is_yes(self) -> bool:
        """Whether the engine itself answered. It knows no such container, and says its name; what
        else answers 404 is somebody before it."""
        if self.status is None or self.is_no or self.status >= 500:
            return False
        return self.status != 404 or ABSENT in _message(self.text)

    @property
    def is_no(self) -> bool:
        """Whether somebody forbade it."""
        return self.status in _DENIED

    @property
    def told(self) -> str:
        """What came, for people."""
        return self.text if self.status is None else f"the answer is {named(self.status)}"


def _message(text: str) -> str:
    """What an engine says of an error; others answer in other forms."""
    try:
        return str(json.loads(text)["message"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""


INFO = Right(
    name="INFO",
    path="/info",
    flags="INFO=1",
    purpose="to know the engine by its own id and name rather than by its address, and its "
    "place in a swarm",
    is_needed=False,
)

READING = (
    Right(name="PING", path="/_ping", flags="PING=1", purpose="to agree on a version of the API"),
    Right(name="VERSION", path="/version", flags="VERSION=1", purpose="to know whom it speaks to"),
    INFO,
    Right(
        name="EVENTS",
        path="/events?since=1&until=1",
        flags="EVENTS=1",
        purpose="to hear what happens",
    ),
    Right(
        name="CONTAINERS (list)",
        path="/containers/json?limit=1",
        flags="CONTAINERS=1",
        purpose="to find what happened while it was not connected",
    ),
    Right(
        name="CONTAINERS (inspect)",
        path=f"/containers/{ABSENT}/json",
        flags="CONTAINERS=1",
        purpose="to know why a container ended",
    ),
    Right(
        name="CONTAINERS (logs)",
        path=f"/containers/{ABSENT}/logs?stdout=1&tail=1",
        flags="CONTAINERS=1",
        purpose="for container.log_tail",
        is_needed=False,
    ),
)
"""Of every engine."""

SWARM = (
    Right(
        name="SERVICES",
        path=f"/services?{_NONE}",
        flags="SERVICES=1",
        purpose="to know the services of the swarm",
        is_needed=False,
    ),
    Right(
        name="NODES",
        path=f"/nodes?{_NONE}",
        flags="NODES=1",
        purpose="to know the nodes of the swarm",
        is_needed=False,
    ),
    Right(
        name="TASKS",
        path=f"/tasks?{_NONE}",
        flags="TASKS=1",
        purpose="to know the containers of other nodes",
        is_needed=False,
    ),
)
"""Of a manager of a swarm."""

_START = Right(
    name="POST (start)",
    path=f"/containers/{ABSENT}/start",
    flags="POST=1 and ALLOW_START=1",
    purpose="to start",
    method="POST",
)
_STOP = Right(
    name="POST (stop)",
    path=f"/containers/{ABSENT}/stop",
    flags="POST=1 and ALLOW_STOP=1 (or ALLOW_RESTARTS=1)",
    purpose="to stop",
    method="POST",
)
_RESTART = Right(
    name="POST (restart)",
    path=f"/containers/{ABSENT}/restart",
    flags="POST=1 and ALLOW_RESTARTS=1",
    purpose="to restart and redeploy",
    method="POST",
)
_REMOVE = Right(
    name="DELETE",
    path=f"/containers/{ABSENT}",
    flags="POST=1 and CONTAINERS=1",
    purpose="to terminate",
    method="DELETE",
)
_UPDATE = Right(
    name="POST (update)",
    path=f"/services/{ABSENT}/update",
    flags="POST=1 and SERVICES=1",
    purpose="to call on services of the swarm",
    method="POST",
    is_needed=False,
)

_ACTING: Mapping[str, tuple[Right, ...]] = {
    "start": (_START,),
    "stop": (_STOP,),
    "restart": (_RESTART,),
    "redeploy": (_RESTART,),
    "terminate": (_STOP, _REMOVE),
}


def acting(allowed: Iterable[str], *, is_manager: bool) -> tuple[Right, ...]:
    """What the verbs of `allow` need, each once."""
    verbs = tuple(allowed)
    rights = [right for verb in verbs for right in _ACTING.get(verb, ())]
    return tuple(dict.fromkeys([*rights, _UPDATE] if is_manager and verbs else rights))


def judge_rights(name: str, replies: Mapping[Right, Reply]) -> Iterator[Finding]:
    """One line for all that are there, and one for each that is missing."""
    missing = {right: reply for right, reply in replies.items() if not reply.is_yes}
    if there := [right.name for right in replies if right not in missing]:
        yield well(name, ", ".join(there))
    for right, reply in missing.items():
        judge = unreachable if right.is_needed else doubtful
        told = f"{right.name} is missing, {right.purpose}: {reply.told}"
        yield judge(name, told, _remedy(right, reply))


def _remedy(right: Right, reply: Reply) -> str:
    if reply.status is None or reply.status >= 500:
        return "see why the engine does not answer this"
    return f"{right.flags} for the proxy before the engine's socket"
