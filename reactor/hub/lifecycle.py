"""The life of one container: deployed, started, stopped, crashed, terminated."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from reactor.hub.states import GONE, State
from reactor.hub.things import Container, Node, Service
from reactor.hub.world import World

STARTING = timedelta(seconds=0.6)
STOPPING = timedelta(seconds=0.5)
TERMINATING = timedelta(seconds=0.4)
"""How long each takes: short, so that a redeploy is seen within seconds."""

RESTARTING = timedelta(seconds=2)
"""From a crash until autorestart starts the container again."""


def deploy(world: World, service: Service, name: str) -> None:
    """A new container on the emptiest node, which will be running after STARTING."""
    container = Container(
        uuid=world.new_uuid("container"),
        name=name,
        state=State.STARTING,
        deployed_at=world.now,
        service=service.uuid,
        node=emptiest_node(world),
        serial=1 + max((each.serial for each in world.all(Container)), default=0),
        image=service.image,
    )
    world.add(container)
    _then(world, container, STARTING, _run)


def emptiest_node(world: World) -> str:
    """The UUID of the reachable node with the fewest containers; of any if none can be reached."""
    nodes = world.all(Node)
    reachable = [node for node in nodes if node.state is State.DEPLOYED] or nodes
    used = [each.node for each in world.all(Container) if each.state not in GONE]
    return min(reachable, key=lambda node: used.count(node.uuid)).uuid


def start(world: World, container: Container) -> None:
    """A container that stands still will be running after STARTING."""
    starting = replace(container, state=State.STARTING, exit_code=None, stopped_at=None)
    world.change(starting)
    _then(world, starting, STARTING, _run)


def stop(world: World, container: Container) -> None:
    """A container will stand still after STOPPING. One that does is not restarted any more, one
    that is stopping goes on with that."""
    if container.state is State.STOPPING:
        return
    if container.state is State.STOPPED:
        world.put(replace(container))  # another record, so that a planned restart finds it changed
        return
    stopping = replace(container, state=State.STOPPING)
    world.change(stopping)
    _then(world, stopping, STOPPING, _end)


def terminate(world: World, container: Container) -> None:
    """A container will be gone after TERMINATING."""
    terminating = replace(container, state=State.TERMINATING)
    world.change(terminating)
    _then(world, terminating, TERMINATING, _vanish)


def crash(world: World, container: Container, exit_code: int) -> None:
    """A running container ends by itself. Its service's autorestart decides whether it is started
    again after RESTARTING."""
    ended = replace(container, state=State.STOPPED, exit_code=exit_code, stopped_at=world.now)
    world.change(ended)
    policy = world.get(Service, container.service).autorestart
    if policy == "ALWAYS" or (policy == "ON_FAILURE" and exit_code != 0):
        _then(world, ended, RESTARTING, start)


def _then(
    world: World,
    container: Container,
    delay: timedelta,
    step: Callable[[World, Container], None],
) -> None:
    """The step, unless something else became of the container meanwhile."""

    def happen() -> None:
        if world.is_still(container):
            step(world, container)

    world.timeline.later(delay, happen)


def _run(world: World, container: Container) -> None:
    world.change(replace(container, state=State.RUNNING, started_at=world.now))


def _end(world: World, container: Container) -> None:
    code = world.get(Service, container.service).stop_code
    world.change(
        replace(container, state=State.STOPPED, exit_code=code, stopped_at=world.now),
    )


def _vanish(world: World, container: Container) -> None:
    """What ran until now was stopped on the way."""
    code = world.get(Service, container.service).stop_code
    world.change(
        replace(
            container,
            state=State.TERMINATED,
            exit_code=code if container.exit_code is None else container.exit_code,
            stopped_at=container.stopped_at or world.now,
            destroyed_at=world.now,
        )
    )
