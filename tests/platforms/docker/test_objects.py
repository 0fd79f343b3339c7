import pytest

from reactor.model.uri import parse_uri
from reactor.platforms.docker.engine import Engine, Swarm
from reactor.platforms.docker.objects import (
    Thing,
    cluster_of,
    is_opted_out,
    meant_for_us,
    node_of,
    place_of,
    slot_of_task,
    stack_of,
    swarm_node,
    swarm_service,
)
from tests.builders import replace
from tests.platforms.docker.story import COMPOSE, ENGINE, MANAGER, SWARM

ONE_OFF = "com.docker.compose.oneoff"
OTHER = Engine(id="OTHER", name="dock2", version="20.10.24")


def names(labels, engine=ENGINE):
    """By kind, of what a container with these labels belongs to."""
    return {thing.kind: thing.name for thing in place_of(labels, engine).things()}


@pytest.mark.parametrize(
    ("labels", "engine", "found"),
    [
        ({}, ENGINE, {"node": "dock"}),
        (COMPOSE, ENGINE, {"service": "web", "node": "dock", "stack": "shop"}),
        (
            SWARM,
            MANAGER,
            {"service": "shop_web", "node": "dock", "stack": "shop", "nodecluster": "default"},
        ),
        (SWARM, ENGINE, {"service": "shop_web", "node": "dock", "stack": "shop"}),  # a worker
        ({"com.docker.compose.project": "shop"}, ENGINE, {"node": "dock", "stack": "shop"}),
        ({"com.docker.compose.service": "web"}, ENGINE, {"node": "dock"}),
        ({"com.docker.swarm.service.id": "svc1"}, ENGINE, {"node": "dock"}),
        ({**COMPOSE, ONE_OFF: "True"}, ENGINE, {"node": "dock", "stack": "shop"}),
        ({**COMPOSE, ONE_OFF: "False"}, ENGINE, names(COMPOSE)),
    ],
)
def test_labels_say_what_a_container_belongs_to(labels, engine, found):
    assert names(labels, engine) == found
    assert list(names(labels, engine)) == list(found)  # the real order of parents


def test_an_object_is_known_by_its_uri():
    thing = Thing("service", "0b0e", "web")

    assert parse_uri(thing.uri).id == "0b0e"
    assert thing.facts() == {"uuid": "0b0e", "uri": thing.uri, "name": "web"}


def uuids(kind, labels, *engines):
    """Of the things of this kind that a container with these labels has on each engine."""
    places = [place_of(labels, engine) for engine in engines]
    return {thing.uuid for place in places for thing in place.things() if thing.kind == kind}


def test_a_compose_service_is_another_on_each_engine_and_a_swarms_the_same():
    assert len(uuids("service", COMPOSE, ENGINE, OTHER)) == 2
    assert len(uuids("stack", COMPOSE, ENGINE, OTHER)) == 2
    assert len(uuids("service", SWARM, ENGINE, OTHER)) == 1


def test_a_stack_of_a_swarm_is_the_same_on_all_its_managers():
    second = replace(OTHER, swarm=replace(MANAGER.swarm, node_id="node-2"))

    assert stack_of(SWARM, MANAGER) == stack_of(SWARM, second)
    assert cluster_of(MANAGER) == cluster_of(second)


def test_an_engine_is_one_node_whether_its_swarm_or_itself_tells_of_it():
    assert swarm_node("node-1", "dock", MANAGER) == node_of(MANAGER)
    assert swarm_node("node-2", "dock", MANAGER) != node_of(MANAGER)
    assert swarm_node("node-1", "dock", ENGINE) != node_of(ENGINE)


def test_a_service_of_a_swarm_is_the_one_that_its_tasks_name():
    assert swarm_service("svc1", "shop_web") == place_of(SWARM, ENGINE).service


@pytest.mark.parametrize(
    ("swarm", "name"),
    [
        (None, None),
        (Swarm(node_id="n", is_manager=False), None),
        (Swarm(node_id="n", is_manager=True, cluster_id="c"), "default"),
        (Swarm(node_id="n", is_manager=True, cluster_id="c", cluster_name="prod"), "prod"),
    ],
)
def test_only_managers_know_their_cluster(swarm, name):
    cluster = cluster_of(replace(ENGINE, swarm=swarm))

    assert (cluster and cluster.name) == name


@pytest.mark.parametrize(
    ("labels", "slot"),
    [
        ({"com.docker.swarm.task.name": "web.2.63yuudp6qldc1d0s5l5zpnpgs"}, "web.2"),
        ({"com.docker.swarm.task.name": "agent.e0x6tzjnugoi.r4135jhzsy4"}, "agent.e0x6tzjnugoi"),
        ({"com.docker.swarm.task.name": ""}, ""),
        (COMPOSE, ""),
    ],
)
def test_a_task_has_a_place_whatever_its_container_is_called(labels, slot):
    assert slot_of_task(labels) == slot


@pytest.mark.parametrize(
    ("text", "is_out"),
    [
        *((text, True) for text in ("false", " False ", "0", "no", "off")),
        *((text, False) for text in ("true", "", "maybe", None)),
    ],
)
def test_a_label_takes_a_container_out(text, is_out):
    assert is_opted_out({} if text is None else {"reactor.enable": text}) is is_out


def test_some_labels_are_meant_for_us():
    labels = {"reactor.severity": "high", "reactor": "x", "com.example.reactor.x": "y"}

    assert meant_for_us(labels) == {"reactor.severity": "high"}
