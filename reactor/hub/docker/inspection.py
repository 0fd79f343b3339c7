"""What REST objects show and the platform's frames do not tell, read from what an engine says of a
container, a service of a swarm, a node and itself. Pure."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from reactor.platforms.docker.answers import at, each, moment, number, text, texts
from reactor.platforms.docker.containers import read_container
from reactor.platforms.docker.engine import ListedContainer

_MEGABYTE = 1024 * 1024
_NANO = 10**9
_POLICIES = {"always": "ALWAYS", "unless-stopped": "ALWAYS", "on-failure": "ON_FAILURE"}
_CONDITIONS = {"any": "ALWAYS", "": "ALWAYS", "on-failure": "ON_FAILURE"}
"""When the engine, and when a swarm, starts again what has ended; a swarm always does unless it is
told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A port inside of a container, and where it is reached from outside, None if it is not."""

    inner: int
    outer: int | None
    protocol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """How a container is run. `environment` holds values as they are: secrets may be among them.
    `memory` is in bytes; it and `cpu_shares` are None without a limit."""

    environment: tuple[tuple[str, str], ...] = ()
    command: str = ""
    entrypoint: str = ""
    working_dir: str = ""
    ports: tuple[Port, ...] = ()
    autorestart: str = "OFF"
    net: str = "bridge"
    pid: str = "none"
    is_privileged: bool = False
    memory: int | None = None
    cpu_shares: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """A container as the engine inspected it. `address` is its own on the first of its `networks`,
    empty without one, as on other nodes. `has_terminal`: its log has no frames."""

    container: ListedContainer
    runtime: Runtime = Runtime()
    address: str = ""
    networks: frozenset[str] = frozenset()
    has_terminal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """A service of a swarm; `wanted` is None where each node has one task."""

    id: str
    name: str
    image: str
    wanted: int | None
    runtime: Runtime
    created_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The engine's own machine, or another node of its swarm. `memory` is in MiB."""

    version: str = ""
    driver: str = ""
    address: str = ""
    cpus: int = 0
    memory: int = 0
    created_at: datetime | None = None


def read_inspection(said: object) -> Inspection | None:
    """The container that was inspected, None if that is none."""
    container = read_container(said)
    if container is None:
        return None
    told = at(said, "NetworkSettings", "Networks")
    networks: Mapping[str, object] = told if isinstance(told, dict) else {}
    addresses = (text(network, "IPAddress") for network in networks.values())
    return Inspection(
        container=container,
        runtime=_runtime(said),
        address=next(filter(None, addresses), ""),
        networks=frozenset(networks) - {"none", "host"},
        has_terminal=at(said, "Config", "Tty") is True,
    )


def _runtime(said: object) -> Runtime:
    config, host = at(said, "Config"), at(said, "HostConfig")
    return Runtime(
        environment=tuple(_environment(each(config, "Env"))),
        command=_words(config, "Cmd"),
        entrypoint=_words(config, "Entrypoint"),
        working_dir=text(config, "WorkingDir"),
        ports=tuple(_ports(at(said, "NetworkSettings", "Ports"))),
        autorestart=_POLICIES.get(text(host, "RestartPolicy", "Name"), "OFF"),
        net=text(host, "NetworkMode") or "bridge",
        pid=text(host, "PidMode") or "none",
        is_privileged=at(host, "Privileged") is True,
        memory=number(host, "Memory") or None,
        cpu_shares=number(host, "CpuShares") or None,
    )


def _environment(entries: list[object]) -> Iterator[tuple[str, str]]:
    for entry in entries:
        if isinstance(entry, str):
            name, _, value = entry.partition("=")
            yield name, value


def _words(data: object, *path: str) -> str:
    """As a shell reads them: a stackfile is made from what is shown."""
    return shlex.join(word for word in each(data, *path) if isinstance(word, str))


def _ports(told: object) -> Iterator[Port]:
    """`{"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, …] or null}`: of the bindings the
    first, for most are one port at an address of each family."""
    for name, bindings in (told if isinstance(told, dict) else {}).items():
        inner, _, protocol = str(name).partition("/")
        bound = text(bindings[0], "HostPort") if isinstance(bindings, list) and bindings else ""
        if inner.isdecimal():
            outer = int(bound) if bound.isdecimal() else None
            yield Port(inner=int(inner), outer=outer, protocol=protocol or "tcp")


def read_specification(said: object) -> Specification | None:
    """The service of a swarm, None if that is none."""
    task = at(said, "Spec", "TaskTemplate")
    container = at(task, "ContainerSpec")
    service = Specification(
        id=text(said, "ID"),
        name=text(said, "Spec", "Name"),
        image=text(container, "Image").partition("@")[0],
        wanted=number(said, "Spec", "Mode", "Replicated", "Replicas"),
        runtime=Runtime(
            environment=tuple(_environment(each(container, "Env"))),
            command=_words(container, "Args"),
            entrypoint=_words(container, "Command"),
            working_dir=text(container, "Dir"),
            ports=tuple(_published(each(said, "Endpoint", "Ports"))),
            autorestart=_CONDITIONS.get(text(task, "RestartPolicy", "Condition"), "OFF"),
            memory=number(task, "Resources", "Limits", "MemoryBytes") or None,
        ),
        created_at=moment(said, "CreatedAt"),
    )
    return service if service.id else None


def _published(told: list[object]) -> Iterator[Port]:
    for port in told:
        inner, outer = number(port, "TargetPort"), number(port, "PublishedPort")
        if inner is not None:
            yield Port(inner=inner, outer=outer, protocol=text(port, "Protocol") or "tcp")


def read_engine(info: object) -> Machine:
    """The machine of the engine that says this of itself."""
    return Machine(
        version=text(info, "ServerVersion"),
        driver=text(info, "Driver"),
        address=text(info, "Swarm", "NodeAddr"),
        cpus=number(info, "NCPU") or 0,
        memory=(number(info, "MemTotal") or 0) // _MEGABYTE,
    )


def read_machine(said: object) -> Machine:
    """A node of a swarm, as a manager tells of it."""
    resources = at(said, "Description", "Resources")
    return Machine(
        version=text(said, "Description", "Engine", "EngineVersion"),
        address=text(said, "Status", "Addr"),
        cpus=(number(resources, "NanoCPUs") or 0) // _NANO,
        memory=(number(resources, "MemoryBytes") or 0) // _MEGABYTE,
        created_at=moment(said, "CreatedAt"),
    )


def from_facts(facts: Mapping[str, object], before: Inspection | None) -> Inspection:
    """A container of which only a frame tells, as those of other nodes; the rest is as before."""
    known = before or Inspection(container=ListedContainer(id="", name="", image="", state=""))
    told = at(facts, "container")
    container = ListedContainer(
        id=text(told, "docker_id"),
        name=text(told, "name") or known.container.name,
        image=text(told, "image") or known.container.image,
        state=text(told, "state"),
        labels=texts(facts, "labels") or known.container.labels,
        created_at=known.container.created_at,
        started_at=moment(told, "started_at") or known.container.started_at,
        exit_code=number(told, "exit_code"),
    )
    return replace(known, container=container)
