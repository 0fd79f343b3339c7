import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.config.node import Table
from reactor.config.span import Span, comparisons
from reactor.model.event import Record
from tests.conditions import condition, node_of


def span_of(text):
    """What a map of operators leaves of the numbers."""
    table = node_of(f"{{x: {text}}}")
    assert isinstance(table, Table)
    span = Span()
    for sign, number, _ in comparisons(table.entries["x"].value):
        span = span.cut(sign, number)
    return span


@pytest.mark.parametrize(
    ("text", "is_empty"),
    [
        ("{gt: 5, lt: 3}", True),
        ("{gt: 5, lt: 5}", True),
        ("{gte: 5, lt: 5}", True),
        ("{gt: 5, lte: 5}", True),
        ("{gte: 5, lte: 5}", False),
        ("{gt: 5, lt: 6}", False),  # 5.5
        ("{gt: 3, lt: 5}", False),
        ("{gt: 1, gte: 5, lt: 3}", True),
        ('{numeric: [">", 5, "<", 3]}', True),
        ('{numeric: [">", 5], lt: 3}', True),
        ('{numeric: ["=", 5], gt: 9}', True),
        ('{numeric: ["=", 5], gte: 5}', False),
        ("{gt: -1.5, lt: -1.6}", True),
        ("{gt: 9007199254740993, lt: 9007199254740993}", True),
        ("{gt: 9007199254740992, lte: 9007199254740993}", False),
        ("5", False),
        ("{prefix: web, suffix: x}", False),
        ("{not: {gt: 5}, lt: 3}", False),
        ("{any: [{gt: 5}], lt: 3}", False),
        ("{exists: true}", False),
        ("true", False),
        ("text", False),
    ],
)
def test_comparisons_that_no_number_fits_leave_nothing(text, is_empty):
    assert span_of(text).is_empty is is_empty


def test_what_is_left_is_said_in_words():
    assert str(span_of("{gt: 5, lte: 3}")) == "greater than 5 and at most 3"
    assert str(span_of("{gte: 5, lt: 3}")) == "at least 5 and less than 3"


SMALL = st.integers(-3, 3) | st.sampled_from([0.5, -0.5])
RANGES = st.dictionaries(st.sampled_from(["gt", "gte", "lt", "lte"]), SMALL, min_size=1)


@given(RANGES, SMALL)
def test_a_number_is_in_the_span_where_the_condition_holds(operators, number):
    text = "{" + ", ".join(f"{name}: {bound}" for name, bound in operators.items()) + "}"

    holds = condition(f"{{x: {text}}}").evaluate(Record({"x": number}, platform=False))

    assert (not span_of(text).cut("=", number).is_empty) is holds
