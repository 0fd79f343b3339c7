"""What becomes of a swarm service's specification."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.platforms.docker.services import (
    FORMER,
    labels_of,
    redeployed,
    replicas,
    scaled,
    started,
    stopped,
)


def a_spec(count=3, **labels):
    return {
        "Name": "web",
        "Labels": {"team": "shop", **labels},
        "TaskTemplate": {"ContainerSpec": {"Image": "nginx"}, "ForceUpdate": 4},
        "Mode": {"Replicated": {"Replicas": count}},
        "EndpointSpec": {"Mode": "vip"},
    }


def test_a_redeployed_service_differs_in_nothing_but_the_count_of_such_updates():
    changed = redeployed(a_spec())

    assert changed["TaskTemplate"] == {"ContainerSpec": {"Image": "nginx"}, "ForceUpdate": 5}
    assert {**changed, "TaskTemplate": None} == {**a_spec(), "TaskTemplate": None}


def test_the_first_redeploy_is_counted_too():
    assert redeployed({"TaskTemplate": {"ContainerSpec": {}}})["TaskTemplate"] == {
        "ContainerSpec": {},
        "ForceUpdate": 1,
    }


@given(st.integers(min_value=1, max_value=10_000))
def test_a_service_that_was_stopped_starts_as_it_was(count):
    assert started(stopped(a_spec(count))) == a_spec(count)


def test_a_stopped_service_shows_what_it_had():
    assert stopped(a_spec(3)) == a_spec(0, **{FORMER: "3"})


def test_what_is_stopped_or_started_already_stays_as_it_is():
    assert stopped(a_spec(0)) == a_spec(0)
    assert started(a_spec(2, **{FORMER: "5"})) == a_spec(2, **{FORMER: "5"})


@pytest.mark.parametrize("written", ["", "0", "-1", "many", "1" * 5000])
def test_a_service_that_others_stopped_starts_with_one(written):
    assert replicas(started(a_spec(0, **{FORMER: written}))) == 1


def test_a_service_has_as_many_replicas_as_it_is_scaled_to():
    assert scaled(a_spec(3), 7) == a_spec(7)


def test_labels_for_reactor_that_a_service_gives_its_containers_are_its_own_too():
    given = {"reactor.enable": "true", "tier": "front"}
    own = {"reactor.enable": "false", "reactor.team": "a", "tier": "back"}
    spec = {"Labels": own, "TaskTemplate": {"ContainerSpec": {"Labels": given}}}

    assert labels_of(spec) == {"reactor.enable": "true", "reactor.team": "a", "tier": "back"}
    assert labels_of(None) == {}


@pytest.mark.parametrize("mode", [{"Global": {}}, {"ReplicatedJob": {"MaxConcurrent": 1}}, None])
def test_other_modes_have_no_number_of_replicas(mode):
    assert replicas({"Mode": mode}) is None
