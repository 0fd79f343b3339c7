"""The exam that every action must pass, whatever it does."""

import pytest

from reactor.actions import ACTIONS
from reactor.engine.promise import BODY
from reactor.engine.template import compile_template
from reactor.model.errors import DestinationRemoved, RenderFailed
from reactor.model.protocols import Field, Landing
from reactor.model.request import Fault, HttpRequest, ObjectCall, Outcome, Response, Verdict
from reactor.model.secret import Secret
from tests.builders import NO_SECRETS, NOON, a_delivery, a_destination, an_action, replace
from tests.engine.hostile_uris import HOSTILE

NAMES = {
    "rule": "web crashed",
    "event": {"subject": "/api/c/1/", "data": {}},
    BODY: {"type": "reactor.firing"},
    "service": {"uri": "/api/app/v1/service/0b0e2a4c-7d5f-4a3b-9c1d-2e3f4a5b6c7d/"},
}
DESTINATION = a_destination(url=Secret("http://127.0.0.1:9/s3cret"), secret=(Secret("s3cret"),))
REDEPLOY = compile_template("POST {{ service.uri }}redeploy/", Landing.CALL)
VALUES = {"webhook": "ops", "slack": "ops", "log": "info", "rest": REDEPLOY}
SENDING = [name for name, action in ACTIONS.items() if action.destination_types]
CALLING = [name for name, action in ACTIONS.items() if action.calls_back]

every_action = pytest.mark.parametrize("name", ACTIONS)
every_sending_action = pytest.mark.parametrize("name", SENDING)
every_calling_action = pytest.mark.parametrize("name", CALLING)
every_judging_action = pytest.mark.parametrize("name", SENDING + CALLING)


def a_promise(name, names=NAMES):
    action = an_action(
        name=name,
        type=name,
        value=VALUES.get(name, "service"),
        destination="ops",
        parameters={"to": 3} if name == "scale" else {},
    )
    request = ACTIONS[name].render(action, names, NO_SECRETS)
    return a_delivery(type=name, source="cloud", request=request, attempts=1)


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


@every_calling_action
def test_every_attempt_but_the_first_is_known_as_a_repetition(name):
    delivery = a_promise(name)

    calls = [effect(name, replace(delivery, attempts=n)) for n in (1, 2)]

    assert [call.is_repeated for call in calls] == [False, True]
    assert {call.delivery_id for call in calls} == {delivery.id}


@every_calling_action
def test_a_call_names_a_source_and_no_host(name):
    call = effect(name)

    assert isinstance(call, ObjectCall)
    assert call.source == "cloud"
    assert call.target.path(None) == NAMES["service"]["uri"]
    assert "//" not in repr(call)


@every_calling_action
def test_no_hostile_address_makes_a_call(name):
    for uri in HOSTILE:
        with pytest.raises(RenderFailed):
            a_promise(name, {**NAMES, "service": {"uri": uri}})


@every_sending_action
def test_without_its_destination_it_says_so(name):
    with pytest.raises(DestinationRemoved):
        ACTIONS[name].build(a_promise(name), None, NO_SECRETS, NOON)


def expected(status):
    if 200 <= status < 300:
        return Verdict.SUCCEEDED
    is_retried = status in (408, 425, 429) or status < 200 or status >= 500
    return Verdict.RETRY if is_retried else Verdict.BURY


@every_judging_action
def test_every_status_has_its_verdict(name):
    verdicts = {n: ACTIONS[name].judge(Response(status=n)).verdict for n in range(100, 1000)}

    assert verdicts == {n: expected(n) for n in range(100, 1000)}


@every_judging_action
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
