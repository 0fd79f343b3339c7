"""Random conditions and records, small enough to meet: few fields, few values."""

from hypothesis import strategies as st

from reactor.engine.changed import Changed
from reactor.engine.condition import All, Any, Not, Test
from reactor.engine.objects import names
from reactor.engine.operators import (
    AllOf,
    EachFound,
    Exists,
    IsNot,
    NoElement,
    OneOf,
    Operator,
    Plain,
    SameAs,
    SomeElement,
    together,
)
from reactor.engine.predicates import PREDICATES, equals
from reactor.engine.selector import parse_path
from reactor.model.condition import Condition
from reactor.model.event import Record
from reactor.model.lookup import NOT_ASKED

SCALARS = st.sampled_from([None, True, False, 0, 1, 2.5, "", "a", "ab", "137", "10.0.0.1"])
VALUES = SCALARS | st.lists(SCALARS | st.lists(SCALARS, max_size=2), max_size=3)
PATHS = [parse_path(text) for text in ("a", "b", "service", "service.name", "list.n", "$.list[*]")]
OPERANDS = {
    **dict.fromkeys(("prefix", "suffix", "contains", "icase", "regex", "glob"), "a"),
    **dict.fromkeys(("gt", "gte", "lt", "lte"), 1),
    "cidr": "10.0.0.0/8",
}


def _single(name: str) -> Plain:
    return Plain(name, OPERANDS[name], PREDICATES[name](OPERANDS[name]))


SINGLE = st.one_of(
    SCALARS.map(lambda value: Plain("equals", value, equals(value))),
    st.sampled_from([_single(name) for name in OPERANDS]),
)
OTHERS: st.SearchStrategy[Operator] = st.one_of(
    st.booleans().map(Exists),
    st.sampled_from(PATHS).map(SameAs),
    st.sampled_from(["a", "web"]).map(names),
    st.lists(SINGLE, min_size=2, max_size=3).map(lambda parts: together(tuple(parts))),
)


def _composed(inner: st.SearchStrategy[Operator]) -> st.SearchStrategy[Operator]:
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    kinds = (OneOf, AllOf, SomeElement, EachFound, NoElement)
    return st.one_of(inner.map(IsNot), *(several.map(kind) for kind in kinds))


OPERATORS: st.SearchStrategy[Operator] = st.recursive(SINGLE | OTHERS, _composed, max_leaves=4)
TRACKERS = [(path.text, ()) for path in PATHS]
CHANGES = st.builds(Changed, st.sampled_from(TRACKERS), st.none() | OPERATORS, OPERATORS)
TESTS = st.builds(
    Test,
    st.sampled_from(PATHS),
    OPERATORS | CHANGES | CHANGES.map(IsNot),
    st.sampled_from([None, False]),
)


def conditions(leaves: int = 8) -> st.SearchStrategy[Condition]:
    """Trees with at most so many tests."""
    return st.recursive(
        TESTS,
        lambda inner: st.one_of(
            inner.map(Not),
            st.lists(inner, min_size=1, max_size=4).map(lambda parts: All(tuple(parts))),
            st.lists(inner, min_size=1, max_size=4).map(lambda parts: Any(tuple(parts))),
        ),
        max_leaves=leaves,
    )


UNKNOWN = st.sampled_from([{}, {"service": NOT_ASKED}, {"service": "time-out"}])
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "a": VALUES,
        "b": VALUES,
        "service": st.sampled_from([{}, {"uuid": "1"}, {"name": "web"}, "web"]),
        "list": st.lists(st.fixed_dictionaries({}, optional={"n": SCALARS}), max_size=3),
    },
)
PREVIOUS = st.none() | st.dictionaries(st.sampled_from(TRACKERS), VALUES)
RECORDS = st.builds(Record, FIELDS, st.booleans(), UNKNOWN, PREVIOUS)
