"""A pattern of a rule, however it is made, is quick on every text or is refused."""

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.engine.eventbridge import PATTERNS
from reactor.engine.predicates import MAX_PATTERN, PREDICATES, OperandInvalid

SECONDS = 0.05
TEXTS = ("a" * 5000 + "!", "ab" * 2500, "é" * 2500, "")
MAKERS = {**PREDICATES, **PATTERNS}

BOMBS = [
    ("regex", "(a+)+$"),
    ("regex", "(a|aa)+$"),
    ("regex", "(a*)*b"),
    ("regex", "a?" * 300 + "a" * 300),
    ("regex", ".*" * 500),
    ("regex", "x*" * 500),
    ("regex", "(.*a){25}"),
    ("regex", "(.*)(.*)(.*)(.*)(.*)[0-9]"),
    ("regex", "((a{100}){100}){100}"),
    ("regex", "(a{0,1000})"),
    ("regex", "(.{1,30}){30}"),
    ("regex", "(\\pL{200}){5}"),
    ("regex", "\\PN+" * 150),
    ("regex", "(?i)\\pL{100}.*\\pL{100}"),
    ("regex", "(a|b|c|d|e)*f" * 60),
    ("regex", "(" * 500 + ")" * 500),
    ("glob", "*a" * 125),
    ("glob", "*a" * 500),
    ("glob", "*" * 1000),
    ("glob", "[a-z]*" * 150),
    ("wildcard", "*a" * 500),
    ("wildcard", "a*" * 500),
    ("wildcard", "*ab" * 300),
]

LETTERS = ("a", "b", "é", ".", "\\pL", "\\d", "[a-z]", "[^a]", "^", "$", "\\b", "(?i)")
REPEATS = ("*", "+", "?", "*?", "{2}", "{9,}", "{1,50}", "{100}")
PIECES = st.sampled_from((*LETTERS, *REPEATS, "(", ")", "(?:", "|"))


def cost(name: str, pattern: str) -> float:
    """Seconds of this process to make it, and to ask it of the slowest of the texts."""
    started = process_time()
    try:
        holds = MAKERS[name](pattern)
    except OperandInvalid:
        return process_time() - started
    made = process_time() - started
    return made + max(map(_asking(holds), TEXTS))


def _asking(holds):
    def seconds(text: str) -> float:
        started = process_time()
        holds(text)
        return process_time() - started

    return seconds


@pytest.mark.parametrize(("name", "pattern"), BOMBS)
def test_a_bomb_is_quick_or_refused(name, pattern):
    cost("regex", "a")  # the library is loaded when it is first needed

    assert cost(name, pattern) < SECONDS


@given(st.lists(PIECES, max_size=60).map("".join), st.integers(1, 30))
@settings(max_examples=300, deadline=None)
def test_random_regexes_are_quick_or_refused(pattern, times):
    assert cost("regex", (pattern * times)[:MAX_PATTERN]) < SECONDS
