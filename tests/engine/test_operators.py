"""The operators, by a table: a condition, the fields of an event, and what it comes out as."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.operators import IsNot, OneOf, SameAs, SomeElement, same
from reactor.model.event import Record
from reactor.model.lookup import Reference
from tests.conditions import condition, truth

T, F, U = True, False, None

EQUALITY = [
    ("x: Stopped", {"x": "Stopped"}, T),
    ("x: Stopped", {"x": "stopped"}, F),
    ("x: Stopped", {}, U),
    ("x: 137", {"x": 137}, T),
    ("x: 137", {"x": "137"}, F),
    ("x: '137'", {"x": "137"}, T),
    ("x: '137'", {"x": 137}, F),
    ("x: 5", {"x": 5.0}, T),
    ("x: 5.0", {"x": 5}, T),
    ("x: 1", {"x": True}, F),
    ("x: 0", {"x": False}, F),
    ("x: true", {"x": True}, T),
    ("x: true", {"x": 1}, F),
    ("x: true", {"x": "true"}, F),
    ("x: false", {"x": None}, F),
    ("x: null", {"x": None}, T),
    ("x: null", {"x": ""}, F),
    ("x: null", {}, U),
    ("x: ''", {"x": ""}, T),
    ("x: a", {"x": {"a": 1}}, F),
    ("x: [a, b]", {"x": "b"}, T),
    ("x: [a, b]", {"x": "c"}, F),
    ("x: [a, 1, null]", {"x": None}, T),
    ("x: [a, {prefix: b}]", {"x": "bc"}, T),
    ("x: [a, {exists: false}]", {}, T),
    ("x: [a, b]", {}, U),
]

TEXT = [
    ("x: {prefix: we}", {"x": "web"}, T),
    ("x: {prefix: We}", {"x": "web"}, F),
    ("x: {prefix: ''}", {"x": "web"}, T),
    ("x: {prefix: ''}", {"x": 5}, F),
    ("x: {prefix: a}", {"x": 5}, F),
    ("x: {prefix: a}", {}, U),
    ("x: {suffix: eb}", {"x": "web"}, T),
    ("x: {suffix: we}", {"x": "web"}, F),
    ("x: {suffix: ''}", {"x": ""}, T),
    ("x: {contains: e}", {"x": "web"}, T),
    ("x: {contains: x}", {"x": "web"}, F),
    ("x: {contains: a}", {"x": {"a": 1}}, F),
    ("x: {icase: STRASSE}", {"x": "straße"}, T),
    ("x: {icase: Web}", {"x": "wEB"}, T),
    ("x: {icase: web}", {"x": "web-1"}, F),
    ("x: {glob: 'web-*'}", {"x": "web-1"}, T),
    ("x: {glob: 'web-*'}", {"x": "web-"}, T),
    ("x: {glob: 'web-*'}", {"x": "my web-1"}, F),
    ("x: {glob: 'web-*'}", {"x": "Web-1"}, F),
    ("x: {glob: 'web-?'}", {"x": "web-é"}, T),
    ("x: {glob: 'web-?'}", {"x": "web-12"}, F),
    ("x: {glob: 'web-[0-9]'}", {"x": "web-7"}, T),
    ("x: {glob: 'web-[!0-9]'}", {"x": "web-7"}, F),
    ("x: {glob: 'web-[^0-9]'}", {"x": "web-a"}, T),
    ("x: {glob: '[]x]'}", {"x": "]"}, T),
    ("x: {glob: '[a^]'}", {"x": "^"}, T),
    ("x: {glob: '[\\d]'}", {"x": "5"}, F),
    ("x: {glob: '[\\d]'}", {"x": "\\"}, T),
    ("x: {glob: '*'}", {"x": "two\nlines"}, T),
    ("x: {glob: ''}", {"x": ""}, T),
    ("x: {glob: ''}", {"x": "a"}, T),
    ("x: {glob: ''}", {"x": 5}, F),
    ("x: {glob: 'a.c'}", {"x": "abc"}, F),
    ("x: {glob: 'a|b'}", {"x": "a"}, F),
    ("x: {glob: '(a)$'}", {"x": "(a)$"}, T),
    ("x: {regex: e}", {"x": "web"}, T),
    ("x: {regex: ^e}", {"x": "web"}, F),
    ("x: {regex: '^web-\\d+$'}", {"x": "web-12"}, T),
    ("x: {regex: '(?i)WEB'}", {"x": "web"}, T),
    ("x: {regex: ''}", {"x": "web"}, T),
    ("x: {regex: '.'}", {"x": 5}, F),
    ("x: {regex: .}", {}, U),
    ("x: {prefix: a, suffix: z}", {"x": "a-z"}, T),
    ("x: {prefix: a, suffix: z}", {"x": "a-y"}, F),
]

NUMBERS = [
    ("x: {gt: 1}", {"x": 2}, T),
    ("x: {gt: 1}", {"x": 1}, F),
    ("x: {gte: 1}", {"x": 1.0}, T),
    ("x: {lt: 1}", {"x": 0.5}, T),
    ("x: {lt: 1}", {"x": 1}, F),
    ("x: {lte: 1}", {"x": 1}, T),
    ("x: {gt: 1}", {"x": "2"}, T),
    ("x: {gt: 1}", {"x": "2.5"}, T),
    ("x: {lt: 1}", {"x": "-3"}, T),
    ("x: {gt: 1}", {"x": "12a"}, F),
    ("x: {gt: 1}", {"x": " 12"}, F),
    ("x: {gt: 1}", {"x": "1e3"}, F),
    ("x: {gt: 1}", {"x": "٣"}, F),  # a digit, but not one of ours
    ("x: {gt: 1}", {"x": ""}, F),
    ("x: {gt: 0}", {"x": True}, F),
    ("x: {gt: 1}", {"x": None}, F),
    ("x: {not: {gt: 1}}", {"x": None}, T),
    ("x: {not: {gt: 1}}", {"x": "12a"}, T),
    ("x: {gt: 1}", {}, U),
    ("x: {gt: 1}", {"x": float("nan")}, F),
    ("x: {gt: 1}", {"x": 10**400}, T),
    ("x: {gt: 9007199254740992}", {"x": "9007199254740993"}, T),
    ("x: {gt: 1}", {"x": "9" * 5000}, F),  # longer than any number
    ("x: {gte: 1, lt: 5}", {"x": 1}, T),
    ("x: {gte: 1, lt: 5}", {"x": 5}, F),
    ("x: {gte: 1, lt: 5}", {}, U),
    ("x: {cidr: 10.0.0.0/8}", {"x": "10.1.2.3"}, T),
    ("x: {cidr: 10.0.0.0/8}", {"x": "11.1.2.3"}, F),
    ("x: {cidr: 10.0.0.0/8}", {"x": "web"}, F),
    ("x: {cidr: 10.0.0.0/8}", {"x": "::1"}, F),
    ("x: {cidr: 10.0.0.0/8}", {"x": 167772161}, F),
    ("x: {cidr: 10.1.2.3}", {"x": "10.1.2.3"}, T),
    ("x: {cidr: '2001:db8::/32'}", {"x": "2001:db8::1"}, T),
    ("x: {cidr: 10.0.0.0/8}", {}, U),
]

PRESENCE = [
    ("x: {exists: true}", {"x": None}, T),
    ("x: {exists: true}", {"x": []}, T),
    ("x: {exists: true}", {}, F),
    ("x: {exists: false}", {}, T),
    ("x: {exists: false}", {"x": 1}, F),
    ("x: {exists: true, gt: 1}", {}, F),
    ("x: {exists: true, gt: 1}", {"x": 2}, T),
    ("x.y: {exists: false}", {"x": 5}, T),
    ("x: {not: 0}", {"x": 1}, T),
    ("x: {not: 0}", {"x": 0}, F),
    ("x: {not: 0}", {"x": "0"}, T),
    ("x: {not: 0}", {}, U),
    ("x: {not: null}", {"x": None}, F),
    ("x: {not: [0, 143]}", {"x": 143}, F),
    ("x: {not: [0, 143]}", {"x": 137}, T),
    ("x: {not: [0, 143]}", {}, U),
    ("x: {not: {prefix: a}}", {"x": "b"}, T),
    ("x: {not: {prefix: a}}", {"x": 5}, T),
    ("x: {not: {not: a}}", {"x": "a"}, T),
    ("x: {not: {not: a}}", {}, U),
    ("x: {not: {exists: true}}", {}, U),
    ("x: {not: {gte: 1, lt: 5}}", {"x": 7}, T),
    ("x: {prefix: web, not: web-3}", {"x": "web-3"}, F),
    ("x: {prefix: web, not: web-3}", {"x": "web-1"}, T),
    ("x: {field: y}", {"x": 1, "y": 1.0}, T),
    ("x: {field: y}", {"x": 1, "y": True}, F),
    ("x: {field: y}", {"x": {"a": [1]}, "y": {"a": [1]}}, T),
    ("x: {field: y}", {"x": {"a": [1]}, "y": {"a": [True]}}, F),
    ("x: {field: y}", {"x": {"a": 1}, "y": {"b": 1}}, F),
    ("x: {field: y.z}", {"x": "a", "y": {"z": "a"}}, T),
    ("x: {field: y}", {"x": 1}, U),
    ("x: {field: y}", {"y": 1}, U),
    ("x: {not: {field: y}}", {"x": 1}, U),
]

LISTS = [
    ("x: a", {"x": ["a", "b"]}, T),
    ("x: c", {"x": ["a", "b"]}, F),
    ("x: {not: a}", {"x": ["a", "b"]}, F),
    ("x: {not: c}", {"x": ["a", "b"]}, T),
    ("x: a", {"x": []}, F),
    ("x: {not: a}", {"x": []}, T),
    ("x: {prefix: ''}", {"x": []}, F),
    ("x: {field: x}", {"x": []}, F),
    ("x: {field: y}", {"x": ["a", "b"], "y": "b"}, T),
    ("x: {field: y}", {"x": ["a", "b"], "y": ["a", "b"]}, T),
    ("x: {gt: 1, lt: 5}", {"x": [0, 9]}, F),  # no single element lies between
    ("x: {gt: 1, lt: 5}", {"x": [0, 3, 9]}, T),
    ("x: {not: {gt: 1, lt: 5}}", {"x": [0, 9]}, T),
    ("x: a", {"x": [["a"]]}, F),
    ("x: {any: [a, {prefix: b}]}", {"x": ["c", "bb"]}, T),
    ("x: {any: [a]}", {"x": ["c"]}, F),
    ("x: {any: [a]}", {"x": "a"}, F),
    ("x: {any: [a]}", {"x": []}, F),
    ("x: {any: [a]}", {}, U),
    ("x: {all: [a, b]}", {"x": ["b", "c", "a"]}, T),
    ("x: {all: [a, b]}", {"x": ["a"]}, F),
    ("x: {all: [a]}", {"x": "a"}, F),
    ("x: {all: [a]}", {"x": []}, F),
    ("x: {all: [a]}", {}, U),
    ("x: {none: [a, b]}", {"x": ["c"]}, T),
    ("x: {none: [a, b]}", {"x": ["c", "b"]}, F),
    ("x: {none: [a]}", {"x": []}, T),
    ("x: {none: [a]}", {"x": "b"}, F),
    ("x: {none: [a]}", {}, U),
    ("x: {any: [{gt: 1, lt: 5}]}", {"x": [0, 3]}, T),
    ("x.y: 2", {"x": [{"y": 1}, {"y": 2}]}, T),
    ("x.y: {not: 2}", {"x": [{"y": 1}, {"y": 2}]}, F),
    ("x.y: 2", {"x": [{"z": 1}]}, U),
    ("x.y: 2", {"x": []}, F),
    ("x.y: {not: 2}", {"x": []}, T),
    ("$.x[*].y: 2", {"x": [{"y": 1}, {"y": 2}]}, T),
    ("$.x[*].y: 2", {"x": []}, U),
]

SHAPE = [
    ("{x: 1, y: 2}", {"x": 1, "y": 2}, T),
    ("{x: 1, y: 2}", {"x": 1, "y": 3}, F),
    ("{x: 1, y: 2}", {"x": 1}, U),
    ("{x: 1, y: 2}", {"x": 2}, F),
    ("x: {y: {z: 1}}", {"x": {"y": {"z": 1}}}, T),
    ("x: {y.z: {gt: 0}, w: [1, 2]}", {"x": {"y": {"z": 1}, "w": 2}}, T),
    ("x: {y: 1}", {"x": 1}, U),
    ('labels: {"\\"com.x\\"": 1}', {"labels": {"com.x": 1}}, T),
    ('labels."com.x": 1', {"labels": {"com.x": 1}}, T),
    ("any: [{x: 1}, {y: 2}]", {"x": 2, "y": 2}, T),
    ("any: [{x: 1}, {y: 2}]", {"x": 2}, U),
    ("any: [{x: 1}, {y: 2}]", {"x": 2, "y": 3}, F),
    ("all: [{x: 1}, {any: [{y: 2}]}]", {"x": 1, "y": 2}, T),
    ("all: [{x: 1}, {y: 2}]", {"x": 2}, F),
    ("not: {x: 1}", {"x": 2}, T),
    ("not: {x: 1}", {"x": 1}, F),
    ("not: {x: 1}", {}, U),
    ("not: {x: 1, y: 2}", {"x": 2}, T),
    ("$.any: 1", {"any": 1}, T),
    ("$.not: {not: 1}", {"not": 1}, F),
    ("none: 1", {"none": 1}, T),
    ("$['a b']: 1", {"a b": 1}, T),
]


@pytest.mark.parametrize(
    ("text", "fields", "expected"), EQUALITY + TEXT + NUMBERS + PRESENCE + LISTS + SHAPE
)
def test_a_condition_comes_out_as_the_language_says(text, fields, expected):
    assert truth(text, fields) is expected


@pytest.mark.parametrize(
    ("text", "fields", "expected"),
    [
        ("x: 1", {}, F),
        ("x: {not: 1}", {}, F),
        ("x: {field: y}", {"x": 1}, F),
        ("x: {not: {field: y}}", {"x": 1}, F),
        ("x: [1, {exists: false}]", {}, T),
        ("not: {x: 1}", {}, T),
        ("any: [{x: 1}, {y: 2}]", {"y": 2}, T),
    ],
)
def test_under_unless_a_missing_field_is_simply_false(text, fields, expected):
    unless = condition(text, missing_is_false=True)

    assert unless.evaluate(Record(fields, platform=True)) is expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("xyz"), inner),
)
EVERY_CONDITION = [condition(text) for text, _, _ in EQUALITY + TEXT + NUMBERS + PRESENCE + LISTS]


def test_only_the_path_and_other_fields_are_spoken_of():
    for text in ("service.x: 1", "service.x: [a, {not: b}]", "service.x: {any: [{gt: 1, lt: 2}]}"):
        assert {*condition(text).references()} == {Reference("service", "x")}
    assert {*condition("x: {field: service.x}").references()} == {Reference("service", "x")}


@given(st.dictionaries(st.sampled_from("xyz"), JSON), st.booleans())
def test_evaluating_never_raises(fields, platform):
    record = Record(fields, platform)

    assert {each.evaluate(record) for each in EVERY_CONDITION} <= {T, F, U}


def test_no_value_is_too_deep_too_long_or_too_odd():
    deep: object = 1
    for _ in range(3 * sys.getrecursionlimit()):
        deep = [deep]
    for odd in (deep, "\ud800", "9" * 10**6, "a" * 10**6, 10**5000, float("inf")):
        record = Record({"x": odd, "y": [odd]}, platform=True)
        assert {each.evaluate(record) for each in EVERY_CONDITION} <= {T, F, U}


@given(JSON, JSON)
def test_sameness_is_symmetric(one, other):
    assert same(one, other) is same(other, one)


@given(JSON.filter(lambda value: "nan" not in repr(value)))
def test_every_value_but_nan_is_the_same_as_itself(value):
    assert same(value, value)


def test_another_field_is_found_once_for_all_elements():
    class Counting:
        text, found = "y", 0

        def find(self, fields):
            self.found += 1
            return fields["y"]

    path = Counting()
    some = SomeElement((IsNot(OneOf((SameAs(path), IsNot(SameAs(path))))),))

    assert some.test([1, 2, 3], Record({"y": 5}, platform=False)) is False
    assert path.found == 2
