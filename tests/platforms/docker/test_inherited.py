import pytest

from reactor.platforms.docker.engine import ListedService, Listing
from reactor.platforms.docker.inherited import Inherited
from reactor.platforms.docker.known import Known
from reactor.platforms.docker.waiting import Answer
from tests.platforms.docker.story import (
    COMPOSE,
    ENGINE,
    MANAGER,
    SWARM,
    Story,
    a_container,
    an_event,
    at,
)

OUT = {"reactor.enable": "false"}
CRASH = (an_event("start", **SWARM), an_event("die", seconds=60, exitCode="1", **SWARM))


def a_service(**labels):
    return ListedService(id="svc1", name="shop_web", image="x", running=1, wanted=1, labels=labels)


def a_listing(*services):
    return Listing(began_at=at(0), ended_at=at(0), containers=(), services=services)


def labelled(**labels):
    """What a manager has told of its one service."""
    inherited = Inherited(MANAGER)
    inherited.learn("svc1", {key.replace("__", "."): text for key, text in labels.items()})
    return inherited


def test_a_container_has_its_services_labels_for_reactor_beneath_its_own():
    inherited = labelled(reactor__severity="low", reactor__team="a", tier="front")

    labels = inherited.labels({**SWARM, "reactor.severity": "high"})

    assert labels == {**SWARM, "reactor.severity": "high", "reactor.team": "a"}
    assert inherited.labels(COMPOSE) == COMPOSE


@pytest.mark.parametrize(("own", "is_out"), [({}, True), ({"reactor.enable": "true"}, False)])
def test_its_own_label_decides_whether_it_is_left_alone(own, is_out):
    assert labelled(reactor__enable="false").takes_out({**SWARM, **own}) is is_out


@pytest.mark.parametrize(("engine", "asks"), [(ENGINE, 0), (MANAGER, 1)])
def test_a_manager_is_asked_once_for_a_service_that_nobody_knows(engine, asks):
    inherited = Inherited(engine)

    asked = [*inherited.asks("svc1", at(0)), *inherited.asks("svc1", at(1))]
    inherited.learn("svc1", {})

    assert len(asked) == asks
    assert inherited.asks("svc1", at(2)) == inherited.asks("", at(2)) == ()


def test_an_answer_is_worth_two_seconds():
    inherited = Inherited(MANAGER)
    inherited.asks("svc1", at(0))

    waits = [inherited.is_worth_waiting(SWARM, at(seconds)) for seconds in (0, 1.9, 2)]

    assert waits == [True, True, False]
    inherited.give_up_asking()
    assert not inherited.is_asked("svc1")


def test_a_service_that_is_gone_is_known_as_long_as_it_has_containers():
    inherited = labelled(reactor__enable="false")

    inherited.begin_listing()
    inherited.compare(a_listing(), [Known(id="c1", labels=SWARM)])
    assert inherited.takes_out_service("svc1")
    inherited.compare(a_listing(), [])
    assert not inherited.takes_out_service("svc1")


def test_an_answer_is_newer_than_a_listing_that_began_before_it():
    inherited = Inherited(MANAGER)
    inherited.begin_listing()
    inherited.learn("svc1", OUT)
    inherited.compare(a_listing(), [])
    assert inherited.takes_out_service("svc1")

    inherited.compare(a_listing(a_service()), [])
    assert inherited.takes_out_service("svc1")
    inherited.begin_listing()
    inherited.compare(a_listing(a_service()), [])
    assert not inherited.takes_out_service("svc1")


# What comes of it.


def test_of_a_service_that_was_taken_out_nothing_is_told():
    story = Story(MANAGER, answers=Answer(labels=OUT))
    story.listed(services=[], nodes=[])
    created = an_event("create", "svc1", kind="service", name="shop_web")
    removed = an_event("remove", "svc1", 70, kind="service", name="shop_web")

    told = story.tell(created, *CRASH, removed) + story.wait(99)
    told += story.listed(services=[a_service(**OUT)], nodes=[])

    assert told == []
    assert [ask.is_service for ask in story.asked].count(True) == 1


def test_a_service_is_told_once_its_labels_are_known_and_its_tasks_with_them():
    story = Story(MANAGER, answers=None)
    created = an_event("create", "svc1", kind="service", name="shop_web")
    assert story.tell(created, an_event("create", seconds=1, **SWARM)) == []
    assert story.model.since == created["timeNano"]

    (ask,) = story.asked
    story.model.answered(ask, Answer(labels={"reactor.severity": "high"}), at(1.5))

    service, task = story.told()
    assert (service.line[:2], task.line[:2]) == (("service", "Starting"), ("container", "Starting"))
    assert task.facts["labels"]["reactor.severity"] == "high"


def test_a_manager_that_does_not_answer_is_waited_for_two_seconds():
    story = Story(MANAGER, answers=None)

    assert story.tell(CRASH[0]) + story.wait(1.9) == []
    assert [each.line[1] for each in story.wait(2)] == ["Running"]


def test_a_manager_that_is_gone_is_not_waited_for():
    story = Story(MANAGER, answers=None)
    story.tell(an_event("create", "svc1", kind="service", name="shop_web"), CRASH[0])

    story.model.unreachable("no engine", at(1))

    assert {each.line[:2] for each in story.told()} == {
        ("service", "Starting"),
        ("container", "Running"),
        ("node", "Unreachable"),
    }


def test_a_label_that_the_service_gets_later_counts_from_the_next_listing_on():
    story = Story(MANAGER)
    task = a_container(labels=SWARM, started_at=at(-60))
    story.listed(task, services=[a_service()], nodes=[])

    assert story.listed(task, services=[a_service(**OUT)], nodes=[]) == []
    assert story.tell(*CRASH) + story.listed(services=[a_service(**OUT)], nodes=[]) == []
    assert not [key for key in story.kept if key.startswith("container/") and story.kept[key]]


def test_labels_of_a_service_are_read_with_the_frames_of_its_tasks():
    story = Story(MANAGER)
    severe = a_service(**{"reactor.severity": "high"})
    story.listed(a_container(labels=SWARM), services=[severe], nodes=[])

    told = story.tell(*CRASH)

    assert {each.facts["labels"]["reactor.severity"] for each in told} == {"high"}
