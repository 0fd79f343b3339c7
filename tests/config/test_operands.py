"""What stands behind an operator: every mistake is told, and what was written is kept."""

import pytest

from reactor.config.node import Entry, Items, Problems, Scalar, Table
from reactor.config.operands import SINGLE, parse_operator
from reactor.engine.operators import Plain
from reactor.model.problem import Place
from tests.conditions import condition, mistakes, node_of

TAKES = "'anything-but' takes one of prefix, suffix, equals-ignore-case, wildcard"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x: {equals-ignore-case: 5}", "'equals-ignore-case': expected a text, found a number"),
        ("x: {equals-ignore-case: [a]}", "'equals-ignore-case' takes a single value, found a list"),
        ("x: {wildcard: null}", "'wildcard': expected a text, found null"),
        ("x: {wildcard: a**}", "'wildcard': expected single stars, as '**' fits no more than '*'"),
        ("x: {wildcard: 'a\\b'}", "'wildcard': expected '*' or '\\' after a '\\', found 'a\\b'"),
        ("x: {wildcard: 'a\\'}", "'wildcard': expected '*' or '\\' after a '\\', found 'a\\'"),
        ("x: {anything-but: null}", "'anything-but': expected a text or a number, found null"),
        ("x: {anything-but: [a, true]}", "'anything-but': expected a text or a number, found true"),
        ("x: {anything-but: []}", "'anything-but' needs at least one value"),
        ("x: {anything-but: [[a]]}", "'anything-but' takes a single value, found a list"),
        (
            "x: {anything-but: [{prefix: a}]}",
            "'anything-but' takes a single value, found a mapping",
        ),
        ("x: {anything-but: {}}", f"{TAKES} ('not' takes every operator, and several"),
        ("x: {anything-but: {contains: a}}", f"{TAKES} ('not' takes every operator"),
        ("x: {anything-but: {prefx: a}}", f"{TAKES} (did you mean 'prefix'?)"),
        ("x: {anything-but: {prefix: a, suffix: b}}", f"{TAKES} ('not' takes every operator"),
        ("x: {anything-but: {prefix: [a, 5]}}", "'anything-but': expected a text, found a number"),
        ("x: {anything-but: {suffix: []}}", "'anything-but' needs at least one value"),
        (
            "x: {numeric: 5}",
            "'numeric' takes a list of one or two comparisons (such as ['=', 5] or",
        ),
        ("x: {numeric: ['>', 0, '<']}", "'numeric' takes a list of one or two comparisons"),
        ("x: {numeric: []}", "'numeric' takes a list of one or two comparisons"),
        ("x: {numeric: [gt, 0]}", "'numeric': expected one of = < <= > >=, found 'gt'"),
        ("x: {numeric: [0, '>']}", "'numeric': expected one of = < <= > >=, found a number"),
        ("x: {numeric: ['>', '5']}", "'numeric': expected a number, found '5'"),
        ("x: {numeric: ['=', true]}", "'numeric': expected a number, found true or false"),
        ("x: {numeric: ['>', [5]]}", "'numeric' takes a single value, found a list"),
        ("x: {numeric: ['>', 0, '>=', 5]}", "the two comparisons of 'numeric' are a lower"),
        ("x: {numeric: ['=', 0, '<', 5]}", "the two comparisons of 'numeric' are a lower"),
    ],
)
def test_a_mistake_is_told_in_plain_words(text, told):
    (mistake,) = mistakes(text)

    assert mistake.startswith(told)


def test_all_mistakes_of_one_operator_are_told_at_once():
    assert len(mistakes("x: {anything-but: [null, a, true], numeric: ['>', a, '<', b]}")) == 4


def test_a_mistake_has_the_place_of_the_item_that_is_wrong():
    problems = Problems()

    parse_operator("anything-but", node_of("- a\n- null\n- b\n"), problems)

    (problem,) = problems.found
    assert (problem.place.line, problem.place.column) == (2, 3)


PLACE = Place("rules.yaml", 1, 1)
SECRET = Scalar(place=PLACE, value="s3cret", secrets=("${file:/run/s}",))


def a_table(key, value):
    return Table(place=PLACE, entries={key: Entry(key_place=PLACE, value=value)})


@pytest.mark.parametrize(
    ("name", "node"),
    [
        ("prefix", SECRET),
        ("prefix", a_table("equals-ignore-case", SECRET)),
        ("anything-but", SECRET),
        ("anything-but", a_table("wildcard", Items(place=PLACE, items=(SECRET,)))),
        ("numeric", Items(place=PLACE, items=(SECRET, SECRET))),
    ],
)
def test_a_secret_cannot_stand_behind_an_operator(name, node):
    problems = Problems()

    assert parse_operator(name, node, problems) is None
    assert [problem.message for problem in problems.found] == [
        "a secret cannot be part of a condition"
    ]


@pytest.mark.parametrize(
    ("text", "name", "operand"),
    [
        ("x: {equals-ignore-case: A}", "equals-ignore-case", "A"),
        ("x: {wildcard: a*}", "wildcard", "a*"),
        ("x: {suffix: {equals-ignore-case: A}}", "suffix", {"equals-ignore-case": "A"}),
        ("x: {anything-but: 5}", "anything-but", 5),
        ("x: {anything-but: [a, 5]}", "anything-but", ["a", 5]),
        ("x: {anything-but: {prefix: [a, b]}}", "anything-but", {"prefix": ["a", "b"]}),
        ("x: {numeric: ['=', 5]}", "equals", 5),
    ],
)
def test_an_operator_keeps_its_name_and_operand(text, name, operand):
    operator = condition(text).operator

    assert isinstance(operator, Plain)
    assert (operator.name, operator.operand) == (name, operand)


@pytest.mark.parametrize("comparisons", ["'>', 0, '<=', 5", "'<=', 5, '>', 0"])
def test_numeric_is_bounds_of_ours_held_to_numbers(comparisons):
    operator = condition(f"x: {{numeric: [{comparisons}]}}").operator

    assert {(part.name, part.operand) for part in operator.operand} == {
        ("gt", 0),
        ("lte", 5),
        ("number", True),
    }


def test_operators_with_other_operands_are_told_apart_by_how_they_are_shown():
    texts = ["a", "[a]", "1", "'1'", "1.0", "{prefix: a}", "{prefix: [a]}", "{suffix: a}"]
    shown = {repr(condition(f"x: {{anything-but: {text}}}")) for text in texts}

    assert len(shown) == len(texts)


def test_every_operator_is_read_by_its_name():
    for name in SINGLE:
        problems = Problems()
        assert parse_operator(name, node_of("[]"), problems) is None
        assert f"'{name}'" in problems.found[0].message
