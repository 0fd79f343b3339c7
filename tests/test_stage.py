"""The virtual world of a test: time, deliveries and restarts in it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reactor.actions import ACTIONS
from reactor.model.gates import Gates, Mode, Overlap, Rate
from reactor.model.match import Reason
from reactor.stage import START, Stage
from tests.builders import Says, a_rule, a_ruleset, an_action, an_event

SECOND = timedelta(seconds=1)
ONE = Gates(mode=Mode(Overlap.SINGLE, 1))


def stage(**changes):
    hook = an_action(name="hook", type="webhook", value="", destination="ops")
    rule = a_rule(**{"actions": (hook,), **changes})
    return Stage(rule, a_ruleset(rule), ACTIONS)


def send(on, number, **frame):
    missed = on.send(an_event(at=on.now, identity=f"e-{number}", **frame))
    return missed, told(on)


def told(on):
    rows, faults = on.take()
    assert faults == ()
    return [(row.event_id, row.reason) for row in rows]


def test_it_begins_at_its_start_with_an_empty_memory():
    on = stage(gates=Gates(throttle=Rate(1, 5 * SECOND)))

    assert on.now == START
    assert send(on, 1) == (None, [("e-1", Reason.FIRED)])
    assert send(on, 2) == (None, [("e-2", Reason.THROTTLED)])
    assert told(on) == []


def test_a_rule_that_does_not_match_says_why():
    on = stage(match=Says(False))

    assert send(on, 1) == (Reason.CONDITION_FALSE, [])


def test_an_event_that_comes_again_is_a_duplicate():
    on = stage()

    assert send(on, 1) == (None, [("e-1", Reason.FIRED)])
    assert send(on, 1) == (None, [])


def test_timers_come_due_in_their_order_and_at_the_end_of_the_time_that_passes():
    on = stage(gates=Gates(lasting=2 * SECOND))
    for number in (1, 2):
        send(on, number, resource_uri=f"/{number}")
        on.pass_time(on.now + SECOND)

    assert told(on) == [("e-1", Reason.FIRED)]
    on.pass_time(on.now + SECOND)
    assert told(on) == [("e-2", Reason.FIRED)]


@pytest.mark.parametrize(
    ("status", "second"),
    [(200, Reason.FIRED), (302, Reason.FIRED), (404, Reason.FIRED), (503, Reason.MODE)],
)
def test_attempts_are_judged_and_repeated_as_by_the_dispatcher(status, second):
    on = stage(gates=ONE)
    on.respond({"hook": status})
    send(on, 1)

    assert send(on, 2)[1] == [("e-2", second)]
    on.respond({"hook": 200})
    on.pass_time(on.now + SECOND)
    assert send(on, 3)[1] == [("e-3", Reason.FIRED)]


def test_what_is_under_way_ends_before_a_later_timer_comes_due():
    on = stage(gates=replace(ONE, lasting=2 * SECOND))
    on.respond({"hook": 500})
    send(on, 1, resource_uri="/1")
    on.pass_time(on.now + 1.5 * SECOND)
    send(on, 2, resource_uri="/2")
    on.pass_time(on.now + SECOND)
    on.respond({"hook": 200})

    on.pass_time(on.now + SECOND)

    assert told(on) == [("e-1", Reason.FIRED), ("e-2", Reason.FIRED)]


def test_a_restart_goes_on_with_the_memory_that_the_journal_would_have():
    on = stage(gates=Gates(lasting=2 * SECOND, marks={"for": "mark"}))
    send(on, 1)

    on.restart()
    on.pass_time(on.now + 2 * SECOND)

    assert told(on) == [("e-1", Reason.FIRED)]
