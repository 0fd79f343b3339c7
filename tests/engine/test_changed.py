"""What a field was and what it is now: `{from: A, to: B}` (rules.md §2)."""

import pytest

from reactor.config.conditions import parse_condition
from reactor.config.node import Problems
from reactor.engine.changed import Changed, tracked
from reactor.engine.condition import Test, reason_of, trackers
from reactor.engine.explain import explain
from reactor.engine.index import Matcher
from reactor.engine.selector import MISSING
from reactor.model.event import Record
from reactor.model.lookup import Reference
from reactor.model.match import Reason
from tests.conditions import condition, node_of

T, F, U = True, False, None
NEVER = "no earlier event had the field"

ROWS = [
    # condition of x, what x was, what x is, outcome
    ("{from: a, to: b}", "a", "b", T),
    ("{from: a, to: b}", "c", "b", F),
    ("{from: a, to: b}", "a", "c", F),
    ("{from: a, to: b}", "b", "b", F),
    ("{from: a, to: b}", NEVER, "b", U),
    ("{from: a, to: b}", NEVER, "c", F),  # unknown AND false
    ("{from: a, to: b}", "a", MISSING, U),
    ("{from: a, to: a}", "a", "a", T),  # both are given, and both hold
    ("{from: [a, b], to: [b, c]}", "b", "b", T),
    ("{from: [a, b], to: [b, c]}", "a", "c", T),
    ("{from: [a, b], to: [b, c]}", "c", "b", F),
    ("{to: b}", "a", "b", T),
    ("{to: b}", "b", "b", F),  # no change
    ("{to: b}", "a", "c", F),
    ("{to: b}", NEVER, "b", U),
    ("{to: b}", NEVER, "a", F),
    ("{to: b}", None, "b", T),  # null is a value
    ("{to: null}", "a", None, T),
    ("{to: [a, b]}", "a", "b", T),  # another of them is a change
    ("{to: [a, b]}", "a", "a", F),
    ("{from: a}", "a", "b", T),
    ("{from: a}", "a", "a", F),
    ("{from: a}", "b", "a", F),
    ("{from: a}", NEVER, "b", U),
    ("{from: a}", NEVER, "a", U),
    ("{from: {not: a}, to: a}", "b", "a", T),
    ("{from: {not: a}, to: a}", "a", "a", F),
    ("{from: {lt: 3}, to: {gte: 3}}", 2, 3, T),
    ("{from: {lt: 3}, to: {gte: 3}}", 3, 4, F),
    ("{from: 1, to: {gt: 1}}", True, 2, F),  # a boolean is not a number
    ("{to: 1}", True, 1, T),  # and so this is a change
    ("{to: 1.0}", 1, 1, F),  # and this is none
    ("{from: a, to: b}", ["x", "a"], ["b"], T),  # on a list: any element
    ("{to: b}", ["a", "b"], ["b", "a"], T),  # a list changes as a whole
    ("{to: b}", ["a", "b"], ["a", "b"], F),
    ("{to: {any: [b]}}", ["a"], ["b"], T),
    ("{from: a, to: b, prefix: c}", "a", "b", F),  # beside another operator: both hold
    ("{from: a, to: b, prefix: b}", "a", "b", T),
    ("{not: {from: a, to: b}}", "a", "b", F),
    ("{not: {from: a, to: b}}", "c", "b", T),
    ("{not: {from: a, to: b}}", NEVER, "b", U),
    ("{not: {from: a, to: b}}", NEVER, "c", T),
    ("[{from: a, to: b}, {from: b, to: c}]", "b", "c", T),
    ("[{from: a, to: b}, c]", NEVER, "c", T),
    ("{to: {field: y}}", "a", "y's", T),
    ("{to: {field: z}}", "a", "y's", U),
]


def record(was: object, now: object) -> Record:
    fields = {"y": "y's"} if now is MISSING else {"y": "y's", "x": now}
    return Record(fields, False, {}, {} if was == NEVER else {("x", ()): was})


@pytest.mark.parametrize(("text", "was", "now", "outcome"), ROWS)
def test_what_it_was_and_is_decides(text, was, now, outcome):
    seen, unless = record(was, now), condition(f"x: {text}", missing_is_false=True)

    assert condition(f"x: {text}").evaluate(seen) is outcome
    assert unless.evaluate(seen) is bool(outcome)


def test_the_matcher_finds_what_the_conditions_say_of_every_row():
    conditions = [condition(f"x: {text}") for text, *_ in ROWS]
    matcher = Matcher(conditions)

    for _, was, now, _ in ROWS:
        seen = record(was, now)
        true = [at for at, each in enumerate(conditions) if each.evaluate(seen) is True]
        assert list(matcher.holding(seen)) == list(matcher.possible(seen)) == true


