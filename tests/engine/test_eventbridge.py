"""EventBridge's own operators; the conformance table has how they come out in conditions."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.eventbridge import (
    COMPARISONS,
    IGNORING_CASE,
    PATTERNS,
    anything_but,
    is_number,
    numeric,
    text_or_number,
)
from reactor.engine.operators import Plain
from reactor.engine.predicates import OperandInvalid
from reactor.model.event import Record
from tests.cost import within

wildcard = PATTERNS["wildcard"]
ODD_VALUES = [None, True, 0, 1.5, float("nan"), "", "x", [], ["x"], {}, {"x": 1}, "\ud800"]


@pytest.mark.parametrize("make", [*PATTERNS.values(), *IGNORING_CASE.values()])
def test_every_question_takes_any_value(make):
    assert {make("x")(value) for value in ODD_VALUES} <= {True, False}


@pytest.mark.parametrize("operand", [None, True, 5, [], {}])
@pytest.mark.parametrize("make", [*PATTERNS.values(), *IGNORING_CASE.values()])
def test_every_question_about_texts_is_made_from_a_text(make, operand):
    with pytest.raises(OperandInvalid, match="expected a text"):
        make(operand)


def test_anything_but_holds_for_single_values_alone():
    holds = anything_but([text_or_number("x"), text_or_number(0)])

    assert [value for value in ODD_VALUES if holds(value)] == [
        None,
        True,
        1.5,
        ODD_VALUES[4],
        "",
        "\ud800",
    ]


@pytest.mark.parametrize("operand", [None, True, [], {}])
def test_anything_but_excludes_texts_and_numbers(operand):
    with pytest.raises(OperandInvalid, match="expected a text or a number"):
        text_or_number(operand)


def test_a_boolean_and_a_text_are_no_numbers():
    assert [value for value in (*ODD_VALUES, "5", 10**400) if is_number(value)] == [
        0,
        1.5,
        ODD_VALUES[4],
        10**400,
    ]


def bound(comparison, number):
    name, make = COMPARISONS[comparison]
    return Plain(name, number, make(number))


@pytest.mark.parametrize(
    ("bounds", "value", "expected"),
    [
        ([(">", 0), ("<=", 5)], 5, True),
        ([(">", 0), ("<=", 5)], 0, False),
        ([(">", 0), ("<=", 5)], "3", False),
        ([(">", 0), ("<=", 5)], ["3", 9], False),  # the text and the number, each for one half
        ([(">", 0), ("<=", 5)], ["3", 9, 4], True),
        ([("=", 5)], 5.0, True),
        ([("=", 5)], "5", False),
        ([("=", 1)], True, False),
        ([("<", 1)], False, False),
    ],
)
def test_numeric_compares_numbers_alone(bounds, value, expected):
    operator = numeric(tuple(bound(*each) for each in bounds))

    assert operator.test(value, Record({}, platform=False)) is expected


@pytest.mark.parametrize("comparison", COMPARISONS)
@pytest.mark.parametrize("operand", ["5", None, True])
def test_numeric_compares_with_a_number(comparison, operand):
    with pytest.raises(OperandInvalid, match="expected a number"):
        bound(comparison, operand)


def as_regex(pattern):
    r"""A wildcard as the standard library would search for it; `\*` and `\\` are themselves."""
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    return "".join(".*" if part == "*" else re.escape(part[-1]) for part in parts)


@given(
    st.lists(st.sampled_from(["a", "b", "ab", "*", r"\*", r"\\"]), max_size=8).map("".join),
    st.text(alphabet="ab*\\", max_size=8),
)
def test_a_wildcard_fits_what_a_regex_does(pattern, text):
    if "**" in pattern.replace(r"\\", "").replace(r"\*", ""):
        return

    assert wildcard(pattern)(text) is bool(re.fullmatch(as_regex(pattern), text, re.DOTALL))


@given(st.text(alphabet="a*\\", max_size=8), st.text(alphabet="a*\\", max_size=4))
def test_any_text_is_a_wildcard_or_is_refused(pattern, text):
    try:
        holds = wildcard(pattern)
    except OperandInvalid:
        return
    assert holds(text) in (True, False)


@pytest.mark.parametrize("pattern", ["*a" * 500, "*a" * 500 + "*b", "a*" + "b*" * 500])
def test_no_wildcard_takes_long(pattern):
    with within(0.05):
        assert wildcard(pattern)("a" * 500_000) is pattern.endswith("a")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [("prefix", "STRASSEN", True), ("prefix", "die Straße", False), ("suffix", "STRASSE", True)],
)
def test_a_beginning_and_an_end_may_be_of_any_case(name, text, expected):
    assert IGNORING_CASE[name]("straße")(text) is expected
