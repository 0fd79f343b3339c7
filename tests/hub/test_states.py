import pytest

from reactor.hub.states import State, is_settled, refusal, service_state, stack_state

R, P, S = State.RUNNING, State.PARTLY_RUNNING, State.STOPPED
STARTING, STOPPING, GOING, GONE = (
    State.STARTING,
    State.STOPPING,
    State.TERMINATING,
    State.TERMINATED,
)
NOT = State.NOT_RUNNING


@pytest.mark.parametrize(
    ("containers", "state"),
    [
        ([], NOT),
        ([R, R], R),
        ([R, S], P),
        ([R, STARTING], P),
        ([R, STOPPING], P),
        ([STARTING, S], STARTING),
        ([STOPPING, S], STOPPING),
        ([S, S], S),
        ([R, GOING], R),
        ([GOING, GONE], NOT),
    ],
)
def test_the_state_of_a_service_follows_from_its_containers(containers, state):
    assert service_state(containers) is state


@pytest.mark.parametrize(
    ("services", "state"),
    [
        ([], NOT),
        ([R, R], R),
        ([R, P], P),
        ([R, NOT], P),
        ([S, State.SCALING], P),
        ([State.REDEPLOYING, R], P),
        ([State.REDEPLOYING, State.REDEPLOYING], State.REDEPLOYING),
        ([S, S], S),
        ([S, NOT], S),
        ([NOT, NOT], NOT),
        ([R, GONE], R),
        ([GONE], NOT),
    ],
)
def test_the_state_of_a_stack_follows_from_its_services(services, state):
    assert stack_state(services) is state


@pytest.mark.parametrize(
    ("kind", "state", "allowed"),
    [
        ("container", R, {"stop", "redeploy", "terminate"}),
        ("container", S, {"start", "redeploy", "terminate"}),
        ("container", STARTING, set()),
        ("container", GONE, set()),
        ("service", R, {"stop", "redeploy", "terminate", "scale"}),
        ("service", P, {"stop", "redeploy", "terminate", "scale"}),
        ("service", S, {"start", "redeploy", "terminate", "scale"}),
        ("service", NOT, {"start", "terminate", "scale"}),
        ("service", State.REDEPLOYING, set()),
        ("service", State.SCALING, set()),
        ("stack", R, {"stop", "redeploy", "terminate"}),
        ("stack", NOT, {"start", "terminate"}),
    ],
)
def test_a_state_allows_what_the_documents_say(kind, state, allowed):
    verbs = ("start", "stop", "redeploy", "terminate", "scale", "dance")

    assert {verb for verb in verbs if refusal(kind, state, verb) is None} == allowed
    assert is_settled(kind, state) is bool(allowed)


def test_a_refusal_says_what_is_possible():
    assert refusal("container", R, "start") == (
        "A container that is Running does not start; possible: redeploy, stop, terminate."
    )
    assert refusal("service", State.SCALING, "stop") == (
        "No actions allowed in this state: the service is Scaling."
    )


def test_a_fleet_may_allow_more():
    assert refusal("container", STARTING, "stop", {("container", STARTING): {"stop"}}) is None
