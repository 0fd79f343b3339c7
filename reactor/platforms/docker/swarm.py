"""Asks a manager for what only it knows: the services, the nodes, and who runs on other nodes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from reactor.platforms.docker.answers import (
    FORBIDDEN,
    NOT_FOUND,
    Asking,
    at,
    moment,
    number,
    parsed,
    text,
    texts,
)
from reactor.platforms.docker.client import Gone, Refusal
from reactor.platforms.docker.engine import Engine, ListedContainer, ListedNode, ListedService
from reactor.platforms.docker.services import labels_of
from reactor.platforms.docker.words import RUNNING, STOPPED, node_state, task_state

_LIST_SECONDS = 30.0
_SWARM = "com.docker.swarm"
_RETIRED = ("shutdown", "remove")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSwarm:
    """What a manager listed. `containers` are those of other nodes, which their own engines could
    tell more of."""

    containers: tuple[ListedContainer, ...] = ()
    services: tuple[ListedService, ...] | None = None
    nodes: tuple[ListedNode, ...] | None = None


def list_swarm(client: Asking, engine: Engine, known: Mapping[str, ListedContainer]) -> ListedSwarm:
    """Nothing where the engine is no manager; what is `known` of other nodes' containers where it
    is one and does not tell: it may not be asked, or the swarm has no leader.

    Blocks for 90 s at most. Raises Gone and Refusal as the client does.
    """
    if engine.swarm is None or not engine.swarm.is_manager:
        return ListedSwarm()
    services, nodes, tasks = (
        parsed(client.request("GET", f"{engine.api}/{what}", timeout=_LIST_SECONDS))
        for what in ("services", "nodes", "tasks")
    )
    if not (isinstance(services, list) and isinstance(nodes, list) and isinstance(tasks, list)):
        return ListedSwarm(containers=tuple(each for each in known.values() if each.node_id))
    services = [service for service in services if text(service, "ID")]
    names = {text(service, "ID"): text(service, "Spec", "Name") for service in services}
    elsewhere = [task for task in tasks if text(task, "NodeID") != engine.swarm.node_id]
    return ListedSwarm(
        containers=tuple(_containers(elsewhere, names, known)),
        services=tuple(_services(services, tasks)),
        nodes=tuple(_node(node) for node in nodes if text(node, "ID")),
    )


def _services(services: Iterable[object], tasks: Iterable[object]) -> Iterator[ListedService]:
    """Counted here: the engine counts as running what ran on a node when that was lost, and counts
    at all only from API 1.41 on."""
    wanted = [task for task in tasks if text(task, "DesiredState") not in _RETIRED]
    unended = Counter(_service(task) for task in wanted if _state(task) != STOPPED)
    running = Counter(_service(task) for task in wanted if _state(task) == RUNNING)
    for service in services:
        swarm_id = text(service, "ID")
        replicas = number(service, "Spec", "Mode", "Replicated", "Replicas")
        yield ListedService(
            id=swarm_id,
            name=text(service, "Spec", "Name"),
            image=text(service, "Spec", "TaskTemplate", "ContainerSpec", "Image"),
            running=running[swarm_id],
            wanted=unended[swarm_id] if replicas is None else replicas,
            update=text(service, "UpdateStatus", "State"),
            labels=labels_of(at(service, "Spec")),
        )


def service_labels(
    client: Asking, engine: Engine, service_id: str, *, timeout: float
) -> dict[str, str]:
    """The labels of one service as a manager tells them; none of a service that is gone. Blocks for
    `timeout` seconds at most. Raises Gone, and Refusal when we may not ask for it."""
    path = f"{engine.api}/services/{quote(service_id, safe='')}"
    answer = client.request("GET", path, timeout=timeout)
    if answer.status in FORBIDDEN:
        raise Refusal("we may not ask for services; a proxy before the engine needs SERVICES=1")
    found = parsed(answer)
    if found is None and answer.status != NOT_FOUND:
        raise Gone(f"the swarm does not tell of its service {service_id}")
    return labels_of(at(found, "Spec"))


def _service(task: object) -> str:
    return text(task, "ServiceID")


def _state(task: object) -> str:
    return task_state(text(task, "Status", "State"))


def _node(node: object) -> ListedNode:
    name = text(node, "Description", "Hostname") or text(node, "Spec", "Name")
    state = node_state(text(node, "Status", "State"))
    return ListedNode(id=text(node, "ID"), name=name, state=state)


def _containers(
    tasks: Iterable[object], names: Mapping[str, str], known: Mapping[str, ListedContainer]
) -> Iterator[ListedContainer]:
    """One for each task that has a container: those that ended are kept by their nodes for a while,
    as are the tasks. `names` are those of the services."""
    for task in tasks:
        docker_id = text(task, "Status", "ContainerStatus", "ContainerID")
        name = names.get(_service(task))
        if docker_id and name:
            yield _container(task, docker_id, name, known.get(docker_id))


def _container(
    task: object, docker_id: str, service: str, known: ListedContainer | None
) -> ListedContainer:
    """A task's container runs once: when that began is what was known of it, for the task tells
    only since when it is in its present state."""
    node_id, state, since = text(task, "NodeID"), _state(task), moment(task, "Status", "Timestamp")
    name = f"{service}.{number(task, 'Slot') or node_id}.{text(task, 'ID')}"
    has_ended = state == STOPPED
    started_at = known.started_at if known else None
    return ListedContainer(
        id=docker_id,
        name=name,
        image=text(task, "Spec", "ContainerSpec", "Image"),
        state=state,
        labels={**texts(task, "Spec", "ContainerSpec", "Labels"), **_labels(task, service, name)},
        created_at=moment(task, "CreatedAt"),
        started_at=since if started_at is None and state == RUNNING else started_at,
        finished_at=since if has_ended else None,
        exit_code=number(task, "Status", "ContainerStatus", "ExitCode") if has_ended else None,
        node_id=node_id,
    )


def _labels(task: object, service: str, name: str) -> dict[str, str]:
    """Those that an engine puts on a task's container."""
    return {
        f"{_SWARM}.node.id": text(task, "NodeID"),
        f"{_SWARM}.service.id": _service(task),
        f"{_SWARM}.service.name": service,
        f"{_SWARM}.task": "",
        f"{_SWARM}.task.id": text(task, "ID"),
        f"{_SWARM}.task.name": name,
    }
