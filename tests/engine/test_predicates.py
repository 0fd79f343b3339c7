"""The questions that operators ask of a single value."""

import fnmatch
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.predicates import PREDICATES, OperandInvalid, equals_uri

ODD_VALUES = [None, True, 0, 1.5, float("nan"), "", "x", [], ["x"], {}, {"x": 1}, "\ud800"]
OPERANDS = {"gt": 1, "gte": 1, "lt": 1, "lte": 1, "cidr": "10.0.0.0/8"}


@pytest.mark.parametrize("name", PREDICATES)
def test_every_predicate_takes_any_value(name):
    holds = PREDICATES[name](OPERANDS.get(name, "x"))

    assert {holds(value) for value in ODD_VALUES} <= {True, False}


@pytest.mark.parametrize("name", PREDICATES)
@pytest.mark.parametrize("operand", [None, True, [], {}])
def test_no_predicate_takes_any_operand(name, operand):
    with pytest.raises(OperandInvalid, match="expected a"):
        PREDICATES[name](operand)


@pytest.mark.parametrize("operand", [float("nan"), float("inf")])
def test_a_bound_is_finite(operand):
    with pytest.raises(OperandInvalid, match="finite"):
        PREDICATES["gt"](operand)


@given(st.text(alphabet="ab*?", max_size=8), st.text(alphabet="ab\n", max_size=8))
def test_a_glob_without_classes_is_that_of_the_shell(glob, text):
    assert PREDICATES["glob"](glob)(text) is fnmatch.fnmatchcase(text, glob)


@given(st.text(alphabet="a[]!^*?-\\.|(){}&~", max_size=12), st.text(alphabet="a[]-\\", max_size=4))
def test_any_text_is_a_glob_or_is_refused(glob, text):
    try:
        holds = PREDICATES["glob"](glob)
    except OperandInvalid:
        return
    assert holds(text) in (True, False)


@given(st.text())
def test_a_text_without_wildcards_is_a_glob_for_itself(text):
    if not set(text) & set("*?["):
        assert PREDICATES["glob"](text)(text)


@pytest.mark.parametrize(
    ("name", "pattern"),
    [("regex", "(a+)+$"), ("regex", "(a|aa)+$"), ("glob", "*a" * 30 + "b"), ("regex", "(.*)*x")],
)
def test_no_pattern_takes_long(name, pattern):
    holds = PREDICATES[name](pattern)
    begun = time.thread_time()

    assert not holds("a" * 50_000 + "!")
    assert time.thread_time() - begun < 0.5


def test_uris_are_equal_whatever_namespace_and_slash():
    holds = equals_uri("/api/app/v1/service/s1/")

    assert holds("/api/app/v1/acme/service/s1")
    assert not holds("/api/app/v1/stack/s1/")
    assert not holds(None)
