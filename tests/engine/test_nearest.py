"""The nearest miss names the fewest tests whose change would make the rule match."""

from collections.abc import Iterator, Mapping
from itertools import combinations, product

import pytest
from hypothesis import given, settings

from reactor.engine.condition import All, Any, Not
from reactor.engine.explain import Explained, explain
from reactor.engine.nearest import Blocker, blockers, explain_rule
from reactor.model.condition import Condition
from reactor.model.event import Record
from reactor.model.match import Reason, Truth
from tests.builders import Says, a_rule, an_event
from tests.conditions import condition
from tests.engine.trees import RECORDS, conditions

NOTHING = Record({}, platform=False)


def leaves(explained: Explained) -> Iterator[Explained]:
    """The tests of a tree."""
    if explained.kind in ("test", "part"):
        yield explained
        return
    for part in explained.parts:
        yield from leaves(part)


def with_constants(
    condition: Condition, explained: Explained, constants: Mapping[int, bool]
) -> Condition:
    """The condition with some tests, by the identity of what is said of them, made constants."""
    match condition:
        case All() | Any():
            each = zip(condition.parts, explained.parts, strict=True)
            return type(condition)(tuple(with_constants(*pair, constants) for pair in each))
        case Not():
            return Not(with_constants(condition.part, explained.parts[0], constants))
    return Says(constants[id(explained)]) if id(explained) in constants else condition


@settings(max_examples=1000)
@given(conditions(20), RECORDS)
def test_changing_the_blockers_and_nothing_else_makes_it_match(tree, record):
    said = explain(tree, record)
    named = {id(blocker.test): blocker.becomes for blocker in blockers(said)}

    assert all(blocker.test.truth is not blocker.becomes for blocker in blockers(said))
    assert (not named) is (said.truth is True)
    assert with_constants(tree, said, named).evaluate(record) is True


@settings(max_examples=500)
@given(conditions(6), RECORDS)
def test_no_fewer_changes_make_it_match(tree, record):
    said = explain(tree, record)
    tests = [id(leaf) for leaf in leaves(said)]

    for count in range(len(blockers(said))):
        for chosen, truths in product(
            combinations(tests, count), product((True, False), repeat=count)
        ):
            changed = with_constants(tree, said, dict(zip(chosen, truths, strict=True)))
            assert changed.evaluate(record) is not True


@pytest.mark.parametrize(
    ("tree", "count"),
    [
        (All((Says(True), Says(False), Says(None))), 2),
        (Any((All((Says(False), Says(False))), Says(None))), 1),
        (Any((Says(False), Says(True))), 0),
        (Not(All((Says(True), Says(True)))), 1),
        (Not(Any((Says(True), Says(None), Says(False)))), 2),
    ],
)
def test_how_many_tests_block(tree, count):
    assert len(blockers(explain(tree, NOTHING))) == count


@pytest.mark.parametrize(
    ("match", "unless", "truth", "becomes"),
    [
        (True, None, True, []),
        (True, False, True, []),
        (True, True, False, [False]),
        (False, True, False, [True, False]),
        (False, None, False, [True]),
        (None, True, False, [True, False]),
        (None, False, None, [True]),
    ],
)
def test_unless_blocks_by_the_tests_that_would_have_to_be_false(match, unless, truth, becomes):
    exception = None if unless is None else Says(unless)

    said = explain_rule(a_rule(match=Says(match), unless=exception), an_event())

    assert said.truth is truth
    assert [blocker.becomes for blocker in said.blockers] == becomes


def test_an_unless_that_could_not_be_looked_up_blocks_as_well():
    said = explain_rule(a_rule(unless=Says(None)), an_event())

    assert (said.truth, said.reason) == (None, Reason.LOOKUP_FAILED)
    assert said.unless is not None
    assert said.blockers == (Blocker(said.unless, becomes=False),)


def test_the_reason_is_that_of_deciding():
    event = an_event(state="Stopped")
    rules = [
        a_rule(match=condition("state: Stopped")),
        a_rule(match=condition("state: Running")),
        a_rule(match=condition("code: 1")),
        a_rule(enabled=False),
        a_rule(sources=("elsewhere",)),
    ]

    assert [explain_rule(rule, event).reason for rule in rules] == [
        None,
        Reason.CONDITION_FALSE,
        Reason.FIELD_MISSING,
        Reason.DISABLED,
        Reason.OTHER_SOURCE,
    ]


def miss_by(*truths: Truth) -> Condition:
    return All(tuple(map(Says, truths)))


def test_the_nearest_come_first_and_those_that_are_out_last():
    rules = [
        a_rule(name="disabled", enabled=False),
        a_rule(name="two off", match=miss_by(False, None)),
        a_rule(name="elsewhere", sources=("elsewhere",)),
        a_rule(name="one off", match=miss_by(False, True)),
        a_rule(name="matches"),
        a_rule(name="also one off", match=miss_by(None, True)),
    ]

    found = sorted((explain_rule(rule, an_event()) for rule in rules), key=lambda it: it.distance)

    names = ["matches", "one off", "also one off", "two off", "disabled", "elsewhere"]
    assert [each.rule.name for each in found] == names
