"""Facets put values into classes: those that answer all questions alike."""

from random import Random

import pytest

from reactor.engine.condition import Test
from reactor.engine.facets import MOST_VALUES, Answers, Classes, Facet, bits, field_of, members
from reactor.engine.selector import MISSING, parse_path
from reactor.engine.tables import MOST_LETTERS
from reactor.model.event import Record
from tests.engine.invented import invented_conditions, invented_record, parsed

NOWHERE = Record({}, platform=False)


def operators(*data: object):
    tests = [parsed({"x": each}) for each in data]
    return {n: test.operator for n, test in enumerate(tests) if isinstance(test, Test)}


def a_facet(*data: object, silent=()) -> Facet:
    """A facet of these questions, each asked by the case of its own number."""
    asked = operators(*data)
    return Facet(parse_path("x"), asked, {number: [number] for number in asked}, silent)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", {0, 4}),
        ("b", {0, 1, 2}),
        ("ab", {1, 3, 4}),
        (5, {1, 4, 5}),
        (["a", "b"], {0, 2}),
        ([], {1, 4}),
        ({}, {1, 4}),
        (MISSING, {6}),
    ],
)
def test_the_answers_of_a_value(value, expected):
    asked = operators(
        ["a", "b"],
        {"not": "a"},
        "b",
        {"prefix": "ab"},
        {"not": ["b", "c"]},
        {"gt": 1},
        {"exists": False},
    )

    assert Answers(parse_path("x"), asked).of(value) == expected


def test_a_missing_field_answers_those_that_ask_for_absence_alone():
    asked = operators({"exists": False}, {"exists": True}, [{"exists": False}, 1], {"not": 1}, 1)

    assert Answers(parse_path("x"), asked).of(MISSING) == {0, 2}


@pytest.mark.parametrize("seed", range(3))
def test_the_answers_are_those_of_the_questions_themselves(seed):
    random = Random(seed)
    tests = [each for each in invented_conditions(random, 300) if isinstance(each, Test)]
    asked = {n: test.operator for n, test in enumerate(tests) if test.path.text == "x"}
    answers = Answers(parse_path("x"), asked)
    for _ in range(100):
        for value in invented_record(random).fields.values():
            expected = {n for n, each in asked.items() if each.test(value, NOWHERE) is True}
            assert answers.of(value) == expected


def test_values_that_no_rule_tells_apart_are_of_one_class():
    facet = a_facet("Stopped", ["Stopped", "Terminated"], {"regex": "^Star"})

    classes = [
        [facet.classes[value] for value in alike]
        for alike in (["Stopped"], ["Terminated"], ["Starting", "Started"], ["x", 1, None, MISSING])
    ]

    assert classes == [[0], [1], [2, 2], [3, 3, 3, 3]]
    assert facet.class_of(["Stopped"]) == 0


HELD = {(int, 0): [], (int, 1): [0], (bool, 0): [0], (bool, 1): [0, 1]}
"""Which of `not: 0` and `true` hold, by type."""


@pytest.mark.parametrize("order", [(0, False, 1, True), (True, 1, False, 0), (1, 0, True, False)])
def test_false_is_not_0_and_true_is_not_1(order):
    facet = a_facet({"not": 0}, True)

    for value in order * 2:
        assert members(facet.left_by(facet.classes[value])) == HELD[type(value), value]
    assert facet.classes[0.0] == facet.classes[0]


@pytest.mark.parametrize("value", [[], ["a"], {}, {"a": 1}])
def test_a_value_that_cannot_be_a_key_is_refused_but_has_a_class(value):
    facet = a_facet("a")

    with pytest.raises(TypeError):
        facet.classes[value]
    assert facet.class_of(value) == facet.class_of("a" if value == ["a"] else "b")


def test_each_value_is_asked_once():
    asked: list[object] = []
    classes = Classes(lambda value: asked.append(value) or len(asked))

    for value in ("a", 0, False, None, MISSING) * 3:
        classes[value]

    assert asked == ["a", 0, False, None, MISSING]


def test_what_is_kept_of_values_is_limited():
    classes = Classes(lambda _: 7)

    assert {classes[n] for n in range(MOST_VALUES * 2 + 5)} == {7}
    assert len(classes) == 5
    assert classes["x" * MOST_LETTERS] == classes["x" * (MOST_LETTERS + 1)] == 7
    assert len(classes) == 6


def test_a_class_leaves_the_cases_whose_question_holds_and_those_that_ask_nothing():
    asked = operators("a", {"not": "a"}, ["a", "b"])
    facet = Facet(parse_path("x"), asked, {0: [2, 9], 1: [4], 2: [70]}, silent=[0, 33])

    left = {value: members(facet.left_by(facet.classes[value])) for value in ("a", "b", MISSING)}

    assert left == {"a": [0, 2, 9, 33, 70], "b": [0, 4, 33, 70], MISSING: [0, 33]}


def test_a_facet_is_full_when_its_sets_take_too_much_until_it_forgets():
    facet = a_facet("a", "b", silent=[1 << 28])

    facet.class_of("a")
    assert not facet.is_full()
    facet.class_of("b")
    assert facet.is_full()

    facet.forget()
    assert not facet.is_full()
    assert facet.classes["b"] == 0


@pytest.mark.parametrize("of", [[], [0], [7, 8], [0, 63, 64, 1000], [*range(100)]])
def test_a_set_is_an_integer(of):
    assert members(bits(of)) == of
    assert bits(of) == sum(1 << each for each in of)


@pytest.mark.parametrize(
    ("path", "expected"), [("x", 1), ("$.x", 1), ("y.z", 2), ("$.y.z", 2), ("none", MISSING)]
)
def test_where_a_field_is(path, expected):
    fields = {"x": 1, "y": {"z": 2}}

    name, deep = field_of(parse_path(path))

    assert (deep(fields) if deep else fields.get(name, MISSING)) == expected
    assert (deep is None) is (path in ("x", "$.x", "none"))
