"""The tree is told with what was expected, what was there and what would have to be otherwise."""

import json

import pytest
from hypothesis import given

from reactor.cli.explained import (
    MAX_ACTUAL,
    explanation_fields,
    explanation_lines,
    found_instead,
)
from reactor.cli.output import json_line
from reactor.engine.explain import explain
from reactor.engine.nearest import Explanation, blockers, explain_rule
from reactor.model.match import Reason
from tests.builders import a_rule, an_event
from tests.conditions import condition
from tests.engine.trees import RECORDS, conditions

EVENT = an_event(
    state="Stopped", n=5, tags=["a", "b"], text="x" * 2000, parents=[], platform=True, uuid="e-1"
)


def explanation(match: str, unless: str | None = None, **changes: object) -> Explanation:
    exception = condition(unless, missing_is_false=True) if unless else None
    rule = a_rule(name="crash", match=condition(match), unless=exception, **changes)
    return explain_rule(rule, EVENT)


def lines(match: str, unless: str | None = None, **changes: object) -> list[str]:
    return list(explanation_lines(explanation(match, unless, **changes)))


def wish(match: str, unless: str | None = None, **changes: object) -> str:
    said = [line.strip() for line in lines(match, unless, **changes) if line.startswith(" " * 11)]
    return " ".join(said).removeprefix("would match if ")


def test_a_rule_that_matches_shows_its_values():
    assert lines("{state: Stopped, n: {gt: 4}}") == [
        "match      crash",
        "  true     match",
        '  true       state: "Stopped"  is "Stopped"',
        '  true       n: {"gt":4}       is 5',
    ]


def test_a_miss_shows_what_would_make_it_match_and_why_each_node_says_what_it_does():
    assert lines("{state: Running, code: 1, any: [{n: 5}, {not: {n: 5}}]}", "n: 5") == [
        "no match   crash: condition_false, its condition is false",
        '           would match if state were "Running" and code were 1 and n were not 5',
        "  false    match               2 of 3 do not hold",
        '  false      state: "Running"  is "Stopped"',
        "  unknown    code: 1           the field is missing",
        "  true       any",
        "  true         n: 5            is 5",
        "  false        not",
        "  true           n: 5          is 5",
        "  true     unless",
        "  true       n: 5              is 5",
    ]


def test_parts_of_an_operator_have_lines_where_its_own_does_not_tell_it_all():
    match = "{n: {gt: 4, lt: 5}, x: [{prefix: a}, b], state: [a, b], tags: {not: {prefix: a}}}"

    said = lines(match)

    assert said[-8:] == [
        '  false      n: {"gt":4,"lt":5}            is 5',
        '  true         {"gt":4}',
        '  false        {"lt":5}',
        '  unknown    x: [{"prefix":"a"},"b"]       the field is missing',
        '  unknown      {"prefix":"a"}',
        '  unknown      "b"',
        '  false      state: ["a","b"]              is "Stopped"',
        '  false      tags: {"not":{"prefix":"a"}}  is ["a","b"]',
    ]


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ("state: Running", 'state were "Running"'),
        ("state: [Running, null]", 'state were "Running" or null'),
        ("n: {gt: 9}", 'n fitted {"gt":9}'),
        ("n: [{gt: 9}, 1]", 'n fitted [{"gt":9},1]'),
        ("n: {not: [5, 6]}", "n were not 5 or 6"),
        ("n: {not: {gt: 1}}", 'n did not fit {"gt":1}'),
        ("x: {not: 5}", "x were known and not 5"),
        ("x: {not: {gt: 1}}", 'x were known and did not fit {"gt":1}'),
        ("x: {exists: true}", "x were there"),
        ("n: {exists: false}", "n were not there"),
        ("not: {n: 5}", "n were not 5"),
        ("not: {x: 5}", "x were known and not 5"),
        ("not: {n: {not: 6}}", "n were 6"),
        ("not: {n: {exists: true}}", "n were not there"),
        ("any: [{a: 1, b: 1}, {c: 1}]", "c were 1"),
        ("all: [{a: 1}, {a: 1}]", "a were 1"),
        (
            "{a: 1, b: 1, c: 1, d: 1, e: 1, f: 1}",
            "a were 1 and b were 1 and c were 1 and d were 1 and e were 1 and 1 more test",
        ),
    ],
)
def test_what_would_make_it_match_in_words(match, expected):
    assert wish(match) == expected


