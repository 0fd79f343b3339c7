"""Only in these times, or only outside of them."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from reactor.engine.gates.hours import closed
from reactor.model.gates import Gates, Hours, Otherwise, Rate
from reactor.model.interval import Interval
from reactor.model.match import Reason
from tests.builders import NOON
from tests.decisions import MINUTE, World, stops

LUNCH = Interval(zone=ZoneInfo("UTC"), begin=time(10, 20), end=time(11, 20))
"""From before NOON, which is at 10:20:30, to an hour later."""
END = timedelta(minutes=59, seconds=30)


def shut(otherwise: Otherwise, **others: object) -> World:
    hours = Hours({"lunch": LUNCH}, inside=False, otherwise=otherwise)
    return World(stops(gates=Gates(hours=(hours,), **others)))  # type: ignore[arg-type] -- by name


@pytest.mark.parametrize(
    ("inside", "at", "is_closed"),
    [
        (True, datetime(2031, 5, 6, 10, 19, 59, tzinfo=UTC), True),
        (True, datetime(2031, 5, 6, 10, 20, tzinfo=UTC), False),
        (True, datetime(2031, 5, 6, 11, 20, tzinfo=UTC), True),  # the end is outside
        (False, datetime(2031, 5, 6, 11, 19, 59, tzinfo=UTC), True),
        (False, datetime(2031, 5, 6, 11, 20, tzinfo=UTC), False),
    ],
)
def test_it_is_closed_outside_of_its_time(inside: bool, at: datetime, is_closed: bool) -> None:
    hours = Hours({"lunch": LUNCH}, inside=inside)

    assert (closed((hours,), at) is hours) is is_closed


def test_what_is_dropped_says_when_it_opens() -> None:
    [row] = shut(Otherwise.DROP).see("one", state="Stopped").last.evaluations

    assert row.reason is Reason.OUTSIDE_TIME
    assert row.gates[-1]["opens_at"] == "2031-05-06T11:20:00.000000Z"


def test_what_is_held_fires_when_it_opens_if_nothing_else_was_heard() -> None:
    world = shut(Otherwise.HOLD).see("one", state="Stopped").see("two", state="Stopped")
    assert world.reasons == [Reason.MERGED]

    assert world.at(END).told == [("one", "log", Reason.FIRED)]


def test_what_is_held_ends_with_the_condition() -> None:
    world = shut(Otherwise.HOLD).see("one", state="Stopped")

    assert world.see("up", state="Running").reasons == [Reason.ENDED]
    assert world.at(END).told == []


def test_what_is_held_for_several_ends_with_the_last_of_them() -> None:
    world = shut(Otherwise.HOLD).see("one", state="Stopped")
    world.see("two", state="Stopped", resource_uri="/s/2")

    assert world.see("up", state="Running").told == []
    assert world.at(END).told == [("one", "log", Reason.FIRED)]


def test_of_two_times_that_are_shut_one_match_waits() -> None:
    until_noon = Interval(zone=ZoneInfo("UTC"), begin=time(12), end=time(13))
    every = (
        Hours({"lunch": LUNCH}, inside=False, otherwise=Otherwise.HOLD),
        Hours({"later": until_noon}, inside=True, otherwise=Otherwise.HOLD),
    )
    world = World(stops(gates=Gates(hours=every))).see("one", state="Stopped")
    world.at(END).see("two", state="Stopped")  # the first is open by now

    assert world.reasons == [Reason.MERGED]
    assert world.at(timedelta(hours=2)).told == [("one", "log", Reason.FIRED)]


def test_a_digest_tells_how_many_there_were() -> None:
    world = shut(Otherwise.DIGEST)
    for number in range(3):
        world.see(str(number), state="Stopped")
    world.see("up", state="Running")  # what was gathered happened

    [row] = world.at(END).last.settlements
    assert (row.event_id, row.reason) == ("0", Reason.FIRED)


def test_the_gates_behind_see_what_comes_when_it_opens() -> None:
    world = shut(Otherwise.HOLD, throttle=Rate(1, timedelta(hours=1)))
    world.see("one", state="Stopped").at(END + MINUTE)

    assert world.see("two", state="Stopped", resource_uri="/s/2").reasons == [Reason.THROTTLED]
    assert world.now == NOON + END + MINUTE
