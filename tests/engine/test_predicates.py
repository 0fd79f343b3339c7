"""The questions that operators ask of a single value."""

import contextlib
import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.predicates import PREDICATES, OperandInvalid, equals_uri
from tests.cost import within

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


@given(st.text("ab*?", min_size=1, max_size=8), st.text(alphabet="ab\n", max_size=8))
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

    with within(0.5):
        assert not holds("a" * 50_000 + "!")


BOMBS = [
    "((a{100}){100}){100}",
    "((a{10}){10}){10}",
    "(x{0,1000}){0,1}" * 64,
    "(a|b){0,1000}" * 78,  # RE2 alone would take 15 s to find that it is too large
    "([ab]{0,31}){0,31}" * 40,
    ".*a.{900}c",
    "(a?){500}a{500}",
    "(?i)\\pL{1000}",
    "(\\pL\\pN?)+" * 90,
    "(.*a.{200}){2}c",
    "[[:^alpha:]]{0,500}",
    "([^a]{10}|\\w+)*" * 50,
    "\\PL+" * 200,
    "(" * 500 + ")" * 500,
    "(a*)*" * 200 + "b",
    "[" * 1024,
]


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        *(("regex", pattern) for pattern in BOMBS),
        ("glob", "*a" * 500),
        ("glob", "*?" * 500),
        ("glob", "*a?????????" * 22 + "c"),
        ("glob", "?" * 1024),
        ("glob", "[a" * 500),
    ],
)
def test_a_bomb_is_refused_or_does_no_harm(name, pattern):
    with within(0.05), contextlib.suppress(OperandInvalid):
        PREDICATES[name](pattern)("aab" * 500)


@pytest.mark.parametrize(
    "pattern",
    [
        "^[0-9a-f]{64}$",
        "^.{0,255}$",
        "^([0-9]{1,3}\\.){3}[0-9]{1,3}$",
        "^(?:[a-z0-9-]{1,63}\\.){1,4}[a-z]{2,63}$",
        "^(?P<name>\\pL{1,8})[)(\\]{9}]{2,}$",
        "a{0}",
        "|".join(["abcdefgh"] * 110),
    ],
)
def test_a_regex_as_people_write_them_is_no_bomb(pattern):
    PREDICATES["regex"](pattern)


@pytest.mark.parametrize(
    ("network", "address", "expected"),
    [
        ("10.0.0.0/8", "::ffff:10.1.2.3", True),  # how a socket for both kinds calls IPv4
        ("10.0.0.0/8", "::ffff:11.1.2.3", False),
        ("::ffff:0:0/96", "::ffff:10.1.2.3", True),
        ("::/0", "10.1.2.3", False),
        ("fe80::/10", "fe80::1%eth0", True),
        ("10.1.2.3/8", "10.9.9.9", True),
        ("2001:db8::1", "2001:0DB8:0:0::1", True),
    ],
)
def test_an_address_is_in_a_network(network, address, expected):
    assert PREDICATES["cidr"](network)(address) is expected


@pytest.mark.parametrize(
    ("bound", "value", "expected"),
    [
        (0.1, "0.1", True),  # a decimal 0.1 is less than the float, which is what the rule holds
        (0.1, "0.10", True),
        (0.1, "0.09999999999999999999999", False),
        (0.3, "0.3", True),
        (9007199254740993, "9007199254740993", True),
        (9007199254740993, "9007199254740992.9", False),
        (1e308, "9" * 400, True),
    ],
)
def test_a_text_is_the_number_that_a_rule_would_write_so(bound, value, expected):
    assert PREDICATES["gte"](bound)(value) is expected


def test_uris_are_equal_whatever_namespace_and_slash():
    holds = equals_uri("/api/app/v1/service/s1/")

    assert holds("/api/app/v1/acme/service/s1")
    assert not holds("/api/app/v1/stack/s1/")
    assert not holds(None)
