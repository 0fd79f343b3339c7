from itertools import product

import pytest

from reactor.model.cause import Cause, Judgement
from reactor.platforms.docker.engine import ListedService
from reactor.platforms.docker.groups import Groups, stack_state_of, state_of
from reactor.platforms.docker.known import Known
from reactor.platforms.docker.objects import SWARM_SERVICE, Place, Thing

NODE = Thing("node", "n", "dock")
SHOP = Thing("stack", "shop", "shop")
WEB, DB, BAD = (Thing("service", name, name) for name in ("web", "db", "bad"))


def a_place(service, stack=SHOP):
    return Place(service=service, node=NODE, stack=stack, nodecluster=None)


def lines(changes):
    """What changed, in short."""
    return [(each.thing.name, each.state, each.is_new) for each in changes]


@pytest.mark.parametrize(
    ("labels", "cause", "state"),
    [
        ({}, Cause.PLANNED_STOP, ["Stopped", "Stopped"]),
        ({}, Cause.DEPLOY, ["Stopped", "Stopped"]),
        ({SWARM_SERVICE: "svc1"}, Cause.CRASH, []),
    ],
)
def test_a_container_stands_in_its_service_unless_others_count_it(labels, cause, state):
    judged = Judgement(cause=cause, planned=True)
    known = Known(id="c1", state="Stopped", labels=labels, judged=judged)

    assert [each.state for each in Groups().stand(known, a_place(WEB))] == state


def test_what_was_replaced_takes_nothing_from_its_service():
    groups, judged = Groups(), Judgement(cause=Cause.DEPLOY, planned=True)
    list(groups.stand(Known(id="new", state="Running"), a_place(WEB)))

    old = Known(id="old", state="Stopped", judged=judged)

    assert list(groups.stand(old, a_place(WEB))) == []


@pytest.mark.parametrize(
    ("members", "state"),
    [
        ([], "Terminated"),
        (["Running"], "Running"),
        (["Running", "Running"], "Running"),
        (["Running", "Stopped"], "Partly running"),
        (["Running", "Stopping"], "Partly running"),
        (["Running", "Partly running"], "Partly running"),
        (["Partly running"], "Partly running"),
        (["Running", "Starting"], "Running"),  # it may be there to replace one
        (["Starting", "Stopped"], "Starting"),
        (["Starting", "Stopping"], "Starting"),
        (["Stopping", "Stopped"], "Stopping"),
        (["Stopped", "Stopped"], "Stopped"),
        (["replaced"], "Stopped"),
        (["replaced", "Running"], "Running"),
        (["replaced", "Starting"], "Starting"),
        (["Not running"], "Not running"),
        (["Not running", "Stopped"], "Stopped"),
        (["Redeploying"], "Running"),  # services of a swarm, while they run on
        (["Running", "Scaling"], "Running"),
    ],
)
def test_the_state_of_a_group_follows_from_its_members(members, state):
    assert state_of(members) == state


@pytest.mark.parametrize(
    ("services", "state"),
    [
        ([], "Terminated"),
        (["Starting", "Starting"], "Starting"),
        (["Running", "Starting"], "Starting"),  # all are starting or already running
        (["Redeploying", "Starting"], "Starting"),
        (["Running", "Starting", "Stopped"], "Partly running"),
        (["Partly running", "Starting"], "Partly running"),
        (["Running", "Stopped"], "Partly running"),
        (["Running", "Running"], "Running"),
        (["Starting", "Stopped"], "Starting"),
        (["Stopping", "Stopped"], "Stopping"),
    ],
)
def test_a_stack_runs_once_none_of_its_services_is_starting(services, state):
    assert stack_state_of(services) == state


STATES = ("Starting", "Running", "Partly running", "Stopping", "Stopped", "replaced")


@pytest.mark.parametrize("members", list(product(STATES, repeat=3)), ids="-".join)
def test_no_group_runs_of_which_nothing_runs_and_none_is_whole_of_which_something_stops(members):
    state = state_of(members)
    runs = {"Running", "Partly running"} & set(members)

    assert (state in ("Running", "Partly running")) == bool(runs)
    if state == "Running":
        assert set(members) <= {"Running", "Starting", "replaced"}
    assert state == state_of(tuple(reversed(members)))


