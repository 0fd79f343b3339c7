"""The fleet as it stands at the beginning: three nodes, a shop, a blog, and a backup on its own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from reactor.hub.lifecycle import emptiest_node
from reactor.hub.states import State
from reactor.hub.things import Cluster, Container, Node, Service, Stack
from reactor.hub.world import World
from reactor.model.uri import stable_uuid

_NODES = 3
_OLDEST = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A service to be. `port` is what it publishes."""

    stack: str | None
    name: str
    image: str
    containers: int
    autorestart: str
    port: int | None = None
    environment: tuple[tuple[str, str], ...] = ()


_PLANS = (
    _Plan(
        stack="shop",
        name="web",
        image="acme/shop-web:2.4.1",
        containers=3,
        autorestart="ALWAYS",
        port=80,
        environment=(("DB_HOST", "db"),),
    ),
    _Plan(
        stack="shop",
        name="worker",
        image="acme/shop-worker:2.4.1",
        containers=2,
        autorestart="ON_FAILURE",
        environment=(("DB_HOST", "db"), ("QUEUE", "orders")),
    ),
    _Plan(
        stack="shop",
        name="db",
        image="postgres:9.5",
        containers=1,
        autorestart="ALWAYS",
        port=5432,
    ),
    _Plan(
        stack="blog",
        name="front",
        image="ghost:0.7.8",
        containers=2,
        autorestart="ON_FAILURE",
        port=2368,
    ),
    _Plan(
        stack="blog",
        name="cache",
        image="redis:3.0",
        containers=1,
        autorestart="ALWAYS",
    ),
    _Plan(
        stack=None,
        name="backup",
        image="acme/backup:7",
        containers=1,
        autorestart="OFF",
        environment=(("SCHEDULE", "hourly"),),
    ),
)


def populate(world: World, seed: int) -> None:
    """Fills an empty world with what runs already: no frames. The UUIDs depend on `seed` and on
    names alone, so that the same objects have them at every start."""
    cluster = _add_cluster(world, seed)
    for number in range(1, _NODES + 1):
        _add_node(world, seed, cluster, f"node-{number}")
    stacks = {name: _add_stack(world, seed, name) for name in ("shop", "blog")}
    serials = count(1)
    for plan in _PLANS:
        service = _add_service(world, seed, plan, stacks.get(plan.stack or ""))
        for number in range(1, plan.containers + 1):
            _add_container(world, seed, service, f"{plan.name}-{number}", next(serials))


def _uuid(seed: int, kind: str, name: str) -> str:
    return stable_uuid("simulated", kind, str(seed), name)


def _age(world: World) -> datetime:
    """Some moment of the last weeks."""
    return world.now - _OLDEST * world.random.uniform(0.1, 1)


def _add_cluster(world: World, seed: int) -> Cluster:
    cluster = Cluster(
        uuid=_uuid(seed, "nodecluster", "production"),
        name="production",
        state=State.DEPLOYED,
        deployed_at=world.now - _OLDEST,
    )
    world.put(cluster)
    return cluster


def _add_node(world: World, seed: int, cluster: Cluster, name: str) -> None:
    world.put(
        Node(
            uuid=_uuid(seed, "node", name),
            name=name,
            state=State.DEPLOYED,
            deployed_at=cluster.deployed_at,
            cluster=cluster.uuid,
            public_ip=f"203.0.113.{world.random.randint(1, 254)}",
        )
    )


def _add_stack(world: World, seed: int, name: str) -> Stack:
    stack = Stack(
        uuid=_uuid(seed, "stack", name),
        name=name,
        state=State.RUNNING,
        deployed_at=_age(world),
    )
    world.put(stack)
    return stack


def _add_service(world: World, seed: int, plan: _Plan, stack: Stack | None) -> Service:
    since = stack.deployed_at if stack else _age(world)
    service = Service(
        uuid=_uuid(seed, "service", plan.name),
        name=plan.name,
        state=State.RUNNING,
        deployed_at=since,
        started_at=since,
        stack=stack.uuid if stack else None,
        image=plan.image,
        autorestart=plan.autorestart,
        wanted=plan.containers,
        port=plan.port,
        environment=plan.environment,
        stop_code=world.random.choice((0, 143)),
        nickname=plan.name,
    )
    world.put(service)
    return service


def _add_container(world: World, seed: int, service: Service, name: str, serial: int) -> None:
    world.put(
        Container(
            uuid=_uuid(seed, "container", name),
            name=name,
            state=State.RUNNING,
            deployed_at=service.deployed_at,
            started_at=service.deployed_at,
            service=service.uuid,
            node=emptiest_node(world),
            serial=serial,
            image=service.image,
        )
    )
