"""What the tests of a rule show of its gates, and what they do not."""

from datetime import timedelta

import pytest

from reactor.engine.coverage import Covered, covered
from reactor.model.gates import After, Gates, Hours, Rate, Sequel
from reactor.model.match import Evaluation, Reason, Settlement
from tests.builders import NOON, Says, a_rule, an_action

MINUTE = timedelta(minutes=1)
ON_RULE = Gates(lasting=MINUTE, throttle=Rate(1, MINUTE))
ON_ACTION = Gates(after=After(2, MINUTE))
RULE = a_rule(
    gates=ON_RULE, actions=(an_action(gates=ON_ACTION), an_action(name="off", enabled=False))
)


def said(gate, reason=None, action=None):
    return {"gate": gate, "action": action, "reason": reason}


def row(reason, *gates, minute=0, settles=False, action="log"):
    made = Settlement if settles else Evaluation
    at = NOON + minute * MINUTE
    return made(
        event_id="e",
        source="s",
        rule="r",
        action=action,
        reason=reason,
        at=at,
        key="[]",
        gates=gates,
    )


def counted(*rows, rule=RULE):
    return {(each.action, each.gate): (each.passed, each.held) for each in covered(rule, rows)}


def test_gates_are_told_in_the_order_in_which_matches_come_to_them():
    rule = a_rule(
        absent=MINUTE,
        sequel=Sequel(match=Says(True), within=MINUTE, comes=False),
        gates=Gates(hours=(Hours({}, inside=False),), throttle=Rate(1, MINUTE)),
        actions=(an_action(gates=Gates(lasting=MINUTE)),),
    )

    names = [(each.action, each.gate) for each in covered(rule, ())]

    assert names == [
        (None, "absent"),
        (None, "not_then"),
        (None, "not_during"),
        (None, "throttle"),
        ("log", "for"),
    ]


def test_what_waited_was_held_and_went_on_when_more_came_after_it():
    waiting = said("for", Reason.WAITING)
    below = said("after", Reason.BELOW_COUNT, "log")

    first = row(Reason.WAITING, waiting)
    later = row(Reason.BELOW_COUNT, waiting, said("throttle"), below, minute=1, settles=True)

    assert counted(first) == {
        (None, "for"): (0, 1),
        (None, "throttle"): (0, 0),
        ("log", "after"): (0, 0),
    }
    assert counted(first, later) == {
        (None, "for"): (1, 1),
        (None, "throttle"): (1, 0),
        ("log", "after"): (0, 1),
    }


def test_what_a_rules_own_gate_said_counts_once_for_all_actions():
    held = said("throttle", Reason.THROTTLED)

    rows = [row(Reason.THROTTLED, held, action=name) for name in ("log", "other")]

    assert counted(*rows)[None, "throttle"] == (0, 1)


def test_open_hours_are_said_once_for_both_gates():
    hours = (Hours({}, inside=True), Hours({}, inside=False))

    found = counted(row(Reason.FIRED, said("during")), rule=a_rule(gates=Gates(hours=hours)))

    assert found == {(None, "during"): (1, 0), (None, "not_during"): (1, 0)}


@pytest.mark.parametrize(
    ("use", "gap"),
    [
        (Covered(action=None, gate="throttle"), "throttle never reached"),
        (Covered(action="slack", gate="after"), "after of slack never reached"),
        (Covered(action=None, gate="throttle", passed=1), "throttle never held anything back"),
        (Covered(action=None, gate="for", held=1), "for never let anything pass"),
        (Covered(action=None, gate="throttle", passed=1, held=1), None),
        (Covered(action=None, gate="absent", passed=1), None),
    ],
)
def test_a_gap_is_told_in_words(use, gap):
    assert use.gap == gap
