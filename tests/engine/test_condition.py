"""The tree of conditions and its three truths."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.condition import All, Any, Not, Test, reason_of
from reactor.engine.operators import Plain
from reactor.engine.predicates import equals
from reactor.engine.selector import parse_path
from reactor.model.event import Record
from reactor.model.match import Reason, Truth

RECORD = Record({"yes": 1, "no": 0}, platform=False)
LEAVES = {
    truth: Test(parse_path(name), Plain("equals", 1, equals(1)))
    for truth, name in ((True, "yes"), (False, "no"), (None, "missing"))
}
TRUTHS: tuple[Truth, ...] = (True, False, None)


def conditions() -> st.SearchStrategy:
    leaves = st.sampled_from(list(LEAVES.values()))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(All, st.lists(inner, min_size=1, max_size=4).map(tuple)),
            st.builds(Any, st.lists(inner, min_size=1, max_size=4).map(tuple)),
        ),
    )


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (True, True, True),
        (True, False, False),
        (False, False, False),
        (True, None, None),
        (None, None, None),
        (False, None, False),
    ],
)
def test_and_is_kleenes(one, other, expected):
    assert All((LEAVES[one], LEAVES[other])).evaluate(RECORD) is expected
    assert All((LEAVES[other], LEAVES[one])).evaluate(RECORD) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (True, True, True),
        (True, False, True),
        (False, False, False),
        (True, None, True),
        (None, None, None),
        (False, None, None),
    ],
)
def test_or_is_kleenes(one, other, expected):
    assert Any((LEAVES[one], LEAVES[other])).evaluate(RECORD) is expected
    assert Any((LEAVES[other], LEAVES[one])).evaluate(RECORD) is expected


@pytest.mark.parametrize(("truth", "expected"), [(True, False), (False, True), (None, None)])
def test_not_of_unknown_is_unknown(truth, expected):
    assert Not(LEAVES[truth]).evaluate(RECORD) is expected


@given(conditions())
def test_not_not_is_the_same(condition):
    assert Not(Not(condition)).evaluate(RECORD) is condition.evaluate(RECORD)


@pytest.mark.parametrize(("one", "other"), list(product(TRUTHS, TRUTHS)))
def test_de_morgan_holds_for_three_truths(one, other):
    neither = Not(Any((LEAVES[one], LEAVES[other])))
    both_not = All((Not(LEAVES[one]), Not(LEAVES[other])))

    assert neither.evaluate(RECORD) is both_not.evaluate(RECORD)


@given(st.lists(conditions(), min_size=1, max_size=5), st.randoms())
def test_the_order_of_parts_does_not_matter(parts, random):
    shuffled = random.sample(parts, len(parts))

    assert All(tuple(parts)).evaluate(RECORD) is All(tuple(shuffled)).evaluate(RECORD)
    assert Any(tuple(parts)).evaluate(RECORD) is Any(tuple(shuffled)).evaluate(RECORD)


def test_a_missing_field_counts_as_what_on_missing_says():
    missing = LEAVES[None]

    assert Test(missing.path, missing.operator, on_missing=False).evaluate(RECORD) is False
    assert Test(missing.path, missing.operator).evaluate(RECORD) is None


def test_a_node_keeps_what_the_rule_file_wrote():
    leaf = LEAVES[True]

    assert (leaf.path.text, leaf.operator.name, leaf.operator.operand) == ("yes", "equals", 1)


@pytest.mark.parametrize(
    ("truth", "reason"), [(None, Reason.FIELD_MISSING), (False, Reason.CONDITION_FALSE)]
)
def test_no_no_is_without_a_reason(truth, reason):
    assert reason_of(truth) is reason
