"""Which sources are connected: see also gates/test_absent.py."""

from datetime import timedelta

from reactor.engine.draft import Draft, Situation
from reactor.engine.links import is_counting, link
from reactor.model.rule import SourceSpec
from tests.builders import NOON, PLACE, a_ruleset, replace
from tests.decisions import World, stops

RULE = stops(absent=timedelta(minutes=5), sources=("a", "b"))


def test_one_connected_source_is_enough_and_of_what_no_word_came_it_is_assumed() -> None:
    sources = {name: SourceSpec(name=name, type="file", options={}, place=PLACE) for name in "ab"}
    world = World(RULE)
    world.decider.rules.ruleset = replace(a_ruleset(RULE), sources=sources)
    situation = Situation(rules=world.decider.rules, actions={}, memory=world.decider.memory)
    draft = Draft(situation, NOON)
    assert is_counting(draft, RULE)

    link(draft, "a", is_connected=False)
    assert is_counting(draft, RULE)
    link(draft, "b", is_connected=False)
    assert not is_counting(draft, RULE)
    link(draft, "a", is_connected=True)

    assert is_counting(draft, RULE)
