"""What must not stay away."""

from datetime import timedelta

from reactor.model.gates import Gates
from reactor.model.match import Reason
from reactor.model.rule import SourceSpec
from reactor.model.signal import Linked
from tests.builders import NO_SECRETS, PLACE, a_ruleset, replace
from tests.decisions import MINUTE, World, stops

ABSENT = stops(absent=5 * MINUTE, gates=Gates(marks={"absent": "m"}))


def test_it_fires_once_when_nothing_matched_for_so_long() -> None:
    world = World(ABSENT).see("one", state="Stopped")
    assert world.told == []

    assert world.at(5 * MINUTE - timedelta(milliseconds=1)).told == []
    assert world.at(5 * MINUTE).told == [("", "log", Reason.FIRED)]
    assert world.at(20 * MINUTE).told == []


def test_a_match_starts_the_time_again_also_after_it_fired() -> None:
    world = World(ABSENT).see("one", state="Stopped").at(4 * MINUTE).see("two", state="Stopped")
    assert world.at(9 * MINUTE).reasons == [Reason.FIRED]

    world.at(20 * MINUTE).see("three", state="Stopped")

    assert world.at(25 * MINUTE).reasons == [Reason.FIRED]


def test_what_does_not_match_changes_nothing() -> None:
    world = World(ABSENT).see("one", state="Stopped").at(4 * MINUTE).see("up", state="Running")

    assert world.at(5 * MINUTE).reasons == [Reason.FIRED]


def test_time_without_a_connected_source_does_not_count() -> None:
    world = World(ABSENT)
    spec = SourceSpec(name="local", type="file", options={}, place=PLACE)
    rules = world.decider.rules
    rules.ruleset = replace(a_ruleset(ABSENT), sources={"local": spec}, vault=NO_SECRETS)
    world.see("one", state="Stopped")

    world.at(MINUTE).hear(Linked("local", is_connected=False))
    world.at(31 * MINUTE).hear(Linked("local", is_connected=True))

    assert world.at(35 * MINUTE - timedelta(milliseconds=1)).told == []
    assert world.at(35 * MINUTE).reasons == [Reason.FIRED]
