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
from reactor.model.lookup import Reference
from reactor.model.match import Reason, Truth
from tests.conditions import condition

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


HALF_KNOWN = Record(
    {
        "state": "Stopped",
        "container": {"uuid": "c-1", "exit_code": 3},
        "service": {"uuid": "s-1", "uri": "/api/app/v1/service/s-1/"},
        "node": {"name": "host-1"},
    },
    platform=True,
    unknown={"service": "time-out", "stack": "time-out"},
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("state: Stopped", True),
        ("container.exit_code: 3", True),
        ("container.exit_code: {exists: true}", True),
        ("container.memory: 5", None),  # the container is known, and has no such field
        ("container.memory: {exists: false}", True),
        ("service.name: web", None),
        ("service.name: {not: web}", None),
        ("service.name: {exists: true}", None),
        ("service.name: {exists: false}", None),
        ("service.name: [web, {exists: false}]", None),
        ("service.name.first: {exists: false}", None),
        ("service.uuid: s-1", True),
        ("service.uuid: {exists: false}", False),
        ("service: {exists: true}", True),
        ("service: web", None),
        ("service: {not: web}", None),
        ("service: /api/app/v1/service/s-1/", True),
        ("service: /api/app/v1/service/s-2/", False),
        ("stack: web", None),
        ("stack: {exists: false}", None),
        ("nodecluster: {exists: false}", True),  # there is none: it is not among the unknown
        ("node.name: host-1", True),
        ("node.region: {exists: false}", True),
        ("state: {field: service.name}", None),
        ("state: [Stopped, {field: service.name}]", True),
        ("$.service.name: {exists: false}", None),
        ("$.service.uuid: s-1", True),
        ("$..name: host-1", None),  # it found one, and may find another
        ("$..name: {not: host-1}", None),
        ("$.container..exit_code: 3", True),
        ("{state: Running, service.name: web}", False),
        ("any: [{state: Stopped}, {service.name: web}]", True),
        ("not: {service.name: web}", None),
    ],
)
def test_what_was_not_looked_up_is_unknown_whatever_is_asked_of_it(text, expected):
    assert condition(text).evaluate(HALF_KNOWN) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("container.memory: 5", False),
        ("container.memory: {field: state}", False),
        ("absent: {field: service.name}", False),
        ("state: {field: absent}", False),
        ("service.name: web", None),
        ("service.name: {exists: true}", None),
        ("service: web", None),
        ("state: {field: service.name}", None),
        ("state: {not: {field: service.name}}", None),
        ("any: [{service: web}, {state: Stopped}]", True),
        ("{service: web, state: Running}", False),
        ("not: {service: web}", None),
        ("$..memory: 5", None),
    ],
)
def test_under_unless_too(text, expected):
    assert condition(text, missing_is_false=True).evaluate(HALF_KNOWN) is expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("state: Running", Reason.CONDITION_FALSE),
        ("absent: 1", Reason.FIELD_MISSING),
        ("container.memory: 5", Reason.FIELD_MISSING),
        ("{state: Running, service.name: web}", Reason.CONDITION_FALSE),
        ("service.name: web", Reason.LOOKUP_FAILED),
        ("{absent: 1, service: web}", Reason.LOOKUP_FAILED),
        ("{absent: 1, any: [{state: Stopped}, {service: web}]}", Reason.FIELD_MISSING),
        ("any: [{absent: 1}, {not: {stack: web}}]", Reason.LOOKUP_FAILED),
        ("{absent: 1, state: [Stopped, {field: service.name}]}", Reason.FIELD_MISSING),
        ("state: {field: stack.name}", Reason.LOOKUP_FAILED),
        ("all: [{absent: 1}, {any: [{absent: 2}, {absent: 3}]}]", Reason.FIELD_MISSING),
    ],
)
def test_no_no_is_without_a_reason(text, reason):
    unfit = condition(text)

    assert reason_of(unfit.evaluate(HALF_KNOWN), unfit, HALF_KNOWN) is reason


@given(conditions(), st.sets(st.sampled_from(["service", "stack", "node"])))
def test_only_what_is_unknown_can_lack_a_lookup(tree, unknown):
    record = Record(RECORD.fields, platform=True, unknown=dict.fromkeys(unknown, "time-out"))

    assert not tree.lacks(record)
    assert tree.evaluate(record) is tree.evaluate(RECORD)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{type: container, labels.a: 1, x.cause: oom}", []),
        ("{cause: oom, planned: false}", ["cause"]),
        ("cause_evidence: {exists: true}", ["cause"]),
        ("$.cause: oom", ["cause"]),
        ("service.name: web", ["service.name"]),
        (
            "service: {name: web, state: [Running, {not: Stopped}]}",
            ["service.name", "service.state"],
        ),
        ("container.ports.inner: 80", ["container.ports"]),
        ("service: web", ["service.name"]),
        ("service: 0b0e1f3c-1d2e-4f5a-8b9c-0d1e2f3a4b5c", ["service.uri"]),
        ("service: /api/app/v1/service/s-1/", ["service.uri"]),
        ("service: [web, /api/app/v1/service/s-1/]", ["service.name", "service.uri"]),
        ("service: {not: [web]}", ["service.name"]),
        ("container: {exists: true}", ["container.uri"]),
        ("container.exit_code: {exists: true}", ["container.exit_code"]),
        ("container: {exists: false, any: [web]}", ["container.name", "container.uri"]),
        ("stack: 5", ["stack"]),
        ("name: {field: service.name}", ["service.name"]),
        ("name: {not: {field: service.name}}", ["service.name"]),
        ("names: {none: [a, {field: service.name}]}", ["service.name"]),
        ("names: {all: [a, {field: service.name}]}", ["service.name"]),
        ("node.name: {prefix: a, suffix: b, field: stack.name}", ["node.name", "stack.name"]),
        ("{any: [{node.region: a}, {not: {stack: b}}]}", ["node.region", "stack.name"]),
        ("all: [{stack.name: a}, {state: Stopped}]", ["stack.name"]),
        ("$.service.name: web", ["service.name"]),
    ],
)
def test_a_condition_tells_of_which_objects_it_speaks(text, expected):
    assert sorted({shown(each) for each in condition(text).references()}) == expected


def shown(reference: Reference) -> str:
    return f"{reference.kind}.{reference.field}" if reference.field else reference.kind
