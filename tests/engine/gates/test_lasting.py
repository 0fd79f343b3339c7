"""What passes `for` is what lasts."""

from datetime import timedelta

import pytest

from reactor.engine.gates.clock import PATIENCE
from reactor.engine.selector import parse_path
from reactor.model.gates import Gates
from reactor.model.match import Reason
from tests.builders import an_action
from tests.decisions import MINUTE, World, stops

LASTING = stops(gates=Gates(lasting=2 * MINUTE))


def test_it_fires_once_when_its_time_is_over_with_the_event_that_began_it() -> None:
    world = World(LASTING).see("one", state="Stopped")
    assert world.told == [("one", "log", Reason.WAITING)]

    assert world.at(2 * MINUTE).told == [("one", "log", Reason.FIRED)]
    [delivery] = world.last.deliveries
    assert delivery.event_id == "one"


def test_a_repeat_does_not_start_it_anew() -> None:
    world = World(LASTING).see("one", state="Stopped").at(MINUTE).see("two", state="Stopped")
    assert world.told == [("two", "log", Reason.MERGED)]

    assert world.at(2 * MINUTE).told == [("one", "log", Reason.FIRED)]


def test_it_does_not_fire_again_until_the_condition_ended() -> None:
    world = World(LASTING).see("one", state="Stopped").at(2 * MINUTE).see("two", state="Stopped")
    assert world.told == [("two", "log", Reason.INCIDENT)]

    world.see("up", state="Running").see("three", state="Stopped")

    assert world.told == [("three", "log", Reason.WAITING)]


def test_false_ends_it_and_unknown_does_not() -> None:
    world = World(LASTING).see("one", state="Stopped").see("what", other=1)
    assert world.told == []

    assert world.see("up", state="Running").told == [("one", "*", Reason.ENDED)]
    assert world.at(5 * MINUTE).told == []


@pytest.mark.parametrize(("still", "told"), [("Stopped", 1), ("Running", 0)])
def test_a_key_waits_until_none_of_its_subjects_is_left(still: str, told: int) -> None:
    by_service = stops(gates=Gates(lasting=2 * MINUTE), group_by=())
    world = World(by_service).see("one", state="Stopped", resource_uri="/s/1")
    world.see("two", state="Stopped", resource_uri="/s/2")

    world.see("up", state="Running", resource_uri="/s/1")
    world.see("other", state=still, resource_uri="/s/2")

    assert len(world.at(2 * MINUTE).last.deliveries) == told


def test_where_a_source_names_no_subjects_the_key_tells_them_apart() -> None:
    rule = stops(gates=Gates(lasting=2 * MINUTE), group_by=(parse_path("host"),))
    world = World(rule).see("a", state="Stopped", host="a", resource_uri="")

    assert world.see("b", state="Running", host="b", resource_uri="").told == []
    assert world.see("up", state="Running", host="a", resource_uri="").reasons == [Reason.ENDED]


def test_another_subjects_clock_does_not_delay_it() -> None:
    world = World(LASTING)
    ahead = (world.now + 5 * MINUTE).isoformat()
    world.see("ahead", state="Running", resource_uri="/s/2", datetime=ahead)
    world.see("ahead too", state="Stopped", resource_uri="/s/2", datetime=ahead)

    world.see("one", state="Stopped")

    assert world.at(2 * MINUTE).told == [("one", "log", Reason.FIRED)]


def test_of_what_comes_late_the_end_may_come_behind_it() -> None:
    world = World(LASTING)
    began, world.now = world.now, world.now + 5 * MINUTE
    world.see("one", state="Stopped", datetime=began.isoformat())

    world.see("up", state="Running", datetime=(began + MINUTE).isoformat())

    assert world.told == [("one", "*", Reason.ENDED)]


def test_what_came_late_and_lasts_fires_a_little_later() -> None:
    world = World(LASTING)
    began, world.now = world.now, world.now + 5 * MINUTE
    world.see("one", state="Stopped", datetime=began.isoformat())

    assert world.at(5 * MINUTE + PATIENCE).told == [("one", "log", Reason.FIRED)]


def test_the_timer_comes_before_an_event_of_the_same_moment() -> None:
    world = World(LASTING).see("one", state="Stopped")
    world.now += 2 * MINUTE

    world.see("up", state="Running")

    assert world.told == [("one", "log", Reason.FIRED)]


def test_an_actions_own_for_waits_for_it_alone() -> None:
    actions = (an_action(), an_action(name="slow", gates=Gates(lasting=timedelta(minutes=1))))
    world = World(stops(actions=actions)).see("one", state="Stopped")
    assert world.told == [("one", "log", Reason.FIRED), ("one", "slow", Reason.WAITING)]

    assert world.at(MINUTE).told == [("one", "slow", Reason.FIRED)]
