"""What the events of a Docker Engine mean as frames of the container platform. Pure.

The mapping is rules.md §1; what the engine says is in docs/platforms.md §3.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from reactor.duration import format_time, from_micros
from reactor.model.platform import GAP, ODD, Shape
from reactor.model.uri import object_uri, stable_uuid

_OWN_ATTRIBUTES = {"name", "image", "exitCode", "execDuration", "signal", "oldName"}
"""The engine's own; all others in the same map are the container's labels."""

_TOLD = ("name", "image")
_STATES = {"create": "Starting", "start": "Running", "die": "Stopped", "destroy": "Terminated"}
_STOPPING = "Stopping"
_TERMINATING_SIGNALS = {"2", "3", "9", "15"}
SHAPES: tuple[Shape, ...] = (
    {"type": ("container",), "action": ("create",), "state": (_STATES["create"],)},
    {
        "type": ("container",),
        "action": ("update",),
        "state": (_STATES["start"], _STOPPING, _STATES["die"], _STATES["destroy"], None),
    },
    GAP,
    ODD,
)
"""All that a frame of the source can be."""

_COMPOSE_PROJECT = "com.docker.compose.project"
_LATEST_NANO = 1 << 63
_PARENTS = ("service", "node", "stack")  # in the order of the old services


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A Docker Engine by the id and the name that it gives itself, and its version."""

    id: str
    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformFrame:
    """The frame as JSON text, the id of its event, what is known beyond the frame, and the
    event's time by the engine's clock in nanoseconds since 1970."""

    raw: bytes
    uuid: str
    facts: Mapping[str, object]
    time_nano: int


def translate(line: bytes, engine: Engine) -> PlatformFrame | None:
    """The one frame that an event of the engine is, or None when the line writes no event of a
    container. Never raises, whatever the bytes."""
    try:
        event = _parse(json.loads(line))
        return _frame(event, engine) if event else None
    except (ValueError, RecursionError):  # no JSON, too deep, or text that is no Unicode
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _ContainerEvent:
    action: str
    container_id: str
    attributes: Mapping[str, str]
    time_nano: int
    original: Mapping[str, object]


def _parse(data: object) -> _ContainerEvent | None:
    """Reads Type, Action and Actor only: the older fields beside them are gone from API 1.52."""
    if not isinstance(data, dict) or data.get("Type") != "container":
        return None
    actor, action, nano = data.get("Actor"), data.get("Action"), data.get("timeNano")
    container_id = actor.get("ID") if isinstance(actor, dict) else None
    if not isinstance(action, str) or not isinstance(container_id, str):
        return None
    if not isinstance(nano, int) or not 0 < nano < _LATEST_NANO:
        return None
    attributes = actor.get("Attributes") if isinstance(actor, dict) else None
    return _ContainerEvent(
        action=action,
        container_id=container_id,
        attributes=_texts(attributes),
        time_nano=nano,
        original=data,
    )


def _texts(attributes: object) -> dict[str, str]:
    if not isinstance(attributes, dict):
        return {}
    return {name: text for name, text in attributes.items() if isinstance(text, str)}


def _frame(event: _ContainerEvent, engine: Engine) -> PlatformFrame:
    """Only the moves of a container's life carry a `state`: one crash is one frame Stopped."""
    facts = _facts(event, engine)
    uuid = stable_uuid(
        "docker-event", engine.id, str(event.time_nano), event.container_id, event.action
    )
    frame = {
        "type": "container",
        "action": "create" if event.action == "create" else "update",
        **_state(event),
        "parents": [facts[kind]["uri"] for kind in _PARENTS if kind in facts],
        "resource_uri": facts["container"]["uri"],
        "uuid": uuid,
        "datetime": format_time(from_micros(event.time_nano // 1000)),
        "docker": event.original,
    }
    return PlatformFrame(
        raw=json.dumps(frame).encode(), uuid=uuid, facts=facts, time_nano=event.time_nano
    )


def _state(event: _ContainerEvent) -> dict[str, object]:
    """`state`, if the event moves the container to another."""
    if event.action == "kill" and event.attributes.get("signal") in _TERMINATING_SIGNALS:
        return {"state": _STOPPING}
    state = _STATES.get(event.action)
    return {"state": state} if state else {}


def _facts(event: _ContainerEvent, engine: Engine) -> dict[str, dict[str, object]]:
    """The container, what it belongs to, and its labels."""
    labels = {name: text for name, text in event.attributes.items() if name not in _OWN_ATTRIBUTES}
    service, stack = _service(labels, engine), _stack(labels, engine)
    return {
        "container": _container(event),
        **({"service": service} if service else {}),
        **({"stack": stack} if stack else {}),
        "node": _object("node", stable_uuid("node", engine.id), engine.name),
        "labels": dict(labels),
    }


def _container(event: _ContainerEvent) -> dict[str, object]:
    told = {name: event.attributes[name] for name in _TOLD if name in event.attributes}
    uuid = stable_uuid("container", event.container_id)
    return {
        "uuid": uuid,
        "uri": object_uri("container", uuid),
        **told,
        "docker_id": event.container_id,
        **_state(event),
        **_exit_code(event),
    }


def _exit_code(event: _ContainerEvent) -> dict[str, object]:
    """As a number, and only where a process ended; what is no number is unknown."""
    text = event.attributes.get("exitCode", "")
    return {"exit_code": int(text)} if event.action == "die" and _is_number(text) else {}


def _is_number(text: str) -> bool:
    return text.isascii() and text.removeprefix("-").isdigit() and len(text) < 12


def _service(labels: Mapping[str, str], engine: Engine) -> dict[str, object] | None:
    """The Compose service, else the Swarm service, whose id is its own in the whole swarm."""
    project, name = labels.get(_COMPOSE_PROJECT), labels.get("com.docker.compose.service")
    if project and name:
        return _object("service", stable_uuid("service", engine.id, project, name), name)
    swarm_id = labels.get("com.docker.swarm.service.id")
    name = labels.get("com.docker.swarm.service.name")
    if swarm_id and name:
        return _object("service", stable_uuid("service", swarm_id), name)
    return None


def _stack(labels: Mapping[str, str], engine: Engine) -> dict[str, object] | None:
    """The Compose project, else the stack of a swarm."""
    name = labels.get(_COMPOSE_PROJECT) or labels.get("com.docker.stack.namespace")
    return _object("stack", stable_uuid("stack", engine.id, name), name) if name else None


def _object(kind: str, uuid: str, name: str) -> dict[str, object]:
    return {"uuid": uuid, "uri": object_uri(kind, uuid), "name": name}