def test_services_and_stacks_follow_their_containers():
    groups, web, db = Groups(), a_place(WEB), a_place(DB)

    def move(container, place, state):
        return lines(groups.move(container, place, state))

    assert move("1", web, "Starting") == [("web", "Starting", True), ("shop", "Starting", True)]
    assert move("1", web, "Running") == [("web", "Running", False), ("shop", "Running", False)]
    assert move("2", web, "Starting") == []
    assert move("2", web, "Running") == []
    assert move("3", db, "Running") == [("db", "Running", True)]
    assert move("2", web, "Stopped") == [
        ("web", "Partly running", False),
        ("shop", "Partly running", False),
    ]
    assert move("2", web, "Terminated") == [("web", "Running", False), ("shop", "Running", False)]
    assert move("1", web, "Terminated") == [("web", "Terminated", False)]
    assert move("3", db, "Terminated") == [
        ("db", "Terminated", False),
        ("shop", "Terminated", False),
    ]
    assert groups.state(SHOP) is None


def test_a_stack_is_starting_until_its_last_service_runs_or_cannot_be_started():
    groups, shop = Groups(), {"db": a_place(DB), "web": a_place(WEB), "bad": a_place(BAD)}
    steps = [(name, "Starting") for name in shop]
    steps += [("db", "Running"), ("web", "Running"), ("bad", "Stopped")]

    told = []
    for name, state in steps:
        list(groups.move(name, shop[name], state))
        told.append(groups.state(SHOP))

    assert told == [*["Starting"] * 5, "Partly running"]


def test_of_a_deploy_one_container_after_the_other_nothing_is_told():
    groups, web = Groups(), a_place(WEB)
    for container in "12":
        list(groups.move(container, web, "Running"))

    steps = [("3", "Starting"), ("1", "replaced"), ("1", "Terminated"), ("3", "Running")]

    assert [lines(groups.move(container, web, state)) for container, state in steps] == [[]] * 4


def test_a_container_without_service_changes_no_group():
    groups = Groups()

    assert lines(groups.move("1", a_place(None), "Running")) == []
    assert groups.state(SHOP) is None
    assert groups.state(None) is None


def test_a_service_without_stack_stands_alone():
    assert lines(Groups().move("1", a_place(WEB, None), "Running")) == [("web", "Running", True)]


def test_a_change_names_its_parents():
    service, stack = Groups().move("1", a_place(WEB), "Running")

    assert (service.parents, stack.parents) == ((SHOP,), ())


@pytest.mark.parametrize(
    ("running", "wanted", "state"),
    [
        (0, 0, "Stopped"),
        (1, 0, "Stopped"),
        (2, 2, "Running"),
        (3, 2, "Running"),
        (1, 2, "Partly running"),
        (0, 2, "Not running"),
    ],
)
def test_a_manager_counts_the_tasks_of_a_service(running, wanted, state):
    groups = Groups()
    listed = ListedService(id="svc1", name="web", image="i", running=running, wanted=wanted)

    assert lines(groups.count(listed, WEB, SHOP)) == [("web", state, True), ("shop", state, True)]
    assert lines(groups.count(listed, WEB, SHOP)) == []
    assert groups.state(WEB) == state


def test_what_is_said_of_a_service_itself_holds_until_it_is_counted():
    groups = Groups()
    listed = ListedService(id="svc1", name="web", image="i", running=2, wanted=2)

    assert lines(groups.set(WEB, None, "Redeploying")) == [("web", "Redeploying", True)]
    assert lines(groups.count(listed, WEB, None)) == [("web", "Running", False)]
    assert lines(groups.set(WEB, None, "Terminated")) == [("web", "Terminated", False)]


def test_what_was_not_there_leaves_nothing_behind():
    groups = Groups()

    assert lines(groups.set(WEB, SHOP, "Terminated")) == []
    assert lines(groups.move("1", a_place(DB), "Terminated")) == []
    assert groups._groups == {}
