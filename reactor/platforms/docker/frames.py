"""Frames of the container platform, as the docker source hands them in. Pure."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from reactor.duration import format_time
from reactor.model.event import Frame
from reactor.model.platform import GAP, ODD, Shape
from reactor.model.uri import object_uri, stable_uuid
from reactor.platforms.docker.known import Known
from reactor.platforms.docker.objects import Place, Thing, container_uuid, slot_of_task

REVISED: Shape = {"type": ("revised",), "action": (None,), "state": (None,)}
"""A cause that was told turned out to be another one."""

_LIFE = ("Running", "Stopping", "Stopped", "Terminating", "Terminated")
_GROUP = ("Starting", "Running", "Partly running", "Not running", "Stopping", "Stopped")
_SERVICE = (*_GROUP, "Scaling", "Redeploying", "Terminated")

SHAPES: tuple[Shape, ...] = (
    {"type": ("container",), "action": ("create",), "state": ("Starting",)},
    {"type": ("container",), "action": ("update",), "state": (*_LIFE, None)},
    {"type": ("service", "stack"), "action": ("create", "update"), "state": _SERVICE},
    {
        "type": ("node",),
        "action": ("create", "update"),
        "state": ("Deploying", "Deployed", "Unreachable", "Terminated"),
    },
    REVISED,
    GAP,
    ODD,
)
"""All that a frame of the source can be."""


def frame(
    data: Mapping[str, object], facts: Mapping[str, object], identity: tuple[str, ...]
) -> Frame:
    """The frame with these fields, and the `uuid` that `identity` makes: the same event told again
    is the same frame."""
    uuid = stable_uuid(*identity)
    raw = json.dumps({**data, "uuid": uuid}).encode()
    return Frame(raw, uuid, facts=facts)


def fields(
    thing: Thing, parents: Iterable[Thing], at: datetime, *, is_new: bool = False
) -> dict[str, object]:
    """What every frame about an object has."""
    return {
        "type": thing.kind,
        "action": "create" if is_new else "update",
        "parents": [parent.uri for parent in parents],
        "resource_uri": thing.uri,
        "datetime": format_time(at),
    }


def as_thing(known: Known) -> Thing:
    """The container as an object of the platform."""
    return Thing("container", container_uuid(known.id), known.name)


def container_facts(known: Known, *, is_end: bool) -> dict[str, object]:
    """What rules see of a container; what is not known of it is missing. `is_end`: in the frame of
    its end, and only there, how the run ended."""
    uuid = container_uuid(known.id)
    told = {
        "name": known.name or None,
        "slot": slot_of_task(known.labels) or known.name or None,
        "image": known.image or None,
        "state": known.state or None,
        "exit_code": known.exit_code if is_end else None,
        "restart_count": known.restart_count,
        "oom_killed": known.oom_killed if is_end else None,
        "health": known.health,
        "started_at": known.run.started_at and format_time(known.run.started_at),
        "ran_for": _seconds(known) if is_end else None,
    }
    return {
        "uuid": uuid,
        "uri": object_uri("container", uuid),
        "docker_id": known.id,
        **{name: value for name, value in told.items() if value is not None},
    }


def _seconds(known: Known) -> float | None:
    lasted = known.ran_for
    return None if lasted is None else round(lasted.total_seconds(), 3)


def place_facts(place: Place, states: Mapping[str, str]) -> dict[str, object]:
    """What rules see of what a container belongs to; `states` are by the uuid of the thing."""
    return {
        thing.kind: {
            **thing.facts(),
            **({"state": states[thing.uuid]} if thing.uuid in states else {}),
        }
        for thing in place.things()
    }
