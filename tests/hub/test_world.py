from datetime import timedelta

import pytest

from reactor.hub.fleet import NoSuchObject
from reactor.hub.states import State
from reactor.hub.things import Container, Node, Service, Stack
from reactor.hub.world import LISTED, World
from tests.builders import replace
from tests.hub.fleets import START, a_world, service_named


def test_a_change_is_a_frame_with_all_seven_fields():
    world, frames = a_world()
    world.timeline.advance(START + timedelta(seconds=2.5))

    node = world.all(Node)[0]
    world.change(replace(node, state=State.UNREACHABLE))

    (frame,) = frames
    assert frame == {
        "type": "node",
        "action": "update",
        "parents": [world.uri("nodecluster", node.cluster)],
        "resource_uri": f"/api/infra/v1/node/{node.uuid}/",
        "state": "Unreachable",
        "uuid": frame["uuid"],
        "datetime": "2030-01-07T12:34:58Z",
    }


def test_the_parents_of_a_container_are_service_node_stack_and_node_cluster():
    world, _ = a_world()
    service = service_named(world, "web")
    container = world.containers(service.uuid)[0]
    node = world.get(Node, container.node)

    assert world.parents(container) == (
        world.uri("service", service.uuid),
        world.uri("node", node.uuid),
        world.uri("stack", service.stack),
        world.uri("nodecluster", node.cluster),
    )


def test_without_a_stack_there_is_one_parent_less():
    world, _ = a_world()
    service = service_named(world, "backup")
    container = world.containers(service.uuid)[0]

    kinds = [uri.split("/")[-3] for uri in world.parents(container)]

    assert kinds == ["service", "node", "nodecluster"]
    assert world.parents(service) == ()


def test_stacks_and_node_clusters_have_no_parents():
    world, _ = a_world()

    assert world.parents(world.all(Stack)[0]) == ()


def test_service_and_stack_follow_their_containers_after_them():
    world, frames = a_world()
    container = world.containers(service_named(world, "db").uuid)[0]

    world.change(replace(container, state=State.STOPPED))

    assert [(frame["type"], frame["state"]) for frame in frames] == [
        ("container", "Stopped"),
        ("service", "Stopped"),
        ("stack", "Partly running"),
    ]


def test_what_does_not_change_the_state_of_a_service_is_no_frame_of_it():
    world, frames = a_world()
    service = service_named(world, "worker")
    for container in world.containers(service.uuid):
        world.change(replace(container, state=State.STOPPED))

    states = [frame["state"] for frame in frames if frame["type"] == "service"]

    assert states == ["Partly running", "Stopped"]


def test_what_is_terminated_is_listed_for_ten_minutes():
    world, _ = a_world()
    container = world.containers(service_named(world, "web").uuid)[0]
    world.change(replace(container, state=State.TERMINATED))

    world.timeline.advance(START + LISTED - timedelta(seconds=1))
    assert world.get(Container, container.uuid).state is State.TERMINATED

    world.timeline.advance(START + LISTED)
    with pytest.raises(NoSuchObject, match=f"There is no container {container.uuid}"):
        world.get(Container, container.uuid)


def test_a_uuid_names_an_object_of_one_type_only():
    world, _ = a_world()

    with pytest.raises(NoSuchObject, match="There is no node"):
        world.get(Node, world.all(Service)[0].uuid)


def test_the_namespace_is_in_all_uris_but_those_of_actions():
    world = World(seed=7, now=START, namespace="acme", announce=print)

    assert world.uri("service", "u") == "/api/app/v1/acme/service/u/"
    assert world.uri("node", "u") == "/api/infra/v1/acme/node/u/"
    assert world.uri("action", "u") == "/api/audit/v1/action/u/"


def test_another_run_of_the_same_seed_makes_other_uuids():
    one = World(seed=7, now=START, namespace=None, announce=print)
    later = World(seed=7, now=START + timedelta(days=1), namespace=None, announce=print)

    assert one.new_uuid("frame") != later.new_uuid("frame")
