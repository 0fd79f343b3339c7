"""What an engine says of itself, and what it lists. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Swarm:
    """An engine's place in a swarm. The cluster's id and name are known to managers alone."""

    node_id: str
    is_manager: bool
    cluster_id: str = ""
    cluster_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A Docker Engine, or Podman, by the id and the name that it gives itself, and its version.

    `api` is the prefix of paths for the newest API that both sides speak, `/v1.41`. Its containers
    end when it does, unless `keeps_containers`.
    """

    id: str
    name: str
    version: str
    api: str = ""
    is_podman: bool = False
    keeps_containers: bool = False
    swarm: Swarm | None = None

    @property
    def is_manager(self) -> bool:
        """Whether it is one of those that know the services and nodes of a swarm."""
        return self.swarm is not None and self.swarm.is_manager


def described(said: Mapping[str, object]) -> Engine:
    """The engine that `Client.describe`, or the reader's first line, tells of."""
    swarm = said.get("swarm")
    return Engine(
        id=str(said["id"]),
        name=str(said["name"]),
        version=str(said["version"]),
        api=str(said["api"]),
        is_podman=said["podman"] is True,
        keeps_containers=said["keeps_containers"] is True,
        swarm=_swarm(swarm) if isinstance(swarm, Mapping) else None,
    )


def _swarm(said: Mapping[str, object]) -> Swarm:
    return Swarm(
        node_id=str(said.get("node_id") or ""),
        is_manager=said.get("is_manager") is True,
        cluster_id=str(said.get("cluster_id") or ""),
        cluster_name=str(said.get("cluster_name") or ""),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedContainer:
    """A container as the engine lists and inspects it.

    `state` is the platform's word (Starting, Running, Stopped, …). Times are UTC, None where there
    is none. `health` is "starting", "healthy", "unhealthy" or None without a probe. `stop_seconds`
    are what a stop waits for the end, negative for ever, None as long as the engine does by itself.
    `node_id` is the swarm's id of the node, where that is another than the one that lists.
    """

    id: str
    name: str
    image: str
    state: str
    labels: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    exit_code: int | None = None
    restart_count: int = 0
    oom_killed: bool = False
    health: str | None = None
    stop_seconds: int | None = None
    node_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedService:
    """A service of a swarm. `running` and `wanted` count its tasks. `update` is the engine's word
    for the update under way or last made ("updating", "completed", …), empty if there was none.
    `labels` are the service's own, and those for reactor that it gives its containers."""

    id: str
    name: str
    image: str
    running: int
    wanted: int
    update: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedNode:
    """A node of a swarm; `state` is the platform's word."""

    id: str
    name: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All that an engine had at one moment: `began_at` and `ended_at` are by our clock, UTC.
    Services and nodes are None where the engine is no manager of a swarm, or does not tell."""

    began_at: datetime
    ended_at: datetime
    containers: tuple[ListedContainer, ...]
    services: tuple[ListedService, ...] | None = None
    nodes: tuple[ListedNode, ...] | None = None
