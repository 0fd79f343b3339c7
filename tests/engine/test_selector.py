"""Paths into an event."""

import contextlib
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.selector import MAX_PATH, MISSING, PathInvalid, parse_path
from reactor.model.event import PLATFORM_OBJECTS
from tests.cost import within

EVENT = {
    "state": "Stopped",
    "nothing": None,
    "service": {"name": "web"},
    "labels": {"com.docker.compose.service": "web", "a b": 1},
    "any": 7,
    "empty": [],
    "scalars": [1, 2],
    "ports": [{"inner": 80, "tags": ["a", "b"]}, {"inner": 443, "tags": ["c"]}, {"outer": 1}],
    "nested": [[{"n": 1}], [{"n": 2}, 3]],
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("state", "Stopped"),
        ("nothing", None),
        ("absent", MISSING),
        ("service.name", "web"),
        ("service.name.first", MISSING),
        ("nothing.at.all", MISSING),
        ('labels."com.docker.compose.service"', "web"),
        ('labels."a b"', 1),
        ("labels.a b", 1),
        ('"state"', "Stopped"),
        ("empty", []),
        ("empty.x", []),
        ("empty.x.y", []),
        ("scalars.x", MISSING),
        ("ports.inner", [80, 443]),
        ("ports.tags", ["a", "b", "c"]),
        ("ports.nowhere", MISSING),
        ("nested.n", [1, 2]),
    ],
)
def test_a_dotted_path_goes_straight_to_the_value(path, expected):
    assert parse_path(path).find(EVENT) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.any", 7),
        ("$.absent", MISSING),
        ("$.nothing", None),
        ("$.service.name", "web"),
        ("$['service']['name']", "web"),
        ("$.labels['com.docker.compose.service']", "web"),
        ("$.ports[0].inner", 80),
        ("$.ports[-1].outer", 1),
        ("$.ports[9].inner", MISSING),
        ("$.ports[*].inner", [80, 443]),
        ("$.ports[*].outer", 1),
        ("$.ports[0:2].inner", [80, 443]),
        ("$.ports.inner", MISSING),
        ("$..outer", 1),
        ("$..inner", [80, 443]),
        ("$.ports[?(@.inner > 100)].inner", 443),
        ("$.ports[?(@.inner == 80 || @.outer)].outer", 1),
        ("$.scalars", [1, 2]),
        ("$['service','labels']['name','a b']", ["web", 1]),
        ("$.ports[?($.any == 7)].outer", 1),
        ("$.ports[?(@.inner == $.ports[0].inner)].inner", 80),
        ("$.ports[?(!@.inner)].outer", 1),
    ],
)
def test_jsonpath_gives_the_value_or_the_list_of_several(path, expected):
    assert parse_path(path).find(EVENT) == expected


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", "expected names"),
        (".", "expected names"),
        ("a.", "expected names"),
        (".a", "expected names"),
        ("a..b", "expected names"),
        ('a"b"', "expected names"),
        ('""', "expected names"),
        ('"a', "not closed"),
        ("a" * (MAX_PATH + 1), "at most 500"),
        ("$.", "not JSONPath"),
        ("$[", "not JSONPath"),
        ("$.a[", "not JSONPath"),
        ("$.a[?(@.b >)]", "not JSONPath"),
        ("$.a | $.b", "not JSONPath"),
        ("$.a[?(@.b =~ '(x+)+y')]", "comparing filters"),
        ("$.a.`parent`", "comparing filters"),
        ("$.a.`len`", "comparing filters"),
        ("$.a + $.b", "comparing filters"),
        ("$.a where b", "comparing filters"),
        ("$..a..b", "once only"),
        ("$..*..*..*", "once only"),
        ("$..a[?(@..b)]", "once only"),
        ("$.a[0,-1]", "one index"),
        ("$['a','a']", "stands twice"),
        ("$['*','*']", "stands twice"),
        ("$.a[*].($.b[*])", "begins it"),
        ("$.a[?(@.($.b[*]))]", "begins it"),
        ("$.a[?($.b[*] == 1)]", "only names and indices"),
        ("$.a[?(!$.b[0:9])]", "only names and indices"),
        ("$.a[?(@.b[?($..c)])]", "only names and indices"),
    ],
)
def test_what_is_no_path_is_refused_in_plain_words(path, why):
    with pytest.raises(PathInvalid, match=why):
        parse_path(path)


