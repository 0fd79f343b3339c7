from datetime import timedelta

import pytest

from reactor.platforms.docker.creations import KEPT, MOST, Creations, replaces
from reactor.platforms.docker.known import Known
from tests.builders import replace
from tests.platforms.docker.story import at

NUMBER, TASK = "com.docker.compose.container-number", "com.docker.swarm.task.name"


def a_container(docker_id, **labels):
    return Known(id=docker_id, name=f"{docker_id}-1", image=f"img:{docker_id}", labels=labels)


OLD = a_container("old")


def test_the_newest_other_container_of_the_service_may_have_replaced_one():
    creations = Creations()
    for seconds, docker_id in enumerate(("one", "two")):
        creations.add(a_container(docker_id), "web", at(seconds))
    creations.add(a_container("three"), "db", at(3))

    found = creations.latest(OLD, "web")

    assert (found.name, found.image, found.created_at) == ("two-1", "img:two", at(1))
    assert creations.latest(OLD, "cache") is None


def test_no_container_replaces_itself():
    creations = Creations()
    creations.add(OLD, "web", at(0))

    assert creations.latest(OLD, "web") is None


@pytest.mark.parametrize(
    ("new", "old", "is_replaced"),
    [
        ({}, {}, True),
        ({NUMBER: "1"}, {NUMBER: "1"}, True),
        ({NUMBER: "2"}, {NUMBER: "1"}, False),  # scaled up
        ({NUMBER: "2"}, {}, True),  # one does not say
        ({TASK: "web.1.b"}, {TASK: "web.1.a"}, True),
        ({TASK: "web.2.b"}, {TASK: "web.1.a"}, False),
    ],
)
def test_where_both_say_their_place_it_has_to_be_the_same(new, old, is_replaced):
    assert replaces(a_container("new", **new), a_container("old", **old)) is is_replaced


def test_what_was_there_before_takes_nobodys_place():
    creations = Creations()
    creations.add(replace(OLD, created_at=at(0)), "web", at(0))
    newer = replace(a_container("newer"), created_at=at(5))
    creations.add(newer, "web", at(5))

    assert creations.latest(newer, "web") is None


def test_what_is_long_ago_is_forgotten_and_room_is_bounded():
    creations = Creations()
    creations.add(a_container("new"), "web", at(0))
    creations.add(a_container("other"), "db", at(0) + KEPT)
    assert creations.latest(OLD, "web")

    creations.add(a_container("other"), "db", at(0) + KEPT + timedelta(seconds=1))
    assert creations.latest(OLD, "web") is None

    for _ in range(MOST + 5):
        creations.add(a_container("new"), "web", at(0) + KEPT)
    assert len(creations._recent) == MOST
