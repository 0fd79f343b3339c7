"""What a URI names, as an engine has it now: a container, or those of a Compose service or project,
or services of a swarm."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from reactor.model.uri import ObjectUri
from reactor.platforms.docker.answers import at, each, moment, number, text, texts
from reactor.platforms.docker.client import Client
from reactor.platforms.docker.engine import Engine
from reactor.platforms.docker.objects import (
    OPTED_OUT,
    PROJECT,
    SWARM_SERVICE,
    SWARM_SERVICE_NAME,
    container_uuid,
    is_one_off,
    is_opted_out,
    meant_for_us,
    service_of,
    stack_of,
)
from reactor.platforms.docker.own import is_own
from reactor.platforms.docker.services import Spec, labels_of, replicas
from reactor.platforms.docker.swarm import service_labels

PATIENCE = 30.0
"""Seconds for one answer of an engine that is asked what it has."""

_BELONGING = {"service": service_of, "stack": stack_of}


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A container as the engine lists it."""

    id: str
    name: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SwarmService:
    """A service of a swarm. `labels` are its own over those of its containers, but for those that
    are meant for reactor; `version` is that of its specification; `updated_at` is when its last
    update began."""

    id: str
    name: str
    labels: Mapping[str, str]
    spec: Spec
    version: int
    updated_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An object by its kind and its name: either containers or services of a swarm."""

    kind: str
    name: str
    containers: tuple[Member, ...] = ()
    services: tuple[SwarmService, ...] = ()

    @property
    def size(self) -> int | None:
        """How many containers a service has or is to have; None where each node has one."""
        return replicas(self.services[0].spec) if self.services else len(self.containers)


def find(client: Client, engine: Engine, uri: ObjectUri) -> Found | None:
    """The object, or None when the engine has none such. Blocks; raises Gone and Refusal."""
    containers = _listed(client, engine)
    if uri.type == "container":
        alone = tuple(one for one in containers if container_uuid(one.id) == uri.uuid)
        return Found(kind=uri.type, name=alone[0].name, containers=alone) if alone else None
    if uri.type not in _BELONGING:
        return None
    return _composed(containers, engine, uri) or _swarmed(client, engine, uri)


def _listed(client: Client, engine: Engine) -> list[Member]:
    listed = client.json(f"{engine.api}/containers/json?all=1", timeout=PATIENCE)
    return [
        Member(
            id=text(row, "Id"),
            name=str(next(iter(each(row, "Names")), "")).removeprefix("/"),
            labels=texts(row, "Labels"),
        )
        for row in each(listed)
    ]


def _composed(containers: Iterable[Member], engine: Engine, uri: ObjectUri) -> Found | None:
    """The containers of a Compose service or project, without those of `compose run`."""
    belonging, name = _BELONGING[uri.type], ""
    members: list[Member] = []
    for one in containers:
        thing = belonging(one.labels, engine) if PROJECT in one.labels else None
        if thing and thing.uuid == uri.uuid and not is_one_off(one.labels):
            name = thing.name
            members.append(one)
    return Found(kind=uri.type, name=name, containers=tuple(members)) if members else None


def _swarmed(client: Client, engine: Engine, uri: ObjectUri) -> Found | None:
    """A service or a stack of the swarm, of which managers alone know."""
    if not engine.is_manager:
        return None
    belonging, name = _BELONGING[uri.type], ""
    services: list[SwarmService] = []
    for row in each(client.json(f"{engine.api}/services", timeout=PATIENCE)):
        service = _service(row)
        thing = belonging(service.labels, engine)
        if thing and thing.uuid == uri.uuid:
            name = thing.name
            services.append(service)
    return Found(kind=uri.type, name=name, services=tuple(services)) if services else None


def _service(row: object) -> SwarmService:
    swarm_id, name, spec = text(row, "ID"), text(row, "Spec", "Name"), at(row, "Spec")
    return SwarmService(
        id=swarm_id,
        name=name,
        labels={
            **texts(spec, "TaskTemplate", "ContainerSpec", "Labels"),
            **labels_of(spec),
            SWARM_SERVICE: swarm_id,
            SWARM_SERVICE_NAME: name,
        },
        spec=spec if isinstance(spec, dict) else {},
        version=number(row, "Version", "Index") or 0,
        updated_at=moment(row, "UpdateStatus", "StartedAt"),
    )


def untouchable(client: Client, engine: Engine, found: Found, own: frozenset[str]) -> str | None:
    """Why reactor leaves the object alone, if it does: somebody opted out, or we run in it. Blocks;
    raises Gone and Refusal."""
    for container in found.containers:
        if is_opted_out({**_inherited(client, engine, container), **container.labels}):
            return _opted_out(container.name)
    for service in found.services:
        if is_opted_out(service.labels):
            return _opted_out(service.name)
    ids = [container.id for container in found.containers]
    if own and found.services:
        ids += _task_containers(client, engine, found.services)
    if any(is_own(container_id, own) for container_id in ids):
        return f"reactor itself runs in {found.kind} '{found.name}', and does not act on itself"
    return None


def _inherited(client: Client, engine: Engine, container: Member) -> Mapping[str, str]:
    """What a container has of the service of a swarm that it is a task of. Workers know of none."""
    service_id = container.labels.get(SWARM_SERVICE)
    if not service_id or not engine.is_manager:
        return {}
    return meant_for_us(service_labels(client, engine, service_id, timeout=PATIENCE))


def _opted_out(name: str) -> str:
    return f"'{name}' is labelled {OPTED_OUT}=false: reactor leaves it alone"


def _task_containers(
    client: Client, engine: Engine, services: Iterable[SwarmService]
) -> Iterator[str]:
    """The containers of these services, on whichever node."""
    filters = quote(json.dumps({"service": [service.id for service in services]}))
    for task in each(client.json(f"{engine.api}/tasks?filters={filters}", timeout=PATIENCE)):
        yield text(task, "Status", "ContainerStatus", "ContainerID")


def changed_at(client: Client, engine: Engine, found: Found) -> datetime | None:
    """Since when all of it is as it is: its containers run, or a swarm has updated its services.
    None if that cannot be said. Blocks; raises Gone and Refusal."""
    moments = [service.updated_at for service in found.services]
    for container in found.containers:
        path = f"{engine.api}/containers/{container.id}/json"
        state = at(client.json(path, timeout=PATIENCE), "State")
        moments.append(moment(state, "StartedAt") if at(state, "Running") is True else None)
    known = [one for one in moments if one]
    return min(known) if len(known) == len(moments) else None
