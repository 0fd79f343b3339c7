"""Containers, frames of the source and what comes of them, as tests need them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from reactor.hub.docker.holding import Holding
from reactor.hub.docker.inspection import Inspection, Machine, Port, Runtime
from reactor.hub.docker.news import News
from reactor.hub.docker.register import Entry
from reactor.hub.docker.survey import Survey
from reactor.hub.fleet import Call, Frame
from reactor.hub.written import Written
from reactor.model.event import Frame as SourceFrame
from reactor.platforms.docker.engine import Engine, ListedContainer
from reactor.platforms.docker.objects import Place, container_uuid, place_of

NOW = datetime(2031, 5, 6, 17, 8, 9, tzinfo=UTC)
ENGINE = Engine(id="4O5R:TEST", name="dock", version="20.10.24", api="/v1.41")
LABELS = {"com.docker.compose.project": "shop", "com.docker.compose.service": "web"}
FIELDS = ["type", "action", "parents", "resource_uri", "state", "uuid", "datetime"]


def an_inspection(docker_id: str = "c1", **changes: object) -> Inspection:
    """A running container of the service web of the stack shop."""
    usual: dict[str, object] = {
        "state": "Running",
        "labels": LABELS,
        "created_at": NOW - timedelta(hours=1),
        "started_at": NOW - timedelta(minutes=59),
    }
    container = ListedContainer(
        id=docker_id,
        name=f"shop_web_{docker_id}",
        image="nginx",
        **{**usual, **changes},  # type: ignore[arg-type]
    )
    runtime = Runtime(
        environment=(("KEY", "value"),),
        command="nginx -g",
        ports=(Port(inner=80, outer=8080, protocol="tcp"),),
        autorestart="ALWAYS",
    )
    return Inspection(
        container=container, runtime=runtime, address="10.0.0.2", networks=frozenset({"shop"})
    )


def a_survey(*containers: Inspection, engine: Engine = ENGINE) -> Survey:
    """An engine in no swarm."""
    return Survey(
        engine=engine,
        machine=Machine(version="20.10.24", driver="overlay2", cpus=2, memory=4096),
        containers=containers or (an_inspection(),),
        services=(),
        nodes=(),
        specifications={},
        machines={},
    )


def a_place(labels: Mapping[str, str] = LABELS) -> Place:
    return place_of(labels, ENGINE)


WEB, NODE, SHOP = (thing.uuid for thing in a_place().things())
C1 = container_uuid("c1")


def news(state: str, kind: str = "container", uuid: str = C1, **changes: object) -> News:
    """Something that happened to the container of `an_inspection`, or to another object."""
    parents = [thing.uri for thing in a_place().things()] if kind == "container" else []
    usual: dict[str, object] = {
        "kind": kind,
        "uuid": uuid,
        "name": "web",
        "parents": tuple(parents),
        "state": state,
        "at": NOW,
        "identity": f"frame of {kind} {state}",
        "facts": {"container": {"docker_id": "c1", "name": "shop_web_c1"}, "labels": LABELS},
    }
    return News(**{**usual, **changes})  # type: ignore[arg-type]


def a_source_frame(state: str | None, docker_id: str = "c1", **facts: object) -> SourceFrame:
    """A frame about a container, as the source hands it in."""
    data = {
        "type": "container",
        "action": "update",
        "parents": [thing.uri for thing in a_place().things()],
        "resource_uri": f"/api/app/v1/container/{container_uuid(docker_id)}/",
        "datetime": "2031-05-06T17:08:09.000000Z",
        "uuid": f"frame of {state}",
        **({"state": state} if state else {}),
    }
    own = {"docker_id": docker_id, "name": f"shop_web_{docker_id}", **facts}
    return SourceFrame(
        json.dumps(data).encode(), str(data["uuid"]), {"container": own, "labels": LABELS}
    )


def a_call(verb: str, **changes: object) -> Call:
    return Call(verb=verb, method="POST", path=f"/x/{verb}/", changes=changes)


def an_entry(kind: str = "container", uuid: str = C1, state: str = "Running") -> Entry:
    """An object without parents."""
    return Entry(
        kind=kind, uuid=uuid, name="web", parents=(), actual=state, since=NOW, changed_at=NOW
    )


def a_holding(namespace: str | None = None) -> tuple[Holding, list[Frame]]:
    """An empty one, and the frames that it tells from now on."""
    holding = Holding(namespace=namespace, now=lambda: NOW, written=Written())
    frames = list[Frame]()
    holding.listen(frames.append)
    return holding, frames


def told(frames: list[Frame]) -> list[tuple[object, object, object]]:
    """What was told: type, action and state."""
    return [(frame["type"], frame["action"], frame["state"]) for frame in frames]
