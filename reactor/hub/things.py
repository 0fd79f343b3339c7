"""What a simulated fleet is made of: frozen records, which a change replaces by new ones."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from reactor.hub.states import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A node cluster: machines of one kind at one place."""

    kind: ClassVar[str] = "nodecluster"
    uuid: str
    name: str
    state: State
    deployed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A machine. `last_seen` is None while it can be reached."""

    kind: ClassVar[str] = "node"
    uuid: str
    name: str
    state: State
    deployed_at: datetime
    cluster: str
    public_ip: str
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Services that belong together.

    `phase` is what a call has it be until that is done; without one its state follows from its
    services.
    """

    kind: ClassVar[str] = "stack"
    uuid: str
    name: str
    state: State
    deployed_at: datetime
    phase: State | None = None
    destroyed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The template of its containers. `phase` as for a stack.

    `synchronized`: its containers are what the template asks for. `nickname` and `tags` are the
    user's own. `stop_code` is the exit code of a container that is told to stop.
    """

    kind: ClassVar[str] = "service"
    uuid: str
    name: str
    state: State
    deployed_at: datetime
    stack: str | None
    image: str
    autorestart: str
    wanted: int
    port: int | None
    environment: tuple[tuple[str, str], ...]
    stop_code: int
    nickname: str
    tags: tuple[str, ...] = ()
    synchronized: bool = True
    phase: State | None = None
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    destroyed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One container of a service on a node. `serial` counts the containers of the fleet.

    `exit_code` is that of its last run, None while it runs.
    """

    kind: ClassVar[str] = "container"
    uuid: str
    name: str
    state: State
    deployed_at: datetime
    service: str
    node: str
    serial: int
    image: str
    exit_code: int | None = None
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    destroyed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A call and how far it has come. `object` and `parents` are URIs: those of what it acts on."""

    kind: ClassVar[str] = "action"
    uuid: str
    name: str
    state: State
    object: str
    parents: tuple[str, ...]
    method: str
    path: str
    user_agent: str
    ip: str
    started_at: datetime
    ended_at: datetime | None = None


Thing = Cluster | Node | Stack | Service | Container | Action