EARLY = [
    # condition, fields, whether it can still hold
    ("x: {from: a, to: b}", {"x": "b"}, True),
    ("x: {from: a, to: b}", {"x": "c"}, False),
    ("x: {from: a, to: b}", {}, False),
    ("x: {to: [a, b]}", {"x": "a"}, True),
    ("x: {from: a}", {"x": "whatever"}, True),
    ("x: {not: {from: a, to: b}}", {"x": "b"}, True),
    ("{x: {to: b}, y: 1}", {"x": "b", "y": 2}, False),
    ("{x: {to: b}, y: 1}", {"x": "b", "y": 1}, True),
    ("{x: {to: b}, y: 1}", {"x": "b"}, False),
    ("any: [{x: {to: b}}, {y: 1}]", {"x": "c", "y": 2}, False),
    ("x: b", {"x": "b"}, True),
    ("x: {field: y}", {"x": "b"}, False),
]


@pytest.mark.parametrize(("text", "fields", "may_hold"), EARLY)
@pytest.mark.parametrize("how", [{}, {"missing_is_false": True}])
def test_until_earlier_events_are_decided_it_may_hold_if_what_is_now_fits(
    text, fields, may_hold, how
):
    asked, early = condition(text, **how), Record(fields, platform=False)

    assert asked.may_be(early, wanted=True) is may_hold
    assert list(Matcher([asked]).possible(early)) == [0] * may_hold
    assert list(Matcher([asked]).holding(early)) == [0] * (asked.evaluate(early) is True)


def test_in_unless_what_nobody_knows_is_false_but_what_is_not_decided_yet_is_not():
    asked = condition("x: {from: a, to: b}", missing_is_false=True)

    assert asked.evaluate(Record({"x": "b"}, False, {}, {})) is False
    assert asked.evaluate(Record({"x": "b"}, False, {}, None)) is None
    assert asked.evaluate(Record({}, False, {}, None)) is False


def test_what_was_before_is_no_lookup_that_failed():
    asked = condition("{x: {to: b}, service.name: web}")
    known = Record({"x": "b", "service": {"name": "web"}}, True, {"node": "gone"}, {})

    assert reason_of(asked.evaluate(known), asked, known) is Reason.FIELD_MISSING


def test_an_object_that_was_not_looked_up_leaves_it_open():
    asked = condition("service.name: {to: web}")
    unknown = Record({}, True, {"service": "gone"}, {("service.name", ()): "db"})

    assert (asked.evaluate(unknown), asked.lacks(unknown)) == (None, True)
    assert asked.may_be(unknown, wanted=True)
    assert {*asked.references()} == {Reference("service", "name")}


def test_a_tracker_is_the_path_and_the_key_of_the_rule():
    text = "{x: {to: a}, any: [{y: [{from: 1}, b]}, {not: {z: {not: {to: 3}, gt: 1}}}], w: 1}"
    problems = Problems()

    asked = parse_condition(node_of(text), problems, group_by=("k", "$.l"))

    assert asked is not None
    assert list(trackers(asked)) == [(name, ("k", "$.l")) for name in "xyz"]


def test_rules_with_other_keys_remember_apart():
    problems = Problems()
    asked = [
        parse_condition(node_of("{y: 1, x: {to: b}}"), problems, group_by=key)
        for key in ((), ("k",))
    ]
    seen = Record({"x": "b", "y": 1}, False, {}, {("x", ()): "a", ("x", ("k",)): "b"})

    assert list(Matcher(asked).holding(seen)) == [0]


def test_no_tracker_is_in_a_condition_on_one_moment():
    assert not list(trackers(condition("{x: {not: [a, {gt: 1}]}, y: {any: [b]}}")))
    assert not list(tracked(condition("x: {any: [a]}").operator))


def test_what_it_asks_for_is_kept_as_given():
    asked = condition("x: {to: b}")

    assert isinstance(asked, Test)
    assert isinstance(asked.operator, Changed)
    assert [*asked.operator.operand] == ["to"]


@pytest.mark.parametrize(
    ("previous", "truth", "actual", "why"),
    [
        ({("x", ()): "a"}, True, {"from": "a", "to": "b"}, ""),
        ({("x", ()): "c"}, False, {"from": "c", "to": "b"}, ""),
        ({}, None, {"to": "b"}, "what it was before is not known"),
        (None, None, {"to": "b"}, "what it was before is not known"),
    ],
)
def test_it_is_explained_by_what_was_and_is(previous, truth, actual, why):
    said = explain(condition("x: {from: a, to: b}"), Record({"x": "b"}, False, {}, previous))

    assert said.expected == {"from": "a", "to": "b"}
    assert (said.truth, said.actual, said.why) == (truth, actual, why)


def test_of_a_field_that_is_missing_no_change_is_told():
    said = explain(condition("x: {to: b}"), Record({}, False, {}, {("x", ()): "a"}))

    assert (said.truth, said.actual, said.why) == (None, MISSING, "the field is missing")
