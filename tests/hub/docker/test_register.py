from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.hub.docker.inspection import read_specification
from reactor.hub.docker.register import LISTED, MOST_ACTIONS, Order, Register
from reactor.hub.fleet import NoSuchObject
from reactor.hub.written import Written
from tests.hub.docker.samples import C1, FIELDS, NOW, WEB, a_call, an_entry, news, told

STATES = st.sampled_from(["Starting", "Running", "Stopping", "Stopped", "Terminated", ""])
STEPS = st.lists(st.one_of(STATES, st.sampled_from(["begin", "end"])), max_size=20)


@pytest.fixture
def frames():
    return []


@pytest.fixture
def register(frames):
    return Register(namespace="acme", announce=frames.append, written=Written())


def test_a_frame_has_all_seven_fields_and_the_namespace(register, frames):
    register.take(news("Starting"))

    (frame,) = frames
    assert list(frame) == FIELDS
    assert frame["resource_uri"] == f"/api/app/v1/acme/container/{C1}/"
    assert frame["parents"][0] == f"/api/app/v1/acme/service/{WEB}/"
    assert frame["datetime"] == "2031-05-06T17:08:09Z"
    assert (frame["action"], frame["uuid"]) == ("create", "frame of container Starting")


def test_what_is_there_already_is_updated(register, frames):
    register.put(an_entry(state="Starting"))

    register.take(news("Running"))

    assert told(frames) == [("container", "update", "Running")]


def test_the_same_state_is_not_told_twice(register, frames):
    register.take(news("Running"))
    register.take(news("Running"))
    register.take(news(""))

    assert told(frames) == [("container", "create", "Running")]


def test_terminating_comes_before_terminated(register, frames):
    register.put(an_entry())

    register.take(news("Terminated"))
    register.take(news("Terminated"))

    assert [frame["state"] for frame in frames] == ["Terminating", "Terminated"]
    assert frames[0]["uuid"] != frames[1]["uuid"]


def test_the_end_of_what_nobody_saw_is_not_told(register, frames):
    register.take(news("Terminated"))

    assert frames == []
    with pytest.raises(NoSuchObject, match="There is no container"):
        register.get("container", C1)


def test_what_comes_back_is_created_again(register, frames):
    register.put(an_entry("service", WEB))
    register.take(news("Terminated", "service", WEB))

    register.take(news("Starting", "service", WEB))

    assert told(frames)[-1] == ("service", "create", "Starting")


def test_a_phase_hides_what_happens_until_the_call_is_done(register, frames):
    register.put(an_entry("service", WEB))

    register.begin(register.get("service", WEB), "Redeploying", "a1", NOW)
    for state in ("Stopping", "Terminated", "Starting", "Running"):
        register.take(news(state, "service", WEB))
    assert register.get("service", WEB).state == "Redeploying"
    register.end(WEB, "a1", NOW)

    assert [frame["state"] for frame in frames] == ["Redeploying", "Running"]


def test_a_call_that_changed_nothing_leads_back(register, frames):
    register.put(an_entry())

    register.begin(register.get("container", C1), "Stopping", "a1", NOW)
    register.end(C1, "a1", NOW)
    register.end(C1, "a1", NOW)

    assert [frame["state"] for frame in frames] == ["Stopping", "Running"]


def test_a_container_that_is_replaced_is_never_stopped(register, frames):
    register.put(an_entry())

    register.leave([C1])
    for state in ("Stopping", "Stopped", "Terminated"):
        register.take(news(state))
    register.stay([C1], "a1", NOW)

    assert [frame["state"] for frame in frames] == ["Stopping", "Terminating", "Terminated"]


def test_a_container_that_was_not_replaced_after_all_is_what_it_is(register, frames):
    register.put(an_entry())

    register.leave([C1])
    for state in ("Stopping", "Stopped"):
        register.take(news(state))
    register.stay([C1], "a1", NOW)
    register.stay([C1], "a1", NOW)

    assert [frame["state"] for frame in frames] == ["Stopping", "Stopped"]


def test_a_container_that_is_started_again_after_all_was_never_gone(register, frames):
    register.put(an_entry())

    register.leave([C1])
    for state in ("Stopping", "Stopped", "Running"):
        register.take(news(state))
    register.stay([C1], "a1", NOW)

    assert [frame["state"] for frame in frames] == ["Stopping", "Running"]


def test_what_a_swarm_keeps_of_a_container_that_left_is_terminated(register, frames):
    register.put(an_entry("service", WEB))
    register.specifications[WEB] = read_specification({"ID": "s1"})
    register.take(news("Running"))

    register.leave([C1])
    for state in ("Stopping", "Stopped"):
        register.take(news(state))
    register.stay([C1], "a1", NOW)
    register.take(news("Terminated"))

    states = [frame["state"] for frame in frames]
    assert states == ["Running", "Stopping", "Terminating", "Terminated"]


def test_a_container_of_a_swarm_that_ends_by_itself_is_stopped(register):
    register.put(an_entry("service", WEB))
    register.specifications[WEB] = read_specification({"ID": "s1"})
    register.take(news("Running"))

    register.take(news("Stopped"))

    assert register.get("container", C1).state == "Stopped"


@given(STEPS)
def test_whatever_happens_the_last_frame_tells_the_state(steps):
    frames = []
    register = Register(namespace=None, announce=frames.append, written=Written())
    register.put(an_entry())
    for step in steps:
        if step == "begin" and C1 in register.entries:
            register.begin(register.entries[C1], "Terminating", "a", NOW)
        elif step == "end":
            register.end(C1, "a", NOW)
        else:
            register.take(news(step))

    states = ["Running", *(frame["state"] for frame in frames)]
    assert states[-1] == register.entries[C1].state
    assert all(before != after for before, after in pairwise(states))


@pytest.mark.parametrize(
    ("told", "name"), [("c1_web", "web"), ("front", "front"), ("", "web"), ("c2_web", "c2_web")]
)
def test_what_compose_replaces_keeps_its_name(register, told, name):
    register.put(an_entry())

    register.take(news("Terminated", name=told))

    assert register.entries[C1].name == name


def test_what_is_terminated_is_listed_for_ten_minutes(register):
    register.put(an_entry())
    register.take(news("Terminated"))

    register.forget(NOW + LISTED)
    assert C1 in register.entries
    register.forget(NOW + LISTED + timedelta(seconds=1))
    assert C1 not in register.entries


@pytest.mark.parametrize(("is_swarms", "gone"), [(True, [WEB]), (False, [])])
def test_a_service_of_a_swarm_never_comes_back_and_one_of_compose_may(register, is_swarms, gone):
    register.put(an_entry("service", WEB))
    if is_swarms:
        register.specifications[WEB] = read_specification({"ID": "s1"})
    register.take(news("Terminated", "service", WEB))

    assert register.forget(NOW + LISTED) == []
    assert register.forget(NOW + LISTED + timedelta(seconds=1)) == gone


def test_the_oldest_actions_are_forgotten(register):
    order = Order(name="Service Stop", object="/x/", call=a_call("stop"))
    for number in range(MOST_ACTIONS + 2):
        register.act(an_entry("action", f"a{number}", "Pending"), order)

    actions = register.all("action")
    assert (len(actions), actions[0].uuid, len(register.orders)) == (1000, "a2", 1000)


def test_another_engine_begins_anew_but_for_the_actions(register):
    register.put(an_entry())
    order = Order(name="Service Stop", object="/x/", call=a_call("stop"))
    register.act(an_entry("action", "a1", "Pending"), order)

    register.clear()

    assert list(register.entries) == ["a1"]
