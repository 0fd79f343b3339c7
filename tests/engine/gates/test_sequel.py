"""Whether a second event follows in time."""

from datetime import timedelta

import pytest

from reactor.model.gates import Sequel
from reactor.model.match import Reason
from tests.decisions import MINUTE, Is, World, stops

BACK = Is("state", "Running")
COMES = stops(sequel=Sequel(match=BACK, within=5 * MINUTE, comes=True))
STAYS_AWAY = stops(sequel=Sequel(match=BACK, within=5 * MINUTE, comes=False))
TICK = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("later", "reason"),
    [
        (timedelta(), Reason.FIRED),
        (5 * MINUTE - TICK, Reason.FIRED),
        (5 * MINUTE, Reason.FIRED),  # `within` includes exactly that long
        (5 * MINUTE + TICK, Reason.EXPIRED),
    ],
)
def test_then_fires_when_it_comes_in_time(later: timedelta, reason: Reason) -> None:
    world = World(COMES).see("down", state="Stopped")
    world.now += later

    assert world.see("up", state="Running").reasons == [reason]


@pytest.mark.parametrize(
    ("later", "reason"),
    [
        (5 * MINUTE - TICK, Reason.ENDED),
        (5 * MINUTE, Reason.ENDED),
        (5 * MINUTE + TICK, Reason.FIRED),
    ],
)
def test_not_then_fires_when_it_does_not(later: timedelta, reason: Reason) -> None:
    world = World(STAYS_AWAY).see("down", state="Stopped")
    world.now += later

    assert world.see("up", state="Running").reasons == [reason]


def test_not_then_fires_by_time_alone() -> None:
    world = World(STAYS_AWAY).see("down", state="Stopped")

    assert world.at(5 * MINUTE - TICK).told == []
    assert world.at(5 * MINUTE).told == [("down", "log", Reason.FIRED)]


def test_then_waits_from_the_last_match_on() -> None:
    world = World(COMES).see("one", state="Stopped").at(4 * MINUTE).see("two", state="Stopped")
    assert world.told == [("two", "log", Reason.WAITING), ("one", "*", Reason.MERGED)]

    assert world.at(8 * MINUTE).see("up", state="Running").told == [("two", "log", Reason.FIRED)]


def test_not_then_waits_from_the_first_match_on() -> None:
    world = World(STAYS_AWAY).see("one", state="Stopped").at(4 * MINUTE).see("two", state="Stopped")
    assert world.told == [("two", "log", Reason.MERGED)]

    assert world.at(5 * MINUTE).told == [("one", "log", Reason.FIRED)]


def test_another_subject_is_another_story() -> None:
    world = World(COMES).see("down", state="Stopped", resource_uri="/s/1")

    assert world.see("up", state="Running", resource_uri="/s/2").told == []
