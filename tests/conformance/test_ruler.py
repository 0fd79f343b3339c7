"""EventBridge patterns, ours against an independent implementation: PyPI's event-ruler."""

from random import Random

import pytest

from reactor.model.event import Record
from tests.conformance.ruler import ruler_says
from tests.engine.invented import parsed

PAIRS = 20_000
TEXTS = ("", "a", "b", "ab", "ba", "aab", "abab", "é", "😀", 'a"b', "a\\b", "a\nb", "null", "1")
SCALARS = (*TEXTS, 0, 1, -1, 137, True, False, None)


def a_pattern(random: Random) -> dict[str, object]:
    """Leaves at the top and one level below. Those that ask for presence all ask the same."""
    present = random.random() < 0.5
    leaves = {name: _leaf(random, present) for name in random.sample("abc", random.randint(1, 3))}
    return {name: {"d": leaf} if name == "c" else leaf for name, leaf in leaves.items()}


def _leaf(random: Random, present: bool) -> list[object]:
    """What a field is asked; `exists` and `anything-but` stand alone there."""
    kind = random.random()
    if kind < 0.2:
        return [{"exists": present}]
    if kind < 0.4:
        return [{"anything-but": random.sample(TEXTS, random.randint(1, 3))}]
    if kind < 0.7:
        return [_star(random)]
    return random.sample(SCALARS, random.randint(1, 4))


def _star(random: Random) -> dict[str, object]:
    """A text with one star in it. Theirs knows no escapes, so there are none."""
    one, other = random.sample([text for text in TEXTS if "\\" not in text], 2)
    return random.choice(({"prefix": one}, {"suffix": one}, {"wildcard": f"{one}*{other}"}))


def an_event(random: Random) -> dict[str, object]:
    """Texts, numbers and lists of them; no list in a list, and none with objects."""
    event = {name: _leaf_value(random) for name in "ab" if random.random() < 0.8}
    below = {"d": _leaf_value(random)} if random.random() < 0.8 else {"e": 1}
    return {**event, "c": below, "z": 0}


def _leaf_value(random: Random) -> object:
    if random.random() < 0.3:
        return [random.choice(SCALARS) for _ in range(random.randint(1, 3))]
    return random.choice(SCALARS)


def we_say(pattern: dict[str, object], event: dict[str, object]) -> bool:
    return parsed(pattern).evaluate(Record(event, platform=False)) is True


def test_both_say_the_same_of_random_patterns_and_events():
    random = Random(5)
    pairs = [(a_pattern(random), an_event(random)) for _ in range(PAIRS)]

    theirs = ruler_says(pairs)

    ours = [we_say(*pair) for pair in pairs]
    differences = [
        (*pair, mine)
        for pair, mine, other in zip(pairs, ours, theirs, strict=True)
        if mine != other
    ]
    assert differences[:5] == []
    assert PAIRS * 0.05 < sum(ours) < PAIRS * 0.95


@pytest.mark.parametrize(
    ("pattern", "event", "ours"),
    [
        # Theirs compares numbers as they are written.
        ({"x": [1]}, {"x": 1.0}, True),
        ({"x": [100]}, {"x": 1e2}, True),
        # Theirs, as EventBridge does, asks `exists` of leaves only: an object is none, and neither
        # is an empty list.
        ({"x": [{"exists": True}]}, {"x": {"y": 1}}, True),
        ({"x": [{"exists": False}]}, {"x": {"y": 1}}, False),
        ({"x": [{"exists": True}]}, {"x": []}, True),
        ({"x": [{"exists": False}]}, {"x": []}, False),
        # Theirs takes the elements of a list in a list for elements of the list.
        ({"x": ["a"]}, {"x": [["a"]]}, False),
        # Theirs, as EventBridge does, wants two fields to be of one element; ours asks each key for
        # itself.
        ({"x": {"y": [1], "z": [2]}}, {"x": [{"y": 1, "z": 0}, {"y": 0, "z": 2}]}, True),
        # Theirs is wrong: a field that must be there and one that must not never go together.
        ({"x": [{"exists": True}], "y": [{"exists": False}]}, {"x": 1}, True),
    ],
)
def test_where_they_differ_they_differ_for_a_reason(pattern, event, ours):
    assert we_say(pattern, event) is ours
    assert ruler_says([(pattern, event)]) == [not ours]
