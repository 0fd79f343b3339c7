import pytest

from reactor.hub import lifecycle
from reactor.hub.states import State
from reactor.hub.things import Container, Node
from tests.builders import replace
from tests.hub.fleets import a_world, pass_time, service_named, told


def a_container(world, service="worker"):
    return world.containers(service_named(world, service).uuid)[0]


def test_a_new_container_is_created_starting_and_then_runs():
    world, frames = a_world()

    lifecycle.deploy(world, service_named(world, "worker"), "worker-3")
    pass_time(world)

    assert told(frames, "container") == [("create", "Starting"), ("update", "Running")]
    newest = world.all(Container)[-1]
    assert newest.name == "worker-3"
    assert newest.started_at - newest.deployed_at == lifecycle.STARTING


def test_a_new_container_goes_to_the_emptiest_node_that_can_be_reached():
    world, _ = a_world()
    emptiest = world.get(Node, lifecycle.emptiest_node(world))
    world.change(replace(emptiest, state=State.UNREACHABLE))

    lifecycle.deploy(world, service_named(world, "worker"), "worker-3")

    assert world.all(Container)[-1].node != emptiest.uuid


def test_without_a_node_that_can_be_reached_any_will_do():
    world, _ = a_world()
    for node in world.all(Node):
        world.change(replace(node, state=State.UNREACHABLE))

    assert lifecycle.emptiest_node(world) in [node.uuid for node in world.all(Node)]


def test_a_container_that_is_stopped_has_the_exit_code_of_a_planned_stop():
    world, frames = a_world()
    container = a_container(world)

    lifecycle.stop(world, container)
    pass_time(world)

    assert told(frames, "container") == [("update", "Stopping"), ("update", "Stopped")]
    assert world.get(Container, container.uuid).exit_code in (0, 143)


def test_a_container_that_is_stopping_goes_on_with_that():
    world, frames = a_world()
    lifecycle.stop(world, a_container(world))

    lifecycle.stop(world, a_container(world))
    pass_time(world)

    assert told(frames, "container") == [("update", "Stopping"), ("update", "Stopped")]


def test_a_container_that_is_terminated_was_stopped_before():
    world, frames = a_world()
    container = a_container(world)

    lifecycle.terminate(world, container)
    pass_time(world)

    assert told(frames, "container") == [("update", "Terminating"), ("update", "Terminated")]
    gone = world.get(Container, container.uuid)
    assert gone.exit_code in (0, 143)
    assert gone.destroyed_at == gone.stopped_at


def test_a_terminated_container_keeps_the_exit_code_of_its_crash():
    world, _ = a_world()
    lifecycle.crash(world, a_container(world), 3)
    crashed = a_container(world)

    lifecycle.terminate(world, crashed)
    pass_time(world)

    assert world.get(Container, crashed.uuid).exit_code == 3


@pytest.mark.parametrize(
    ("autorestart", "exit_code", "restarts"),
    [
        ("ALWAYS", 1, True),
        ("ALWAYS", 0, True),
        ("ON_FAILURE", 1, True),
        ("ON_FAILURE", 0, False),
        ("OFF", 1, False),
    ],
)
def test_autorestart_decides_whether_a_crashed_container_is_started_again(
    autorestart, exit_code, restarts
):
    world, frames = a_world()
    world.put(replace(service_named(world, "worker"), autorestart=autorestart))

    lifecycle.crash(world, a_container(world), exit_code)
    pass_time(world)

    assert (("update", "Starting") in told(frames, "container")) is restarts
    left = a_container(world)
    assert left.exit_code == (None if restarts else exit_code)
    assert left.state is (State.RUNNING if restarts else State.STOPPED)


@pytest.mark.parametrize("interruption", [lifecycle.stop, lifecycle.terminate])
def test_a_crashed_container_that_is_stopped_or_terminated_is_not_started_again(interruption):
    world, frames = a_world()
    lifecycle.crash(world, a_container(world), 1)

    interruption(world, a_container(world))
    pass_time(world)

    assert ("update", "Starting") not in told(frames, "container")
