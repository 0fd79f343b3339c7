"""What was read from the rule file is written as it stood there."""

import json

import pytest

from reactor.engine.condition import Test
from reactor.engine.operators import Plain, together
from reactor.engine.predicates import PREDICATES
from reactor.engine.written import written
from tests.conditions import condition


@pytest.mark.parametrize(
    "value",
    [
        5,
        None,
        "web",
        ["a", {"prefix": "b"}],
        {"not": [0, 143]},
        {"gt": 1, "lte": 5},
        {"gt": 1, "not": 3, "exists": True},
        {"any": ["a", {"suffix": "b"}]},
        {"all": [{"glob": "a*"}]},
        {"none": [{"not": "a"}]},
        {"field": "other.one"},
        {"numeric": [">", 0, "<=", 5]},
        {"numeric": ["<", 0]},
        {"anything-but": ["a", "b"]},
        {"anything-but": {"prefix": "a"}},
        {"prefix": {"equals-ignore-case": "A"}},
        {"cidr": "10.0.0.0/8"},
        {"from": "a", "to": ["b", {"prefix": "c"}]},
        {"not": {"to": 5}},
        [{"from": 1}, {"to": None}],
        {"gt": 1, "from": {"lt": 1}},
    ],
)
@pytest.mark.parametrize("path", ["n", "service", "parents"])
def test_an_operator_is_written_as_it_was_read(path, value):
    test = condition(json.dumps({path: value}))

    assert isinstance(test, Test)
    assert written(test.operator) == value


def test_what_a_map_cannot_hold_twice_is_not_lost():
    bounds = tuple(Plain("gt", bound, PREDICATES["gt"](bound)) for bound in (1, 5))

    assert written(together(bounds)) == {"all of": [{"gt": 1}, {"gt": 5}]}
