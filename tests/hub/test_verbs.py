from datetime import timedelta

import pytest

from reactor.hub.fleet import NotAllowed
from tests.hub.fleets import (
    A_WHILE,
    START,
    a_call,
    a_fleet,
    heard,
    named,
    operate,
    told,
    uuid_of,
)


def done(kind, name, verb, **changes):
    """A fleet in which a call ran to its end, and all its frames."""
    fleet = a_fleet()
    frames = heard(fleet)
    if changes:
        operate(fleet, kind, name, "update", **changes)
    operate(fleet, kind, name, verb)
    fleet.advance(START + A_WHILE)
    return fleet, frames


def container_names(fleet, service):
    uri = named(fleet, "service", service)["resource_uri"]
    return [
        each["name"]
        for each in fleet.objects("container")
        if each["service"] == uri and each["state"] == "Running"
    ]


def test_a_redeploy_replaces_all_containers_by_new_ones_of_the_same_names():
    fleet = a_fleet()
    before = fleet.running("web")

    operate(fleet, "service", "web", "redeploy")
    fleet.advance(START + A_WHILE)

    after = fleet.running("web")
    assert len(after) == 3
    assert not set(after) & set(before)
    assert [fleet.find("container", uuid)["state"] for uuid in before] == ["Terminated"] * 3
    assert container_names(fleet, "web") == ["web-1", "web-2", "web-3"]


def test_the_frames_of_a_redeploy_come_in_the_order_of_the_platform():
    _, frames = done("service", "web", "redeploy")

    in_order = [(frame["type"], frame["action"], frame["state"]) for frame in frames]

    assert list(dict.fromkeys(in_order)) == [
        ("action", "create", "Pending"),
        ("action", "update", "In progress"),
        ("service", "update", "Redeploying"),
        ("stack", "update", "Partly running"),
        ("container", "update", "Terminating"),
        ("container", "update", "Terminated"),
        ("container", "create", "Starting"),
        ("container", "update", "Running"),
        ("service", "update", "Running"),
        ("stack", "update", "Running"),
        ("action", "update", "Success"),
    ]


def test_a_redeploy_is_over_within_seconds():
    _, frames = done("service", "web", "redeploy")

    assert frames[-1]["datetime"] <= "2030-01-07T12:34:58Z"


def test_a_redeploy_deploys_what_was_asked_for_since():
    fleet, _ = done("service", "web", "redeploy", target_num_containers=5, image="acme/web:3")

    assert len(fleet.running("web")) == 5
    assert named(fleet, "container", "web-1")["image_name"] == "acme/web:3"
    assert named(fleet, "service", "web")["synchronized"] is True


def test_an_action_has_the_object_and_its_parents_as_parents():
    fleet, frames = done("container", "web-1", "stop")
    container = named(fleet, "container", "web-1")

    parents = [frame["parents"] for frame in frames if frame["type"] == "action"][-1]

    kinds = [uri.split("/")[-3] for uri in parents]
    assert parents[0] == container["resource_uri"]
    assert kinds == ["container", "service", "node", "stack", "nodecluster"]


def test_a_call_becomes_an_action_that_remembers_who_asked():
    fleet = a_fleet()

    uri = operate(fleet, "service", "web", "redeploy")
    fleet.advance(START + A_WHILE)

    (action,) = fleet.objects("action")
    assert action["resource_uri"] == uri
    assert action["object"] == named(fleet, "service", "web")["resource_uri"]
    assert action["action"] == "Service Redeploy"
    assert (action["user_agent"], action["ip"]) == ("reactor-tests/1", "127.0.0.1")
    assert (action["method"], action["path"]) == ("POST", "/api/app/v1/service/x/redeploy/")
    assert action["state"] == "Success"


@pytest.mark.parametrize(
    ("target", "running", "states"),
    [
        (5, ["web-1", "web-2", "web-3", "web-4", "web-5"], ["Scaling", "Running"]),
        (1, ["web-1"], ["Scaling", "Running"]),
        (3, ["web-1", "web-2", "web-3"], ["Scaling", "Running"]),
        (0, [], ["Scaling", "Not running"]),
    ],
)
def test_scaling_starts_or_terminates_containers(target, running, states):
    fleet, frames = done("service", "web", "scale", target_num_containers=target)

    assert container_names(fleet, "web") == running
    assert [state for _, state in told(frames, "service")] == states
    assert named(fleet, "service", "web")["synchronized"] is True


def test_a_new_container_takes_the_lowest_name_that_is_free():
    fleet, _ = done("container", "web-2", "terminate")

    operate(fleet, "service", "web", "scale")
    fleet.advance(START + 2 * A_WHILE)

    assert container_names(fleet, "web") == ["web-1", "web-3", "web-2"]


