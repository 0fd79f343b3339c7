"""The road in hears of calls back and of what `mode` waits for, and of nothing else."""

from datetime import timedelta

import pytest

from reactor.actions import ACTIONS
from reactor.delivery.signals import Signals
from reactor.engine.call import stored_call
from reactor.model.delivery import Attempt, Move
from reactor.model.gates import Gates, Mode, Overlap
from reactor.model.journal import Finished
from reactor.model.request import ObjectCall
from reactor.model.signal import CallBegan, DeliveryEnded
from reactor.model.uri import ObjectUri
from tests.builders import NOON, a_delivery, a_rule, a_ruleset, an_action, replace

UUID = "0b0e2a4c-7d5f-4a3b-9c1d-2e3f4a5b6c7d"
PATH = f"/api/app/v1/container/{UUID}/"
ACTION = f"/api/audit/v1/action/{UUID}/"
A_CALL = a_delivery(
    type="stop", action="stop", source="cloud", request=stored_call(f"POST {PATH}stop/")
)
SINGLE = Gates(mode=Mode(Overlap.SINGLE, 1))
ATTEMPT = Attempt(
    delivery_id="delivery-1",
    number=1,
    started_at=NOON,
    ended_at=NOON,
    verdict="succeeded",
    status=202,
    detail="202 Accepted",
    action_uri=ACTION,
)


@pytest.fixture
def told():
    return []


def ended(told, delivery, move=Move.SUCCEED, ruleset=None):
    signals = Signals(ruleset or a_ruleset(), ACTIONS, told.append)
    signals.ended(delivery, Finished(attempt=ATTEMPT, move=move))


def test_a_call_is_told_by_the_object_that_it_goes_to(told):
    target = ObjectUri(type="container", uuid=UUID, namespace=None, is_tutum=False)
    call = ObjectCall(
        source="cloud",
        target=target,
        steps=(),
        delivery_id="delivery-1",
        is_repeated=False,
        is_renewed=False,
        promised_at=NOON,
        timeout=timedelta(seconds=1),
    )

    Signals(a_ruleset(), ACTIONS, told.append).began(A_CALL, call)

    assert told == [CallBegan("delivery-1", "cloud", PATH)]


@pytest.mark.parametrize(
    ("move", "signals"),
    [
        (Move.SUCCEED, [DeliveryEnded("delivery-1", "cloud", ACTION)]),
        (Move.BURY, [DeliveryEnded("delivery-1", "cloud", ACTION)]),
        (Move.RETRY, []),
    ],
)
def test_a_call_that_is_over_is_told_with_what_it_became(told, move, signals):
    ended(told, A_CALL, move)

    assert told == signals


@pytest.mark.parametrize(
    ("rule", "action", "count"),
    [({}, {}, 0), ({"gates": SINGLE}, {}, 1), ({}, {"gates": SINGLE}, 1)],
)
def test_others_are_told_only_where_something_may_wait_for_them(told, rule, action, count):
    ruleset = a_ruleset(a_rule(actions=(an_action(name="webhook", **action),), **rule))

    ended(told, a_delivery(), ruleset=ruleset)
    ended(told, replace(a_delivery(), rule="another"), ruleset=ruleset)

    assert len(told) == count


def test_after_a_reload_it_goes_by_the_new_rules(told):
    signals = Signals(a_ruleset(), ACTIONS, told.append)
    waiting = a_rule(gates=SINGLE, actions=(an_action(name="webhook"),))

    signals.adopt(a_ruleset(waiting))
    signals.ended(a_delivery(), Finished(attempt=ATTEMPT, move=Move.SUCCEED))

    assert len(told) == 1
