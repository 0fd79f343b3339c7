from dataclasses import replace

import pytest

from reactor.hub.docker.baseline import lay
from reactor.hub.docker.deriving import derived_state
from reactor.hub.docker.inspection import Runtime, Specification
from reactor.hub.docker.register import Register
from reactor.hub.written import Written
from tests.hub.docker.samples import LABELS, NOW, SHOP, WEB, a_survey, an_inspection, news

ONE_OFF = {**LABELS, "com.docker.compose.oneoff": "True"}


@pytest.fixture
def register():
    register = Register(namespace=None, announce=lambda _: None, written=Written())
    lay(register, a_survey(an_inspection(), an_inspection("c2", labels=ONE_OFF)), NOW)
    return register


def derived(register, kind, uuid):
    return derived_state(register, register.get(kind, uuid))


@pytest.mark.parametrize(
    ("state", "follows"),
    [("Stopping", "Stopping"), ("Stopped", "Stopped"), ("Terminated", "Terminated")],
)
def test_a_service_and_its_stack_follow_their_members_before_it_is_told(register, state, follows):
    register.take(news(state))

    assert register.get("service", WEB).state == "Running"
    assert derived(register, "service", WEB) == derived(register, "stack", SHOP) == follows


def test_of_a_swarms_service_it_is_what_was_told(register):
    register.specifications[WEB] = Specification(
        id="s", name="web", image="nginx", wanted=3, runtime=Runtime(), created_at=NOW
    )
    register.put(replace(register.get("service", WEB), actual="Scaling"))

    assert derived(register, "service", WEB) == "Scaling"