EVERYTHING = {(kind, None) for kind in PLATFORM_OBJECTS}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("state", set()),
        ("labels.service", set()),
        ('"service.name"', set()),
        ("service", {("service", None)}),
        ("service.name", {("service", "name")}),
        ('service."name"', {("service", "name")}),
        ("container.ports.inner", {("container", "ports")}),
        ("nodecluster.region", {("nodecluster", "region")}),
        ("$.service", {("service", None)}),
        ("$.service.name", {("service", "name")}),
        ("$['service']['name']", {("service", "name")}),
        ("$.(service.name).x", {("service", "name")}),
        ("$['service','state']['name']", {("service", "name")}),
        ("$.service['name','uuid']", {("service", "name"), ("service", "uuid")}),
        ("$.container.ports[0].inner", {("container", "ports")}),
        ("$.container.ports[?(@.inner > 1)]", {("container", "ports")}),
        ("$.container.*", {("container", None)}),
        ("$.container[*].name", {("container", None)}),
        ("$.container..inner", {("container", None)}),
        ("$.container[?(@.name == 'a')]", {("container", None)}),
        ("$.ports[*].inner", set()),
        ("$.ports..service", set()),
        ("$..name", EVERYTHING),
        ("$.*.name", EVERYTHING),
        ("$[*]", EVERYTHING),
        ("$['*'].name", EVERYTHING),
        ("$.ports[?($.service.name == 'web')]", EVERYTHING),
        ("$.`this`.service", EVERYTHING),
    ],
)
def test_a_path_tells_to_which_objects_it_can_lead(path, expected):
    assert {(each.kind, each.field) for each in parse_path(path).references()} == expected


@given(st.text(alphabet="$.[]()?@*'\"ab01,:=<>!&|~` ", max_size=30))
def test_any_text_is_a_path_or_is_refused(text):
    try:
        path = parse_path(text)
    except PathInvalid:
        return
    path.find(EVENT)
    list(path.references())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("abc"), inner),
)
PATHS = [
    parse_path(text)
    for text in ("a", "a.b", "a.b.c", "$.a.b", "$..a", "$.a[0]", "$.a[*].b", "$.a[?(@.b > 1)].c")
]


@given(st.dictionaries(st.sampled_from("abc"), JSON), st.sampled_from(PATHS))
def test_finding_never_raises(fields, path):
    path.find(fields)


@pytest.mark.parametrize(
    "path",
    [
        "$..*",
        "$" + "[*]" * 160,
        "$" + "[?(@.a)]" * 60,
        "$" + ".(a" * 120 + ")" * 120,
        "$." + ".".join("a" * 240),
        "$.a[?(@.b == 1" + " && @.b == 1" * 35 + ")]",
        "$" + "[0,-1]" * 60,
        "$" + "['a','a']" * 50,
        "$" + "..*" * 60,
    ],
)
def test_no_jsonpath_takes_long(path):
    parse_path("$[0]").find({})  # the library is there
    deep: object = 1
    for _ in range(64):
        deep = {"a": deep, "b": [deep]} if isinstance(deep, int) else {"a": deep, "b": 1}

    with within(0.05), contextlib.suppress(PathInvalid):
        parse_path(path).find({"a": deep})


@pytest.mark.parametrize("path", ["a.b", "$..b", "$.a..b", "$..[?($.a)]"])
def test_no_nesting_is_too_deep(path):
    deep: object = 1
    for _ in range(3 * sys.getrecursionlimit()):
        deep = [{"a": deep}]

    parse_path(path).find({"a": deep})
