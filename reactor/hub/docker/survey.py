"""Asks an engine for what its REST objects show, all at once or one object's."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from reactor.hub.docker.inspection import (
    Inspection,
    Machine,
    Specification,
    read_engine,
    read_inspection,
    read_machine,
    read_specification,
)
from reactor.platforms.docker.answers import each, parsed, text
from reactor.platforms.docker.client import Client
from reactor.platforms.docker.engine import Engine, ListedNode, ListedService, described
from reactor.platforms.docker.objects import is_opted_out
from reactor.platforms.docker.swarm import list_swarm

_LIST_SECONDS = 60.0
_ASK_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """An engine with all that it has: `machines` and `specifications` by the swarm's ids, `machine`
    the engine's own."""

    engine: Engine
    machine: Machine
    containers: tuple[Inspection, ...]
    services: tuple[ListedService, ...]
    nodes: tuple[ListedNode, ...]
    specifications: Mapping[str, Specification]
    machines: Mapping[str, Machine]


def survey(client: Client) -> Survey:
    """All that an engine has, but for what its owner has opted out. Blocks: a minute for a list at
    most, seconds for a container. Raises Gone and Refusal."""
    engine = described(client.describe())
    swarm = list_swarm(client, engine, {})
    elsewhere = (Inspection(container=container) for container in swarm.containers)
    return Survey(
        engine=engine,
        machine=read_engine(parsed(client.request("GET", f"{engine.api}/info"))),
        containers=tuple(_visible([*_containers(client, engine), *elsewhere])),
        services=swarm.services or (),
        nodes=swarm.nodes or (),
        specifications=specifications(client, engine),
        machines=machines(client, engine),
    )


def _visible(containers: Iterable[Inspection]) -> Iterator[Inspection]:
    return (found for found in containers if not is_opted_out(found.container.labels))


def _containers(client: Client, engine: Engine) -> Iterator[Inspection]:
    listed = client.json(f"{engine.api}/containers/json?all=1", _LIST_SECONDS)
    for row in listed if isinstance(listed, list) else []:
        if found := inspect(client, engine, text(row, "Id")):
            yield found


def inspect(client: Client, engine: Engine, docker_id: str) -> Inspection | None:
    """A container, None if there is none. Blocks for seconds; raises Gone and Refusal."""
    path = f"{engine.api}/containers/{quote(docker_id, safe='')}/json"
    return read_inspection(parsed(client.request("GET", path, timeout=_ASK_SECONDS)))


def specifications(client: Client, engine: Engine) -> dict[str, Specification]:
    """The services of the swarm by its ids, none where the engine does not manage one. Blocks for
    seconds; raises Gone and Refusal."""
    found = (read_specification(one) for one in _of_swarm(client, engine, "services"))
    return {one.id: one for one in found if one}


def machines(client: Client, engine: Engine) -> dict[str, Machine]:
    """The nodes of the swarm by its ids, as `specifications` finds its services."""
    nodes = _of_swarm(client, engine, "nodes")
    return {text(node, "ID"): read_machine(node) for node in nodes}


def _of_swarm(client: Client, engine: Engine, what: str) -> list[object]:
    if engine.swarm is None or not engine.swarm.is_manager:
        return []
    return each(parsed(client.request("GET", f"{engine.api}/{what}", timeout=_ASK_SECONDS)))
