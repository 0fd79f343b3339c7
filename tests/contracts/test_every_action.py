"""The exam that every action must pass, whatever it does."""

from dataclasses import replace

import pytest

from reactor.actions import ACTIONS
from reactor.engine.plan import BODY
from reactor.model.errors import DestinationRemoved
from reactor.model.protocols import Field
from reactor.model.request import Fault, HttpRequest, Outcome, Response, Verdict
from reactor.model.secret import Secret
from tests.builders import NO_SECRETS, NOON, a_delivery, a_destination, an_action

NAMES = {
    "rule": "web crashed",
    "event": {"subject": "/api/c/1/", "data": {}},
    BODY: {"type": "reactor.firing"},
}
DESTINATION = a_destination(url=Secret("http://127.0.0.1:9/s3cret"), secret=Secret("s3cret"))
SENDING = [name for name, action in ACTIONS.items() if action.destination_types]

every_action = pytest.mark.parametrize("name", ACTIONS)
every_sending_action = pytest.mark.parametrize("name", SENDING)


def a_promise(name):
    action = an_action(name=name, type=name, value="info", destination="ops")
    return a_delivery(type=name, request=ACTIONS[name].render(action, NAMES, NO_SECRETS))


def effect(name, delivery=None):
    return ACTIONS[name].build(delivery or a_promise(name), DESTINATION, NO_SECRETS, NOON)


@every_action
def test_it_says_what_it_accepts(name):
    declared = [ACTIONS[name].value, *ACTIONS[name].fields.values()]

    assert all(isinstance(field, Field) and field.about.endswith(".") for field in declared)


@every_action
def test_rendering_and_building_depend_on_nothing_else(name):
    assert a_promise(name) == a_promise(name)
    assert effect(name) == effect(name)


@every_action
def test_what_is_stored_holds_neither_address_nor_secret(name):
    assert "s3cret" not in repr(a_promise(name))


@every_sending_action
def test_every_attempt_carries_the_same_id(name):
    delivery = a_promise(name)

    first, tenth = effect(name, delivery), effect(name, replace(delivery, attempts=10))

    for sent in (first, tenth):
        assert isinstance(sent, HttpRequest)
        assert sent.headers["webhook-id"] == sent.headers["idempotency-key"] == delivery.id


@every_sending_action
def test_without_its_destination_it_says_so(name):
    with pytest.raises(DestinationRemoved):
        ACTIONS[name].build(a_promise(name), None, NO_SECRETS, NOON)


def expected(status):
    if 200 <= status < 300:
        return Verdict.SUCCEEDED
    is_retried = status in (408, 425, 429) or status < 200 or status >= 500
    return Verdict.RETRY if is_retried else Verdict.BURY


@every_sending_action
def test_every_status_has_its_verdict(name):
    verdicts = {n: ACTIONS[name].judge(Response(status=n)).verdict for n in range(100, 1000)}

    assert verdicts == {n: expected(n) for n in range(100, 1000)}


@every_sending_action
@pytest.mark.parametrize("fault", Fault)
def test_no_fault_is_a_success(name, fault):
    outcome = ACTIONS[name].judge(Response(fault=fault, detail="no connection"))

    assert outcome.verdict is (Verdict.BURY if fault is Fault.INVALID else Verdict.RETRY)


@every_action
def test_what_the_other_side_says_does_not_come_back_in_the_outcome(name):
    response = Response(status=403, body=b"http://127.0.0.1:9/s3cret is forbidden")

    outcome = ACTIONS[name].judge(response)

    assert isinstance(outcome, Outcome)
    assert "s3cret" not in outcome.detail
