"""A table tells which of its questions hold for a value, as the questions' own tests do."""

from collections.abc import Mapping
from random import Random
from time import perf_counter

import pytest

from reactor.engine.condition import Test
from reactor.engine.operators import Operator
from reactor.engine.selector import MISSING
from reactor.engine.tables import MOST_LETTERS, MOST_URIS, PROOF, Kind, kind_of, table
from reactor.model.event import Record
from tests.engine.invented import invented_conditions, invented_record, parsed

NOWHERE = Record({}, platform=False)
UUID = "0b0e3538-88df-4f07-9aed-3a3cc4175076"
URI = f"/api/app/v1/service/{UUID}/"
SECONDS = 5
"""What a value of a hundred thousand elements may take: over ten times what it takes at rest."""


def asked(text: str, data: object) -> Test:
    """A test as a rule writes it: of a field, and what is asked of it."""
    condition = parsed({text: data})
    assert isinstance(condition, Test)
    return condition


def look(text: str, *data: object):
    """The table of several questions about one field, numbered from 0."""
    tests = [asked(text, each) for each in data]
    (kind,) = {kind_of(test.path, test.operator) for test in tests}
    assert kind is not None
    found = table(kind, {number: test.operator for number, test in enumerate(tests)})
    return lambda value: {*found(value)}


KINDS = {
    Kind.EQUAL: [("x", "a"), ("x", 1), ("x", True), ("x", None), ("x", ["a", 1]), ("parents", 1)],
    Kind.URI: [("parents", URI), ("parents", "a"), ("parents", [URI, "b"])],
    Kind.NAMES: [("service", "web"), ("service", URI)],
    Kind.FOLDED: [("x", {"icase": "a"}), ("x", {"equals-ignore-case": "a"})],
    Kind.TEXT: [
        ("x", {"prefix": "a"}),
        ("x", {"suffix": "a"}),
        ("parents", {"contains": "a"}),
        ("x", {"glob": "a*[bc]"}),
        ("x", {"wildcard": "a*"}),
        ("x", {"prefix": "a", "regex": "b"}),
    ],
    Kind.BOUNDS: [
        ("x", {"gt": 1}),
        ("x", {"gte": 1, "lt": 5}),
        ("x", {"numeric": [">", 1, "<=", 5]}),
    ],
    None: [
        ("x", {"regex": "a"}),
        ("x", {"glob": "[ab]*?"}),
        ("x", {"prefix": ""}),
        ("x", {"cidr": "10.0.0.0/8"}),
        ("x", {"not": 1}),
        ("x", {"exists": True}),
        ("x", {"any": ["a"]}),
        ("x", {"field": "y"}),
        ("x", {"gt": 1, "prefix": ""}),
        ("x", {"prefix": {"equals-ignore-case": "a"}}),
        ("x", ["a", {"prefix": "b"}]),
        ("parents", [URI, 1]),
    ],
}
ROWS = [(text, data, kind) for kind, all_ in KINDS.items() for text, data in all_]


@pytest.mark.parametrize(("text", "data", "kind"), ROWS)
def test_the_kind_of_a_question(text, data, kind):
    test = asked(text, data)

    assert kind_of(test.path, test.operator) is kind


OTHERS = (MISSING, {"a": "a"}, [], {}, [["a"]], [{"name": 1}], "", 0.25, 10**400, float("nan"))
FOUND: Mapping[str, tuple] = {
    "texts": ("x", ["a", "b", ["a", "c"]], [("a", {0, 2}), ("c", {2}), ("A", set())]),
    "numbers": ("x", [1, 5.0, "1"], [(1, {0}), (1.0, {0}), (5, {1}), ("1", {2}), (2, set())]),
    "true is not 1": ("x", [1, True, 0, False], [(1, {0}), (True, {1}), (0, {2}), (False, {3})]),
    "null": ("x", [None, "null"], [(None, {0}), ("null", {1}), (MISSING, set())]),
    "elements": ("x", ["a", "b", 1, True], [(["a", 1], {0, 2}), ([True, {}, ["a"]], {3})]),
    "URIs": (
        "parents",
        [URI, "/svc/a", [f"/api/app/v1/stack/{UUID}/"]],
        [
            (URI, {0}),
            ([URI.rstrip("/"), f"/api/app/v1/acme/service/{UUID}"], {0}),
            ([URI + "/", "/svc/a/"], {0, 1}),
            (["svc/a", UUID, f"/api/app/v1/node/{UUID}/", 1, [URI]], set()),
            ([f"/api/app/v1/stack/{UUID}/"] * 2, {2}),
        ],
    ),
    "URIs of UUIDs alone": (
        "parents",
        [URI],
        [(URI + "//", {0}), (URI.rstrip("/"), {0}), (URI[4:], set()), ("", set()), ([], set())],
    ),
    "the empty URI": ("parents", ["", "/"], [("", {0, 1}), ("//", {0, 1}), ("a", set())]),
    "upper and lower case": (
        "x",
        [{"icase": "Web"}, {"icase": "STRASSE"}],
        [("wEB", {0}), ("straße", {1}), (["web", "Straße"], {0, 1}), ("we", set())],
    ),
    "parts of texts": (
        "x",
        [{"prefix": "web-"}, {"suffix": "-1"}, {"glob": "*b-?"}, {"wildcard": "w*\\*"}],
        [
            ("web-1", {0, 1, 2}),
            ("web-12", {0}),
            ("w*", {3}),
            ("a web-1", {1, 2}),
            (["web-", "b-1"], {0, 1, 2}),
            (["", 1, ["web-"], {"web-": 1}], set()),
        ],
    ),
    "several parts of one text": (
        "x",
        [{"prefix": "a", "suffix": "b"}],
        [("ab", {0}), ("a", set()), (["a", "b"], set()), (["b", "aab"], {0})],
    ),
}


