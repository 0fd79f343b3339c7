from reactor.model.event import Frame
from reactor.platforms.docker.groups import Groups
from reactor.platforms.docker.inherited import Inherited
from reactor.platforms.docker.objects import swarm_node
from reactor.platforms.docker.telling import Telling
from tests.platforms.docker.story import COMPOSE, ENGINE, MANAGER, SWARM, Story, an_event, at


def a_crash(**labels):
    """The frames of a container that was up and crashed."""
    up, down = an_event("start", **labels), an_event("die", seconds=60, exitCode="7", **labels)
    return Story().tell(up, down)[-3:]


def test_a_frame_is_what_the_platform_would_have_sent():
    end = a_crash(**COMPOSE)[0]

    assert end.data == {
        "type": "container",
        "action": "update",
        "state": "Stopped",
        "parents": [end.facts[kind]["uri"] for kind in ("service", "node", "stack")],
        "resource_uri": end.facts["container"]["uri"],
        "uuid": end.data["uuid"],
        "datetime": "2031-05-06T10:21:00.000000Z",
        "docker": an_event("die", seconds=60, exitCode="7", **COMPOSE),
    }


def test_an_end_comes_with_its_proof_in_words():
    end = a_crash(tier="front", **COMPOSE)[0]

    assert end.facts["cause_evidence"][0] == "10:21:00.000 die, exit code 7"
    assert end.facts["container"]["exit_reason"] == "7: ended by itself"
    assert end.facts["labels"] == {"tier": "front", **COMPOSE}


def test_groups_follow_their_container_and_one_end_is_told_once():
    end, service, stack = a_crash(**COMPOSE)

    assert [each.line[:3] for each in (end, service, stack)] == [
        ("container", "Stopped", "crash"),
        ("service", "Stopped", None),
        ("stack", "Stopped", None),
    ]
    assert service.facts["service"]["cause"] == "crash"
    assert (service.data["parents"], stack.data["parents"]) == ([stack.data["resource_uri"]], [])
    assert end.facts["service"]["state"] == "Running"  # it changes by what comes with this frame


def test_a_container_of_a_swarm_names_its_cluster():
    (told,) = Story(MANAGER).tell(an_event("start", **SWARM))

    assert len(told.data["parents"]) == 4
    assert told.facts["nodecluster"]["name"] == "default"


def frames_of(engine, tell):
    telling = Telling(engine, Groups(), Inherited(engine))
    tell(telling)
    return telling.take(), telling


def test_a_node_is_told_with_why_it_is_lost():
    other = swarm_node("node-2", "dock2", MANAGER)

    (own, peer), _ = frames_of(
        MANAGER,
        lambda telling: (
            telling.node("Unreachable", at(0), "no engine"),
            telling.node("Deployed", at(1), other=other),
        ),
    )

    assert (own.facts["node"]["name"], own.facts["cause"]) == ("dock", "host_down")
    assert (peer.facts["node"]["name"], peer.facts.get("cause")) == ("dock2", None)
    assert own.facts["nodecluster"] == peer.facts["nodecluster"]


def test_frames_are_taken_once_in_their_order():
    foreign = Frame(b"{}", "x")

    made, telling = frames_of(
        ENGINE, lambda telling: (telling.node("Deployed", at(0)), telling.add(foreign))
    )

    assert made[1] is foreign
    assert telling.take() == []