def test_wishes_that_do_not_fit_on_a_line_have_one_each():
    assert lines(f"{{state: {'y' * 40}, code: [1, 2], n: {{gt: 9}}}}")[1:4] == [
        f'           would match if state were "{"y" * 40}"',
        "           and code were 1 or 2",
        '           and n fitted {"gt":9}',
    ]


def test_a_rule_that_is_out_says_what_keeps_it_out():
    assert wish("n: 5", enabled=False) == "it were switched on"
    assert wish("n: 6", sources=("a", "b")) == "the event came from a or b and n were 6"


def test_what_a_rule_asks_before_its_conditions_is_shown():
    assert lines("n: 5", enabled=False)[2] == "  false    enabled: true  is false"
    assert lines("n: 5", sources=("a",))[2] == '  false    source: "a"  is "local"'
    assert lines("n: 5", sources=("a", "local"))[1] == (
        '  true     source: ["a","local"]  is "local"'
    )


@pytest.mark.parametrize(
    ("match", "changes", "found"),
    [
        ("{state: a, code: 1}", {}, 'state is "Stopped", code is missing'),
        ("{n: {gt: 9}, text: {gt: 1}}", {}, f'n is 5, text is "{"x" * 58}…'),
        ("tags: {none: [a]}", {}, 'tags is ["a","b"], some element fits'),
        ("n: 6", {"sources": ("a",)}, "the source is local, n is 5"),
    ],
)
def test_what_was_found_instead_in_words(match, changes, found):
    assert found_instead(explanation(match, **changes)) == found


def test_long_values_are_shortened_for_people():
    (row,) = lines(f"text: {'y' * 100}")[3:]

    assert row == f'  false      text: "{"y" * 58}…  is "{"x" * 58}…'


def test_json_has_the_tree_and_the_blockers():
    fields = explanation_fields(explanation("{state: Running, n: {not: [5]}}", "x: 1"), EVENT)

    tree = fields.pop("tree")
    assert fields == {
        "kind": "explanation",
        "event_id": "e-1",
        "source": "local",
        "rule": "crash",
        "sources": None,
        "truth": False,
        "reason": "condition_false",
        "blockers": [
            {"path": "state", "expected": "Running", "becomes": True},
            {"path": "n", "expected": {"not": [5]}, "becomes": True},
        ],
        "unless": {
            "kind": "test",
            "truth": False,
            "why": "the field is missing, which is false in 'unless'",
            "path": "x",
            "operator": "equals",
            "expected": 1,
            "parts": [],
        },
    }
    assert [tree["kind"], tree["truth"], tree["why"]] == ["all", False, "none of them holds"]
    assert [part["actual"] for part in tree["parts"]] == ["Stopped", 5]
    assert tree["parts"][1]["parts"][0]["operator"] == "one of"


def test_json_says_of_a_large_value_how_large_it_is():
    tree = explanation_fields(explanation("text: a"), EVENT)["tree"]

    assert "actual" not in tree
    assert (len(tree["actual_begins"]), tree["actual_bytes"]) == (MAX_ACTUAL, 2002)


@given(conditions(), RECORDS)
def test_whatever_the_condition_and_the_event_it_can_be_told(tree, record):
    said = explain(tree, record, record.unknown)
    reason = None if said.truth else Reason.CONDITION_FALSE
    found = Explanation(
        rule=a_rule(),
        source="local",
        reason=reason,
        match=said,
        unless=said,
        blockers=blockers(said),
    )

    assert all(line.strip() for line in explanation_lines(found))
    assert json.loads(json_line(explanation_fields(found, EVENT)))["truth"] in (True, False, None)
