"""Deciding without an event: at start, at a reload, and what may be remembered."""

from datetime import timedelta

import pytest

from reactor.engine.compiled import CompiledRules
from reactor.engine.later import memory_marks
from reactor.model.gates import Gates, OnRestart, Rate, Sequel
from reactor.model.match import Reason
from reactor.model.rule import SourceSpec
from reactor.model.signal import Linked, Rechecked, Started
from tests.builders import NOON, PLACE, a_rule, a_ruleset, an_action, replace
from tests.decisions import MINUTE, Is, World, stops

CONTAINER = "/api/app/v1/container/0b0e2a4c-7d5f-4a3b-9c1d-2e3f4a5b6c7d/"


def restarted(on_restart: OnRestart) -> World:
    """A world whose process died with a timer running, and comes up after it was due."""
    rule = stops(gates=Gates(lasting=2 * MINUTE, on_restart=on_restart))
    world = World(rule).see("one", state="Stopped", resource_uri=CONTAINER)
    world.now = NOON + 10 * MINUTE
    return world.hear(Started(NOON + MINUTE))


@pytest.mark.parametrize(
    ("on_restart", "reasons"),
    [
        (OnRestart.FIRE, [Reason.FIRED]),
        (OnRestart.SKIP, [Reason.EXPIRED]),
        (OnRestart.RECHECK, []),
    ],
)
def test_a_timer_that_came_due_meanwhile(on_restart: OnRestart, reasons: list[Reason]) -> None:
    assert restarted(on_restart).reasons == reasons


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ({"state": "Stopped"}, Reason.FIRED),
        ({"state": "Running"}, Reason.ENDED),
        (None, Reason.FIRED),  # nothing contradicts what is known
    ],
)
def test_whether_it_still_holds_is_asked_of_the_object(
    found: dict[str, object] | None, reason: Reason
) -> None:
    world = restarted(OnRestart.RECHECK)
    [key] = world.decider.memory.of_rule("stops", "for")

    assert world.hear(Rechecked(key, found)).reasons == [reason]


@pytest.mark.parametrize(
    ("found", "reason"),
    [({"state": "Stopped"}, Reason.FIRED), ({"state": "Running"}, Reason.ENDED)],
)
def test_whether_it_came_back_while_nobody_was_there_is_asked_too(
    found: dict[str, object], reason: Reason
) -> None:
    sequel = Sequel(match=Is("state", "Running"), within=2 * MINUTE, comes=False)
    world = World(stops(sequel=sequel)).see("one", state="Stopped", resource_uri=CONTAINER)
    world.now = NOON + 10 * MINUTE
    world.hear(Started(NOON + MINUTE))
    [key] = world.decider.memory.of_rule("stops", "not_then")

    assert world.hear(Rechecked(key, found)).reasons == [reason]


def test_the_time_of_an_absence_does_not_grow_by_deaths() -> None:
    rule = stops(absent=10 * MINUTE, gates=Gates(marks={"absent": "m"}))
    world, spec = World(rule), SourceSpec(name="local", type="file", options={}, place=PLACE)
    world.decider.rules.ruleset = replace(a_ruleset(rule), sources={"local": spec})
    world.see("one", state="Stopped")
    for minute in range(1, 30):
        world.now = NOON + minute * MINUTE
        world.hear(Started(NOON))  # killed before it could keep that it was alive
        world.hear(Linked("local", is_connected=True))

    assert world.at(39 * MINUTE - timedelta(milliseconds=1)).told == []
    assert world.at(39 * MINUTE).reasons == [Reason.FIRED]


def test_what_nobody_can_be_asked_about_fires_as_far_as_is_known() -> None:
    rule = stops(gates=Gates(lasting=2 * MINUTE))
    world = World(rule).see("one", state="Stopped", resource_uri="/no/object")
    world.now = NOON + 10 * MINUTE

    assert world.hear(Started(NOON + MINUTE)).reasons == [Reason.FIRED]


def test_rules_that_do_not_know_a_wait_end_it() -> None:
    world = World(stops(gates=Gates(lasting=2 * MINUTE, marks={"for": "old"})))
    world.see("one", state="Stopped")
    other = a_ruleset(stops(gates=Gates(lasting=3 * MINUTE, marks={"for": "new"})))

    rules = CompiledRules(other)
    adoption = world.decider.adoption(rules, memory_marks(other), world.now)
    world.decider.adopt(rules, adoption)

    assert [row.reason for row in adoption.settlements] == [Reason.EXPIRED]
    assert world.at(5 * MINUTE).told == []


def test_an_absence_counts_from_when_the_rule_was_first_loaded() -> None:
    world = World(a_rule(name="other"))
    ruleset = a_ruleset(stops(absent=5 * MINUTE, gates=Gates(marks={"absent": "m"})))
    rules = CompiledRules(ruleset)
    for minute in (1, 3):  # the second time it is known already
        adoption = world.decider.adoption(rules, memory_marks(ruleset), NOON + minute * MINUTE)
        world.decider.adopt(rules, adoption)

    assert world.at(6 * MINUTE - timedelta(milliseconds=1)).told == []
    assert world.at(6 * MINUTE).reasons == [Reason.FIRED]


def test_an_event_that_is_gone_fires_nothing() -> None:
    world = World(stops(gates=Gates(lasting=MINUTE))).see("one", state="Stopped")
    world.events.clear()

    assert world.at(MINUTE).reasons == [Reason.EXPIRED]


def test_only_gates_that_remember_have_marks() -> None:
    gates = Gates(throttle=Rate(1, MINUTE), marks={"throttle": "m"})
    rule = a_rule(actions=(an_action(gates=gates),))

    assert not {mark for mark in memory_marks(a_ruleset(a_rule())) if mark.rule}
    assert {mark.gate for mark in memory_marks(a_ruleset(rule)) if mark.rule} == {
        *("clock", "throttle", "suppressed")
    }
