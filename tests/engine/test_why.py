"""A value of the wrong kind is the usual mistake, so it is named."""

import pytest

from reactor.engine.eventbridge import is_number
from reactor.engine.objects import names
from reactor.engine.operators import (
    EachFound,
    Exists,
    NoElement,
    OneOf,
    Plain,
    SameAs,
    SomeElement,
)
from reactor.engine.predicates import PREDICATES, equals
from reactor.engine.selector import parse_path
from reactor.engine.why import why_false, why_unknown

FIVE = Plain("equals", 5, equals(5))
PREFIX = Plain("prefix", "a", PREDICATES["prefix"]("a"))
ABOVE = Plain("gt", 5, PREDICATES["gt"](5))
NUMBER = Plain("number", True, is_number)


@pytest.mark.parametrize(
    ("operator", "value", "why"),
    [
        (FIVE, 6, ""),
        (FIVE, "5", "a text, not a number"),
        (FIVE, True, "true or false, not a number"),
        (FIVE, None, "null, not a number"),
        (FIVE, {}, "an object, not a number"),
        (FIVE, [], "the list is empty"),
        (FIVE, [1, 2, 3], "no element of 3 fits"),
        (PREFIX, "b", ""),
        (PREFIX, 5, "a number, but 'prefix' asks for a text"),
        (PREFIX, None, "null, but 'prefix' asks for a text"),
        (ABOVE, 4, ""),
        (ABOVE, "4", ""),  # a text may be a plain decimal number
        (ABOVE, True, "true or false, but 'gt' asks for a number"),
        (NUMBER, "5", "a text, not a number"),
        (SomeElement((FIVE,)), 5, "a number, but 'any' asks for a list"),
        (SomeElement((FIVE,)), [6, 7], "no element of 2 fits"),
        (EachFound((FIVE,)), {}, "an object, but 'all' asks for a list"),
        (EachFound((FIVE,)), [6], ""),
        (NoElement((FIVE,)), "5", "a text, but 'none' asks for a list"),
        (NoElement((FIVE,)), [5], "some element fits"),
        (OneOf((FIVE,)), [6], ""),
    ],
)
def test_why_an_operator_is_false(operator, value, why):
    assert why_false(operator, value) == why


@pytest.mark.parametrize(
    ("operator", "why"),
    [
        (SameAs(parse_path("other.one")), "'other.one' is missing"),
        (names("web"), "its name is missing"),
        (Exists(True), ""),
    ],
)
def test_why_an_operator_is_unknown_although_the_field_is_there(operator, why):
    assert why_unknown(operator) == why


@pytest.mark.parametrize("name", ["prefix", "suffix", "contains", "glob", "regex", "icase", "cidr"])
def test_an_operator_on_text_asks_for_a_text(name):
    operand = "10.0.0.0/8" if name == "cidr" else "a"

    said = why_false(Plain(name, operand, PREDICATES[name](operand)), {})

    assert said == f"an object, but '{name}' asks for a text"
