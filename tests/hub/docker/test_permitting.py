from dataclasses import replace

import pytest

from reactor.hub.docker.inspection import read_specification
from reactor.hub.docker.permitting import held_by, leaving_by, permit
from reactor.hub.docker.register import Register
from reactor.hub.fleet import NotAllowed
from reactor.hub.written import Written
from tests.hub.docker.samples import C1, NODE, NOW, SHOP, WEB, an_entry, an_inspection, news

VERBS = ("start", "stop", "redeploy", "terminate", "scale")
ALL = {"start", "stop", "redeploy", "terminate"}
MOVING = ALL - {"start"}


@pytest.fixture
def register():
    """A service of one running container in a stack, on a node."""
    register = Register(namespace=None, announce=lambda _: None, written=Written())
    register.put(an_entry("node", NODE, "Deployed"))
    tell(register, "Running")
    return register


def tell(register, state, policy="OFF"):
    found = an_inspection(state=state)
    register.containers[C1] = replace(found, runtime=replace(found.runtime, autorestart=policy))
    register.take(news(state))
    stack = (f"/api/app/v1/stack/{SHOP}/",)
    register.take(news(state, "service", WEB, parents=stack))
    register.take(news(state, "stack", SHOP))


def possible(register, kind, uuid):
    """The verbs that an object takes now."""
    return {verb for verb in VERBS if is_permitted(register, kind, uuid, verb)}


def is_permitted(register, kind, uuid, verb):
    try:
        permit(register, register.get(kind, uuid), verb)
    except NotAllowed:
        return False
    return True


@pytest.mark.parametrize(
    ("state", "policy", "verbs"),
    [
        ("Running", "OFF", MOVING),
        ("Stopped", "OFF", ALL - {"stop"}),
        ("Stopped", "ALWAYS", ALL),  # it may only be between two runs
        ("Stopped", "ON_FAILURE", ALL),
        ("Starting", "OFF", ALL),  # made and not started, which may last for ever
        ("Stopping", "OFF", MOVING),  # who was sent a signal may survive it
        ("Terminated", "OFF", set()),
    ],
)
def test_what_an_engine_has_takes_calls_whatever_its_state(register, state, policy, verbs):
    tell(register, state, policy)

    assert possible(register, "container", C1) == verbs
    assert possible(register, "stack", SHOP) == verbs
    assert possible(register, "service", WEB) == verbs | ({"scale"} if verbs else set())


@pytest.mark.parametrize(
    ("state", "verbs"), [("Not running", ALL), ("Redeploying", MOVING), ("Scaling", MOVING)]
)
def test_a_service_of_a_swarm_does_so_while_its_swarm_is_at_work(register, state, verbs):
    register.specifications[WEB] = read_specification({"ID": "s1"})
    register.take(news(state, "service", WEB))

    assert possible(register, "service", WEB) == verbs | {"scale"}


def test_a_call_under_way_keeps_others_off(register):
    register.begin(register.get("service", WEB), "Redeploying", "a1", NOW)

    assert possible(register, "service", WEB) == set()
    with pytest.raises(NotAllowed, match="this state: its service web is Redeploying"):
        permit(register, register.get("stack", SHOP), "stop")


def test_a_container_that_a_call_replaces_takes_no_other_once_it_stops(register):
    register.leave([C1])
    register.take(news("Stopping"))

    assert possible(register, "container", C1) == set()


def phases(register, kind, uuid, verb):
    held = held_by(register, register.get(kind, uuid), verb)
    return {each.entry.kind: each.phase for each in held}


@pytest.mark.parametrize(
    ("kind", "uuid", "verb", "phase"),
    [
        ("container", C1, "stop", {"container": "Stopping"}),
        ("service", WEB, "scale", {"service": "Scaling"}),
        ("stack", SHOP, "redeploy", {"stack": "Redeploying", "service": "Redeploying"}),
        ("container", C1, "redeploy", {"service": "Redeploying", "stack": "Running"}),
    ],
)
def test_what_is_in_a_phase_until_a_call_is_done(register, kind, uuid, verb, phase):
    assert phases(register, kind, uuid, verb) == phase


def test_what_is_in_the_phase_of_another_call_is_left_to_that(register):
    register.begin(register.get("service", WEB), "Scaling", "a1", NOW)

    assert phases(register, "container", C1, "redeploy") == {"stack": "Running"}


def test_a_container_on_its_own_holds_nothing(register):
    register.put(an_entry("container", "lone"))

    assert phases(register, "container", "lone", "redeploy") == {}


@pytest.mark.parametrize(
    ("kind", "uuid", "verb", "leaving"),
    [
        ("container", C1, "redeploy", (C1,)),
        ("service", WEB, "scale", (C1,)),
        ("stack", SHOP, "terminate", (C1,)),
        ("stack", SHOP, "stop", ()),
    ],
)
def test_which_containers_a_call_may_take_away(register, kind, uuid, verb, leaving):
    assert leaving_by(register, register.get(kind, uuid), verb) == leaving


def test_a_node_takes_no_calls(register):
    with pytest.raises(NotAllowed, match="A node takes no calls here"):
        permit(register, register.get("node", NODE), "stop")
