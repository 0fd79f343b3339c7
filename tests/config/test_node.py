"""The rule file as data with places, and the collector of mistakes."""

import pytest

from reactor.config.node import (
    Entry,
    Items,
    Node,
    Problems,
    Scalar,
    Table,
    did_you_mean,
    kind_of,
    plain,
)
from reactor.model.problem import Place, Problem

PLACE = Place("rules.yaml", 3, 5)


def scalar(value: str | float | bool | None) -> Scalar:
    return Scalar(place=PLACE, value=value)


def items(*values: Node) -> Items:
    return Items(place=PLACE, items=values)


def table(**values: Node) -> Table:
    entries = {key: Entry(key_place=PLACE, value=value) for key, value in values.items()}
    return Table(place=PLACE, entries=entries)


def test_a_node_becomes_plain_data():
    node = table(
        name=scalar("web"), codes=items(scalar(0), scalar(143)), more=table(x=scalar(None))
    )

    assert plain(node) == {"name": "web", "codes": [0, 143], "more": {"x": None}}


@pytest.mark.parametrize(
    ("node", "kind"),
    [
        (scalar("web"), "a text"),
        (scalar(1), "a number"),
        (scalar(1.5), "a number"),
        (scalar(True), "true or false"),
        (scalar(None), "null"),
        (items(), "a list"),
        (table(), "a mapping"),
    ],
)
def test_a_node_is_called_as_people_call_it(node, kind):
    assert kind_of(node) == kind


def test_a_mistake_is_noted_under_the_rule_that_is_being_read():
    problems = Problems()
    problems.rule = "web crashed"

    problems.note(PLACE, "odd", "try even")
    problems.warn(PLACE, "strange")

    assert problems.found == [
        Problem(place=PLACE, message="odd", rule="web crashed", hint="try even")
    ]
    assert problems.warnings == [Problem(place=PLACE, message="strange", rule="web crashed")]


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("throtle", "did you mean 'throttle'?"),
        ("grup_by", "did you mean 'group_by'?"),
        ("xyz", None),
    ],
)
def test_a_misspelt_word_gets_a_hint(word, hint):
    assert did_you_mean(word, ["throttle", "group_by", "match"]) == hint
