"""What fields held at a subject's previous event."""

from typing import cast

import pytest

from reactor.engine import previous
from reactor.engine.changed import Changed
from reactor.engine.condition import Test
from reactor.engine.operators import Plain
from reactor.engine.previous import MOST_LETTERS
from reactor.engine.selector import DottedPath, parse_path
from reactor.model.match import Reason
from reactor.model.rule import Rule
from tests.builders import a_rule
from tests.decisions import World


def equals(value: object) -> Plain:
    return Plain("equals", value, lambda found: found == value)


def changes(before: object, after: object, *groups: str) -> Rule:
    """A rule about a state that went from one to the other."""
    operator = Changed(("state", groups), equals(before), equals(after))
    path = cast("DottedPath", parse_path("state"))
    return a_rule(match=Test(path, operator), group_by=tuple(map(parse_path, groups)))


def fired(world: World, identity: str, **frame: object) -> bool:
    return world.see(identity, **frame).reasons == [Reason.FIRED]


@pytest.mark.parametrize(
    ("states", "fires"),
    [
        (["Running", "Stopped"], True),
        (["Stopped"], False),  # nothing is known of before
        (["Starting", "Stopped"], False),
        (["Running", None, "Stopped"], True),  # the last event that had the field
        (["Running", "Starting", "Stopped"], False),
    ],
)
def test_a_change_is_from_one_to_the_other(states: list[str | None], fires: bool) -> None:
    world, found = World(changes("Running", "Stopped")), False
    for number, state in enumerate(states):
        found = fired(world, str(number), **({"state": state} if state else {}))

    assert found is fires


def test_each_subject_has_its_own_past() -> None:
    world = World(changes("Running", "Stopped"))

    assert not fired(world, "1", state="Running", resource_uri="/s/1")
    assert not fired(world, "2", state="Stopped", resource_uri="/s/2")
    assert fired(world, "3", state="Stopped", resource_uri="/s/1")


def test_a_subject_is_the_same_though_its_group_was_not_known_before() -> None:
    world = World(changes("Running", "Stopped", "service"))
    world.see("1", state="Running")  # could not match: nothing was looked up

    assert fired(world, "2", state="Stopped", service="web")


def test_where_a_source_names_no_subjects_the_group_tells_them_apart() -> None:
    world = World(changes("up", "down", "host"))
    for number, (host, state) in enumerate([("a", "up"), ("b", "up")]):
        world.see(str(number), resource_uri="", host=host, state=state)

    assert fired(world, "a down", resource_uri="", host="a", state="down")
    assert fired(world, "b down", resource_uri="", host="b", state="down")


def test_a_value_that_is_too_large_is_not_known() -> None:
    large = "x" * MOST_LETTERS
    world = World(changes(large, "Stopped"))
    world.see("1", state=large)

    assert not fired(world, "2", state="Stopped")


def test_beyond_the_limit_nothing_is_known_and_it_is_said_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(previous, "MOST_VALUES", 1)  # a million else
    world = World(changes("Running", "Stopped"))
    world.see("1", state="Running", resource_uri="/s/1")
    said = world.see("2", state="Running", resource_uri="/s/2").notices
    again = world.see("3", state="Running", resource_uri="/s/3").notices

    assert (len(said), len(again)) == (1, 0)
    assert not fired(world, "4", state="Stopped", resource_uri="/s/2")
    assert fired(world, "5", state="Stopped", resource_uri="/s/1")


def test_a_value_that_stays_is_written_once() -> None:
    world = World(changes("Running", "Stopped"))

    assert world.see("1", state="Running").last.memory
    assert not world.see("2", state="Running").last.memory
    assert world.see("3", state=1).last.memory
    assert world.see("4", state=True).last.memory  # 1 is not true
