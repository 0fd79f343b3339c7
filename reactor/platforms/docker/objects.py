"""Docker's things as objects of the container platform: ids, URIs, parents and facts. Pure.

A Compose project or a Swarm stack is a stack, its services are services, an engine is a node and a
swarm the nodecluster (docs/docker.md, Objects).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from reactor.model.uri import object_uri, stable_uuid
from reactor.platforms.docker.engine import Engine

OPTED_OUT = "reactor.enable"
"""The label by which a container's owner takes it out: `reactor.enable=false`."""

_OURS = "reactor."

PROJECT, COMPOSE_SERVICE = "com.docker.compose.project", "com.docker.compose.service"
_ONE_OFF = "com.docker.compose.oneoff"
SWARM_SERVICE, SWARM_SERVICE_NAME = "com.docker.swarm.service.id", "com.docker.swarm.service.name"
SWARM_STACK, SWARM_TASK = "com.docker.stack.namespace", "com.docker.swarm.task.name"


@dataclass(frozen=True, slots=True)
class Thing:
    """An object of the platform by its kind, its id and its name."""

    kind: str
    uuid: str
    name: str

    @property
    def uri(self) -> str:
        """Its URI, without namespace."""
        return object_uri(self.kind, self.uuid)

    def facts(self) -> dict[str, object]:
        """What rules see of it."""
        return {"uuid": self.uuid, "uri": self.uri, "name": self.name}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a container belongs to."""

    service: Thing | None
    node: Thing
    stack: Thing | None
    nodecluster: Thing | None

    def things(self) -> tuple[Thing, ...]:
        """Those that there are, in the real order of a frame's parents."""
        every = (self.service, self.node, self.stack, self.nodecluster)
        return tuple(each for each in every if each)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A service or a node of a swarm, by the swarm's own id, with the state that was told last."""

    id: str
    thing: Thing
    stack: Thing | None = None
    state: str


def place_of(labels: Mapping[str, str], engine: Engine, node: Thing | None = None) -> Place:
    """Where a container with these labels belongs; `node` is another one than the engine's own."""
    return Place(
        service=service_of(labels, engine),
        node=node or node_of(engine),
        stack=stack_of(labels, engine),
        nodecluster=cluster_of(engine),
    )


def container_uuid(docker_id: str) -> str:
    """The platform's id of a container."""
    return stable_uuid("container", docker_id)


def service_of(labels: Mapping[str, str], engine: Engine) -> Thing | None:
    """The Compose service, else the Swarm service, whose id is its own in the whole swarm. What
    somebody runs by hand beside a Compose service is no part of it."""
    project, name = labels.get(PROJECT), labels.get(COMPOSE_SERVICE)
    if is_one_off(labels):
        return None
    if project and name:
        return Thing("service", stable_uuid("service", engine.id, project, name), name)
    swarm_id, name = labels.get(SWARM_SERVICE), labels.get(SWARM_SERVICE_NAME)
    return swarm_service(swarm_id, name) if swarm_id and name else None


def swarm_service(swarm_id: str, name: str) -> Thing:
    """The Swarm service of this id."""
    return Thing("service", stable_uuid("service", swarm_id), name)


def stack_of(labels: Mapping[str, str], engine: Engine) -> Thing | None:
    """The Compose project, else the stack of a swarm."""
    if name := labels.get(PROJECT):
        return Thing("stack", stable_uuid("stack", engine.id, name), name)
    name = labels.get(SWARM_STACK)
    whose = engine.swarm.cluster_id if engine.swarm else ""
    return Thing("stack", stable_uuid("stack", whose or engine.id, name), name) if name else None


def slot_of_task(labels: Mapping[str, str]) -> str:
    """The place of a swarm's task in its service, which who replaces it takes: `web.2`, and where
    each node has one, `agent.` and the node's id. Empty of what is no task."""
    return labels.get(SWARM_TASK, "").rpartition(".")[0]


def node_of(engine: Engine) -> Thing:
    """The engine itself."""
    return Thing("node", stable_uuid("node", engine.id), engine.name)


def swarm_node(node_id: str, name: str, engine: Engine) -> Thing:
    """A node of the engine's swarm: the engine itself, if it is its own."""
    if engine.swarm and node_id == engine.swarm.node_id:
        return node_of(engine)
    return Thing("node", stable_uuid("node", node_id), name)


def cluster_of(engine: Engine) -> Thing | None:
    """The swarm, as far as the engine knows it: only managers do."""
    swarm = engine.swarm
    if swarm is None or not swarm.cluster_id:
        return None
    name = swarm.cluster_name or "default"
    return Thing("nodecluster", stable_uuid("nodecluster", swarm.cluster_id), name)


def is_one_off(labels: Mapping[str, str]) -> bool:
    """Whether it is a `compose run`."""
    return labels.get(_ONE_OFF, "").lower() == "true"


def meant_for_us(labels: Mapping[str, str]) -> dict[str, str]:
    """Those of the labels that somebody wrote for reactor."""
    return {name: text for name, text in labels.items() if name.startswith(_OURS)}


def is_opted_out(labels: Mapping[str, str]) -> bool:
    """Whether its owner wants reactor to leave it alone."""
    return labels.get(OPTED_OUT, "").strip().lower() in ("false", "0", "no", "off")
