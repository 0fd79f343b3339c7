"""Comparisons of numbers are found by bisection, and come out as they do one by one."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.comparisons import compares, comparisons
from reactor.engine.condition import Test
from reactor.engine.operators import Operator
from reactor.engine.selector import MISSING
from reactor.model.event import Record
from tests.engine.invented import parsed

NOWHERE = Record({}, platform=False)
SECONDS = 5


def operator(data: object) -> Operator:
    test = parsed({"x": data})
    assert isinstance(test, Test)
    return test.operator


def look(*data: object):
    """What finds which of these comparisons hold, numbered from 0."""
    found = comparisons({number: operator(each) for number, each in enumerate(data)})
    return lambda value: {*found(value)}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"gt": 1}, True),
        ({"gte": 1, "lt": 5}, True),
        ({"numeric": [">", 1, "<=", 5]}, True),
        ({"numeric": ["=", 1]}, False),
        ({"gt": 1, "prefix": "1"}, False),
        ({"not": {"gt": 1}}, False),
        (1, False),
    ],
)
def test_what_compares_and_does_nothing_else(data, expected):
    assert compares(operator(data)) is expected


EACH = ({"gt": 5}, {"gte": 5}, {"lt": 5}, {"lte": 5}, {"gt": 5, "lte": 7}, {"gte": 4, "lt": 6})
ROWS = [
    (5, {1, 3, 5}),
    (5.0, {1, 3, 5}),
    ("5", {1, 3, 5}),
    (4, {2, 3, 5}),
    (5.5, {0, 1, 4, 5}),
    (7, {0, 1, 4}),
    ("7.01", {0, 1}),
    (10**400, {0, 1}),
    (float("inf"), {0, 1}),
    (float("-inf"), {2, 3}),
    (float("nan"), set()),
    ([4, float("nan"), 8], {0, 1, 2, 3, 5}),  # between 5 and 7 there is none
    ([6], {0, 1, 4}),
    ([3, "x", None, "6"], {0, 1, 2, 3, 4}),
    ([], set()),
    ([[5]], set()),
    ("5 ", set()),
    ("", set()),
    (True, set()),
    (None, set()),
    ({"x": 5}, set()),
    (MISSING, set()),
]


@pytest.mark.parametrize(("value", "expected"), ROWS, ids=[repr(value)[:40] for value, _ in ROWS])
def test_what_holds_for_a_value(value, expected):
    assert look(*EACH)(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(2, {0, 1, 2}), ("2", {0}), ([9, "2"], {0}), (["x", 2], {0, 1, 2})]
)
def test_a_text_is_no_number_to_eventbridge(value, expected):
    finds = look({"gte": 2, "lt": 3}, {"numeric": [">", 1, "<", 3]}, {"numeric": ["<", 9]})

    assert finds(value) == expected


def test_of_several_bounds_at_one_end_the_narrowest_counts():
    assert look({"gt": 5, "gte": 5})(5) == set()
    assert look({"lt": 5, "lte": 5})(5) == set()
    assert look({"gte": 3, "gt": 5, "lt": 9})(4) == set()


def test_a_range_that_is_empty_holds_for_nothing():
    finds = look({"gt": 5, "lt": 3}, {"gt": 5, "lt": 5}, {"gte": 5, "lte": 5})

    assert [finds(value) for value in (4, 5, [2, 6])] == [set(), {2}, set()]


NUMBERS = st.integers(-3, 3) | st.floats(-3, 3) | st.sampled_from(["1", "-2.5", "0.1", "x"])
BOUNDS = st.dictionaries(
    st.sampled_from(["gt", "gte", "lt", "lte"]), st.integers(-3, 3) | st.just(0.1), min_size=1
)
NUMERIC = st.tuples(st.sampled_from([">", ">="]), st.integers(-3, 3)).map(
    lambda pair: {"numeric": [*pair, "<=", pair[1] + 2]}
)


@given(st.lists(BOUNDS | NUMERIC, max_size=8), NUMBERS | st.lists(NUMBERS))
def test_they_come_out_as_they_do_one_by_one(data, value):
    operators = {number: operator(each) for number, each in enumerate(data)}

    expected = {n for n, each in operators.items() if each.test(value, NOWHERE)}

    assert {*comparisons(operators)(value)} == expected


def test_a_long_list_takes_no_longer_than_it_takes_to_sort_it():
    rules = [{"gt": n} for n in range(1000)] + [{"gt": n, "lt": n + 0.5} for n in range(1000)]
    finds, started = look(*rules), perf_counter()

    assert len(finds([*range(5_000, 105_000)])) == 1000

    assert perf_counter() - started < SECONDS