@pytest.mark.parametrize(
    ("kind", "name", "verb", "states"),
    [
        ("container", "web-1", "stop", ["Stopping", "Stopped"]),
        ("container", "web-1", "terminate", ["Terminating", "Terminated"]),
        ("service", "web", "stop", ["Stopping", "Stopped"]),
        ("service", "web", "terminate", ["Terminating", "Terminated"]),
        ("stack", "shop", "stop", ["Stopping", "Stopped"]),
        ("stack", "shop", "redeploy", ["Redeploying", "Running"]),
        ("stack", "shop", "terminate", ["Terminating", "Terminated"]),
    ],
)
def test_an_object_goes_through_the_states_of_the_verb(kind, name, verb, states):
    _, frames = done(kind, name, verb)

    assert [state for _, state in told(frames, kind) if state in states][-2:] == states


def test_a_redeployed_container_comes_back_as_another_of_the_same_name():
    fleet = a_fleet()
    before = uuid_of(fleet, "container", "web-2")

    operate(fleet, "container", "web-2", "redeploy")
    fleet.advance(START + A_WHILE)

    assert uuid_of(fleet, "container", "web-2") != before
    assert container_names(fleet, "web") == ["web-1", "web-3", "web-2"]


def test_a_call_to_the_service_wins_over_the_redeploy_of_its_container():
    fleet = a_fleet()
    operate(fleet, "container", "web-2", "redeploy")

    operate(fleet, "service", "web", "terminate")
    fleet.advance(START + A_WHILE)

    assert fleet.running("web") == []
    assert named(fleet, "service", "web")["state"] == "Terminated"


@pytest.mark.parametrize("kind", ["service", "stack"])
def test_what_was_stopped_is_started_again(kind):
    name = {"service": "web", "stack": "shop"}[kind]
    fleet, _ = done(kind, name, "stop")

    operate(fleet, kind, name, "start")
    fleet.advance(START + 2 * A_WHILE)

    assert named(fleet, kind, name)["state"] == "Running"
    assert container_names(fleet, "web") == ["web-1", "web-2", "web-3"]


def test_a_service_without_containers_deploys_them_when_started():
    fleet, _ = done("service", "web", "scale", target_num_containers=0)
    operate(fleet, "service", "web", "update", target_num_containers=2)

    operate(fleet, "service", "web", "start")
    fleet.advance(START + 2 * A_WHILE)

    assert container_names(fleet, "web") == ["web-1", "web-2"]
    assert named(fleet, "service", "web")["synchronized"] is True


def test_a_stopped_service_does_not_start_again_by_itself():
    fleet = a_fleet()
    fleet.crash(fleet.running("web")[0], 1)

    operate(fleet, "service", "web", "stop")
    fleet.advance(START + A_WHILE)

    assert named(fleet, "service", "web")["state"] == "Stopped"


def test_while_a_service_is_busy_nothing_is_allowed():
    fleet = a_fleet()
    operate(fleet, "service", "web", "redeploy")

    with pytest.raises(NotAllowed, match="the service is Redeploying"):
        operate(fleet, "service", "web", "stop")
    with pytest.raises(NotAllowed, match="its service web is Redeploying"):
        operate(fleet, "stack", "shop", "terminate")


def test_a_refused_call_leaves_no_trace():
    fleet = a_fleet()
    frames = heard(fleet)

    with pytest.raises(NotAllowed, match="does not start"):
        operate(fleet, "service", "web", "start")

    assert frames == []
    assert fleet.objects("action") == []


@pytest.mark.parametrize("kind", ["node", "nodecluster"])
def test_machines_take_no_calls(kind):
    fleet = a_fleet()
    uuid = str(fleet.objects(kind)[0]["uuid"])

    with pytest.raises(NotAllowed, match=f"A {kind} takes no calls here"):
        fleet.operate(kind, uuid, a_call("terminate"))


def test_the_action_of_a_stack_is_one_action():
    fleet, frames = done("stack", "shop", "redeploy")

    assert [action["action"] for action in fleet.objects("action")] == ["Stack Redeploy"]
    assert told(frames, "action")[-1] == ("update", "Success")
    assert frames[-1]["type"] == "action"


def test_an_action_is_listed_in_progress_until_it_is_done():
    fleet = a_fleet()
    operate(fleet, "service", "web", "redeploy")

    fleet.advance(START + timedelta(seconds=0.5))

    (action,) = fleet.objects("action")
    assert (action["state"], action["end_date"]) == ("In progress", None)
