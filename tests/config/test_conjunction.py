import pytest

from reactor.config.conjunction import conjunction
from reactor.config.node import Table, plain
from tests.conditions import node_of


def read(text):
    table = node_of(text)
    assert isinstance(table, Table)
    return conjunction(table)


def shown(part):
    """The same as plain data: fields, then branches and what is excluded, if any."""
    fields = {field.path: plain(field.value) for field in part.fields}
    inner = [[shown(each) for each in parts] for parts in (part.branches, part.excluded)]
    return [fields, *inner] if any(inner) else fields


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{a: 1, b: [2, 3]}", {"a": 1, "b": [2, 3]}),
        ("{a: {b: {c: 1}, d: 2}}", {"a.b.c": 1, "a.d": 2}),
        ("{a: {gt: 1}, b: {any: [1]}}", {"a": {"gt": 1}, "b": {"any": [1]}}),
        ("{a: 1, all: [{b: 2}, {all: [{c: 3}]}]}", {"a": 1, "b": 2, "c": 3}),
        ("{a: 1, any: [{b: 2}, {c: 3}]}", [{"a": 1}, [{"b": 2}, {"c": 3}], []]),
        ("{$or: [{b: 2}, {c: 3}]}", [{}, [{"b": 2}, {"c": 3}], []]),
        ("{a: {$or: [{b: 2}, {c: 3}], d: 4}}", [{"a.d": 4}, [{"a.b": 2}, {"a.c": 3}], []]),
        ("{a: 1, not: {b: 2}}", [{"a": 1}, [], [{"b": 2}]]),
        ("{all: [{any: [{a: 1}]}, {not: {b: 2}}]}", [{}, [{"a": 1}], [{"b": 2}]]),
        ("{$.any: 1, '$.a[0]': 2}", {"$.any": 1, "$.a[0]": 2}),
    ],
)
def test_what_holds_together_is_laid_flat(text, expected):
    assert shown(read(text)) == expected


def test_everything_is_every_field_at_any_depth():
    part = read("{a: 1, any: [{b: 1, not: {c: 1}}], not: {any: [{d: 1}]}}")

    assert [field.path for field in part.everything()] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("text", "names", "columns"),
    [
        ("{a.b: 1}", ("a", "b"), [2, 2]),
        ("{a: {b: {c.d: 1}}}", ("a", "b", "c", "d"), [2, 6, 10, 10]),
        ('{labels."a.b": 1}', ("labels", "a.b"), [2, 2]),
        ("{$.any: 1}", ("any",), [2]),
        ("{'$.a[0]': 1}", (), []),
    ],
)
def test_each_name_has_the_place_of_its_key(text, names, columns):
    [field] = read(text).fields

    assert field.names == names
    assert [place.column for place in field.places] == columns
    assert field.name == ".".join(names)


def test_a_list_is_alternatives():
    [one, several] = read("{a: {gt: 1}, b: [1, {gt: 2}]}").fields

    assert [plain(node) for node in one.alternatives] == [{"gt": 1}]
    assert [plain(node) for node in several.alternatives] == [1, {"gt": 2}]