def rows():
    for name, (text, data, each) in FOUND.items():
        yield from (pytest.param(text, data, *row, id=f"{name}: {row[0]!r:.40}") for row in each)


@pytest.mark.parametrize(("text", "data", "value", "expected"), [*rows()])
def test_what_a_table_finds(text, data, value, expected):
    assert look(text, *data)(value) == expected


@pytest.mark.parametrize("value", OTHERS, ids=repr)
@pytest.mark.parametrize("name", FOUND)
def test_what_is_of_another_type_or_missing_is_not_found(name, value):
    text, data, _ = FOUND[name]
    tests = [asked(text, each) for each in data]

    truths = {at: test.operator.test(value, NOWHERE) for at, test in enumerate(tests)}
    expected = {at for at, truth in truths.items() if truth and value is not MISSING}

    assert look(text, *data)(value) == expected


OBJECT = {"name": "web", "uuid": UUID.upper()}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (OBJECT, {0, 1}),
        ({"name": "web"}, {0}),
        ({"uri": URI}, {1}),
        ({"name": ["web"], "uuid": 1}, set()),
        ("web", {0}),
        ([{"name": "web"}, URI], {0, 1}),
        (1, set()),
        (MISSING, set()),
    ],
)
def test_objects_are_found_by_name_and_id_where_it_is_worth_asking(value, expected):
    assert look("service", "web", URI)(value) == expected


def by_kind(random: Random) -> dict[tuple[str, Kind], dict[int, Operator]]:
    """Questions that were made up, by field and kind."""
    found: dict[tuple[str, Kind], dict[int, Operator]] = {}
    for number, test in enumerate(invented_conditions(random, 600)):
        if isinstance(test, Test) and (kind := kind_of(test.path, test.operator)):
            found.setdefault((test.path.text, kind), {})[number] = test.operator
    return found


@pytest.mark.parametrize("seed", range(5))
def test_a_table_tells_what_the_questions_themselves_tell(seed):
    random = Random(seed)
    values = [each for _ in range(60) for each in invented_record(random).fields.values()]
    for (_, kind), operators in by_kind(random).items():
        finds = table(kind, operators)
        for value in values:
            true = {n for n, each in operators.items() if each.test(value, NOWHERE) is True}
            found = {*finds(value)}
            assert found == true if kind in PROOF else found >= true


def test_more_spellings_of_a_uri_than_are_kept_are_all_found():
    finds = look("parents", URI)
    spellings = [f"/api/app/v1/n{number}/service/{UUID}/" for number in range(MOST_URIS + 10)]
    long = f"/api/app/v1/{'n' * MOST_LETTERS}/service/{UUID}/"

    for uri in [*spellings, long, spellings[0], long]:
        assert finds([uri]) == {0}


MANY = 100_000
LONG: Mapping[str, tuple] = {
    "a text that many rules name, repeated": (
        "x",
        [["a", f"b{n}"] for n in range(1000)],
        ["a"] * MANY,
    ),
    "a URI that many rules name, repeated": (
        "parents",
        [[URI, f"/b{n}/"] for n in range(1000)],
        [URI] * MANY,
    ),
    "many texts": ("x", [f"a{n}" for n in range(1000)], [f"a{n}" for n in range(MANY)]),
    "many texts of any case": (
        "x",
        [{"icase": f"a{n}"} for n in range(1000)],
        [f"A{n}" for n in range(MANY)],
    ),
    "many objects": (
        "service",
        [f"a{n}" for n in range(1000)],
        [{"name": f"a{n}"} for n in range(MANY)],
    ),
    "many URIs": ("parents", [f"/b{n}/" for n in range(1000)], [f"/b{n}" for n in range(MANY)]),
    "many texts with the same part": (
        "x",
        [{"glob": f"a*{n}"} for n in range(10)],
        [f"a{n}" for n in range(MANY)],
    ),
    "a long text of one letter": (
        "x",
        [{"glob": f"*a*{n}"} for n in range(10)],
        "a" * 1_000_000,
    ),
}


@pytest.mark.parametrize(("text", "data", "value"), LONG.values(), ids=LONG)
def test_long_values_take_time_in_proportion(text, data, value):
    finds, started = look(text, *data), perf_counter()

    found = finds(value)

    assert perf_counter() - started < SECONDS
    assert len(found) == (0 if isinstance(value, str) else len(data))
