"""Every node of a condition says what it made of the event, and never another thing than it did."""

from collections.abc import Iterator

import pytest
from hypothesis import given

from reactor.engine.condition import All, Any, Not
from reactor.engine.explain import Explained, Kind, explain
from reactor.engine.operators import both, either
from reactor.engine.selector import MISSING
from reactor.model.condition import Condition
from reactor.model.event import Record
from reactor.model.lookup import NOT_ASKED
from tests.builders import Says
from tests.conditions import condition
from tests.engine.trees import RECORDS, conditions

EVENT = {"state": "Stopped", "n": 5, "tags": ["a", "b"], "service": {"uuid": "s-1"}}
LOOKUPS = {"service": "503 Service Unavailable", "node": NOT_ASKED}


def explained(text: str, *, missing_is_false: bool = False) -> Explained:
    record = Record(EVENT, platform=True, unknown=LOOKUPS)
    return explain(condition(text, missing_is_false=missing_is_false), record, LOOKUPS)


def nodes(tree: Condition, said: Explained) -> Iterator[tuple[Condition, Explained]]:
    """Each block and test with what is said of it."""
    yield tree, said
    parts = [tree.part] if isinstance(tree, Not) else getattr(tree, "parts", ())
    for part, about in zip(parts, said.parts if parts else (), strict=True):
        yield from nodes(part, about)


@given(conditions(), RECORDS)
def test_every_node_says_what_evaluating_says(tree, record):
    for node, said in nodes(tree, explain(tree, record, record.unknown)):
        assert said.truth is node.evaluate(record)


@given(conditions(), RECORDS)
def test_a_block_follows_from_its_parts(tree, record):
    for node, said in nodes(tree, explain(tree, record)):
        truths = [part.truth for part in said.parts]
        if isinstance(node, All):
            assert (said.kind, said.truth) == (Kind.ALL, both(truths))
        if isinstance(node, Any):
            assert (said.kind, said.truth) == (Kind.ANY, either(truths))
        if isinstance(node, Not):
            assert (said.kind, said.truth is None) == (Kind.NOT, truths[0] is None)


@given(conditions(), RECORDS)
def test_a_test_that_is_unknown_says_why(tree, record):
    for _, said in nodes(tree, explain(tree, record)):
        assert said.kind is not Kind.TEST or said.truth is not None or said.why


@pytest.mark.parametrize(
    ("text", "truth", "why"),
    [
        ("state: Stopped", True, ""),
        ("state: Running", False, ""),
        ("state: 5", False, "a text, not a number"),
        ("n: {prefix: a}", False, "a number, but 'prefix' asks for a text"),
        ("tags: c", False, "no element of 2 fits"),
        ("exit_code: {not: 0}", None, "the field is missing"),
        ("exit_code: {exists: true}", False, "the field is missing"),
        ("state: {field: other}", None, "'other' is missing"),
        ("state: [1, {field: other}]", None, "'other' is missing"),
        ("service: web", None, "service could not be looked up: 503 Service Unavailable"),
        ("service.name: web", None, "service could not be looked up: 503 Service Unavailable"),
        ("node.name: a", None, "node was not looked up"),
        ("stack.name: a", None, "the field is missing"),
        ("{state: Stopped, n: 6}", False, "1 of 2 does not hold"),
        ("{state: Stopped, n: 6, x: 1}", False, "2 of 3 do not hold"),
        ("any: [{n: 1}, {n: 2}]", False, "none of them holds"),
        ("any: [{n: 1}, {n: 5}]", True, ""),
        ("not: {n: 5}", False, ""),
    ],
)
def test_why(text, truth, why):
    said = explained(text)

    assert (said.truth, said.why) == (truth, why)


def test_in_unless_a_missing_field_is_false_and_a_failed_lookup_is_not():
    missing = explained('labels.quiet: "true"', missing_is_false=True)
    unknown = explained("service.name: web", missing_is_false=True)

    assert (missing.truth, missing.why) == (
        False,
        "the field is missing, which is false in 'unless'",
    )
    assert (unknown.truth, unknown.why) == (
        None,
        f"service could not be looked up: {LOOKUPS['service']}",
    )


def test_a_test_has_its_path_its_operator_and_both_values():
    said = explained("n: {not: [0, 5]}")

    assert (said.kind, said.path, said.operator) == (Kind.TEST, "n", "not")
    assert (said.expected, said.actual) == ({"not": [0, 5]}, 5)
    assert explained("x: 1").actual is MISSING


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("n: [1, 5]", [(1, False), (5, True)]),
        ("n: {gt: 4, lt: 5}", [({"gt": 4}, True), ({"lt": 5}, False)]),
        ("n: {not: {gt: 4}}", [({"gt": 4}, True)]),
        ("n: {gt: 4, not: 5}", [({"gt": 4}, True), ({"not": 5}, False)]),
        ("tags: {any: [a, x]}", [("a", True), ("x", False)]),
        ("tags: {all: [a, {not: a}]}", [("a", True), ({"not": "a"}, True)]),
        ("tags: {none: [a, x]}", [("a", True), ("x", False)]),
        ("n: {any: [1]}", []),  # no list: it is false whatever its parts would say
        ("x: {any: [1]}", [(1, None)]),
        ("n: 5", []),
    ],
)
def test_the_parts_of_an_operator_have_the_truth_that_each_alone_would_have(text, parts):
    said = explained(text)

    assert [(part.expected, part.truth) for part in said.parts] == parts
    assert {part.kind for part in said.parts} <= {Kind.PART}


def test_a_condition_that_was_made_elsewhere_says_its_truth():
    assert explain(Says(False), Record({}, platform=False)) == Explained(
        kind=Kind.TEST, truth=False
    )
