"""Which rules are asked about an event."""

import pytest

from reactor.engine.compiled import CompiledRules
from reactor.model.event import Record
from tests.builders import a_rule, a_ruleset
from tests.conditions import condition

STOPPED = Record({"state": "Stopped"}, platform=True)


def asked(source, record, *rules):
    return [rule.name for rule in CompiledRules(a_ruleset(*rules)).possible(source, record)]


def a_rule_for(name, text="state: Stopped", **keys):
    return a_rule(name=name, match=condition(text), **keys)


def test_rules_come_in_the_order_of_the_file():
    rules = [a_rule_for(f"rule {number}") for number in range(20)]

    assert asked("local", STOPPED, *rules) == [f"rule {number}" for number in range(20)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [("local", ["all", "named", "both"]), ("cloud", ["all", "both"]), ("other", ["all"])],
)
def test_a_rule_hears_its_sources_only(source, expected):
    rules = (
        a_rule_for("all"),
        a_rule_for("named", sources=("local",)),
        a_rule_for("both", sources=("cloud", "local")),
    )

    assert asked(source, STOPPED, *rules) == expected


def test_a_rule_that_is_off_is_not_asked():
    assert asked("local", STOPPED, a_rule_for("off", enabled=False)) == []


def test_a_rule_is_possible_only_as_long_as_a_lookup_could_make_it_true():
    rules = (
        a_rule_for("waits", "{state: Stopped, service.name: web}"),
        a_rule_for("cannot", "{absent: 1, service.name: web}"),
    )
    unknown = Record(STOPPED.fields, platform=True, unknown={"service": "not asked"})

    assert asked("cloud", unknown, *rules) == ["waits"]
