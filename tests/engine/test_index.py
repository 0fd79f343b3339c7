"""The compiled matcher gives what the plain tree gives, of any conditions and any record."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.engine.changed import Changed, tracked
from reactor.engine.condition import All, Any, Not, Test
from reactor.engine.index import Matcher
from reactor.engine.operators import AllOf, OneOf
from reactor.engine.selector import MISSING
from reactor.model.event import Record
from tests.builders import replace
from tests.engine.invented import (
    invented_conditions,
    invented_record,
    invented_rules,
    looked_up,
)

EVENTS = 60
TINY = {"most_cells": 1, "most_in_cells": 1}


def holding(conditions, record: Record) -> list[int]:
    """What the plain tree says."""
    return [at for at, each in enumerate(conditions) if each.evaluate(record) is True]


def possible(conditions, record: Record, may_be) -> set[int]:
    """What the tree says if the leaves that lack a lookup, or what was before, may be either."""
    return {at for at, each in enumerate(conditions) if optimistic(each, record, True, may_be)}


def optimistic(tree, record: Record, wanted: bool, may_be) -> bool:
    if isinstance(tree, Not):
        return optimistic(tree.part, record, not wanted, may_be)
    if isinstance(tree, All | Any):
        quantifier = all if isinstance(tree, All) is wanted else any
        return quantifier(optimistic(part, record, wanted, may_be) for part in tree.parts)
    return may_be(tree, record, wanted)


def may_test(test: Test, record: Record, wanted: bool) -> bool:
    """The whole test may be either: the most that is possible."""
    truth = test.evaluate(record)
    return truth is wanted or test.lacks(record) or (truth is None and is_early(test, record))


def is_early(test: Test, record: Record) -> bool:
    """Whether it asks what a field was that is there, and earlier events are not decided."""
    is_there = record.previous is None and test.path.find(record.fields) is not MISSING
    return is_there and bool(list(tracked(test.operator)))


def may_operators(test: Test, record: Record, wanted: bool) -> bool:
    """Each of its operators may be either, not what they ask of a field that is missing for good:
    the least that is possible."""
    operator = test.operator
    if test.on_missing is not None or not isinstance(operator, AllOf | OneOf | Changed):
        return may_test(test, record, wanted)
    if isinstance(operator, Changed):
        now = replace(test, operator=operator.after) if wanted and operator.after else test
        return may_test(test, record, wanted) and (now is test or may_operators(now, record, True))
    quantifier = all if isinstance(operator, AllOf) is wanted else any
    parts = [replace(test, operator=part) for part in operator.operand]
    return quantifier(may_operators(part, record, wanted) for part in parts)


def assert_same(matcher: Matcher, conditions, record: Record) -> None:
    expected, may_hold = holding(conditions, record), list(matcher.possible(record))

    assert list(matcher.holding(record)) == expected
    if not record.unknown and record.previous is not None:
        assert may_hold == expected
        return
    assert may_hold == sorted(set(may_hold))
    assert possible(conditions, record, may_operators) <= {*may_hold}
    assert {*may_hold} <= possible(conditions, record, may_test)


@pytest.mark.parametrize("seed", range(20))
def test_it_agrees_with_the_tree_about_a_hundred_thousand_pairs(seed):
    random = Random(seed)
    for size in (0, 1, 2, 10, 25, 40, 40, 40, 40):
        conditions = invented_conditions(random, size)
        matcher = Matcher(conditions)
        for _ in range(EVENTS):
            assert_same(matcher, conditions, invented_record(random))


@given(st.randoms(use_true_random=False), st.integers(0, 8))
@settings(max_examples=100, deadline=None)
def test_it_agrees_with_the_tree_about_few(random, size):
    conditions = invented_conditions(random, size)
    matcher = Matcher(conditions)

    for _ in range(3):
        assert_same(matcher, conditions, invented_record(random))


@pytest.mark.parametrize("limits", [{}, TINY, {"most_cells": 3}, {"most_in_cells": 40}])
def test_what_it_forgets_it_works_out_again(limits):
    random = Random(7)
    conditions = invented_conditions(random, 60)
    records = [invented_record(random) for _ in range(60)]
    matcher = Matcher(conditions, **limits)

    for record in records + records[::-1]:
        assert_same(matcher, conditions, record)


@pytest.mark.parametrize("invented", [invented_conditions, invented_rules])
def test_it_agrees_about_many_conditions(invented):
    random = Random(11)
    for size in (100, 500):
        conditions = invented(random, size)
        matcher = Matcher(conditions)
        for _ in range(EVENTS):
            assert_same(matcher, conditions, invented_record(random))


def test_what_a_lookup_can_make_true_was_possible():
    random = Random(13)
    for _ in range(30):
        conditions = invented_conditions(random, 40)
        matcher = Matcher(conditions)
        for record in [invented_record(random) for _ in range(EVENTS)]:
            now_true = holding(conditions, looked_up(random, record))
            assert {*now_true} <= {*matcher.possible(record)}
