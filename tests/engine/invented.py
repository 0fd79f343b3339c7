"""Random conditions and records for tests, of few fields and few values, so that they often meet.

All that is random comes from the generator that is handed in: a seeded one repeats itself, one of
hypothesis shrinks.
"""

from random import Random

from msgspec.structs import replace

from reactor.config.conditions import parse_condition
from reactor.config.node import Entry, Items, Node, Problems, Scalar, Table
from reactor.engine.selector import MISSING, parse_path
from reactor.model.condition import Condition
from reactor.model.event import PLATFORM_OBJECTS, Record, Tracker
from tests.builders import PLACE

_WHOLE = 2  # the depth at which something is asked of a field, and not of elements of it
_UUID = "0b0e3538-88df-4f07-9aed-3a3cc4175076"
_URIS = (
    f"/api/app/v1/service/{_UUID}/",
    f"/api/app/v1/acme/service/{_UUID}",
    f"/api/app/v1/stack/{_UUID}/",
    "/api/app/v1/service/s-1/",
    "/svc/a/",
    "/svc/a",
)
_WORDS = ("", "a", "b", "ab", "A", "web", "web-1", "web-2", "Stopped", "straße", "STRASSE", "é")
_NUMERALS = ("1", "5", "-1", "137", "0.5", "007", "1e3", " 5", "99999999999999999999")
_ODD_TEXTS = ("a*b", "a\\b", "[a]", "10.0.0.1", "10.1.2.3", "::1", "two\nlines", "true", "null")
_TEXTS = (*_WORDS, *_NUMERALS, *_ODD_TEXTS, *_URIS, _UUID)
_NUMBERS = (0, 1, 5, 137, -1, 1.0, 0.5, 5.5, (1 << 63) + 1, float(1 << 63), -0.0)
_FREQUENT = ("a", "web", 0, 1, True, False, None)
_SCALARS = (*_FREQUENT * 4, *_WORDS, *_NUMERALS, *_NUMBERS)
_ONLY_IN_EVENTS = ("\ud800", float("nan"), float("inf"), 10**400, "9" * 500, "a" * 5000)

_PATHS = ("type", "state", "x", "n", "tags", "x.y", "tags.k", 'labels."a.b"', "parents")
_OBJECT_PATHS = ("service", "service.name", "service.uri", "container.exit_code", "stack.name")
_JSONPATHS = ("$.x.y", "$.tags[*].k", "$..k", "$.tags[0]", "$.service.name", "$.any")
_PARSED = [parse_path(text) for text in (*_PATHS, *_OBJECT_PATHS)]
_ALL_PATHS = (*_PATHS * 5, *_OBJECT_PATHS * 3, *_JSONPATHS)  # JSONPath is slow

_PATTERNS = ("a", "b$", "^web-[0-9]+$", "", "(?i)STOPPED", ".", "^[^a]*$")
_GLOBS = ("*", "", "a*", "*b", "web-?", "web-[0-9]", "*a*", "[!a]*", "a", "/api/*/service/*")
_WILDCARDS = ("*", "", "a*", "*b", "web-*", "*a*", "a\\*b", "a\\\\b", "web-1")
_NETWORKS = ("10.0.0.0/8", "10.0.0.1", "::/0")


def invented_conditions(random: Random, count: int) -> list[Condition]:
    """So many conditions as the rule file's parser reads them, some of them as `unless` does. They
    ask about few fields and few values, as those of one file do, or each about its own."""
    leaves = [_leaf(random) for _ in range(random.choice((2, 5, 10, 2 * count + 1)))]
    return [
        parsed(_block(random, 3, leaves), missing_is_false=random.random() < 0.15)
        for _ in range(count)
    ]


def invented_rules(random: Random, count: int) -> list[Condition]:
    """So many conditions as a long file has them: about a type, a state and one thing more."""
    return [
        parsed(
            {
                "type": random.choice(_FREQUENT),
                "state": random.choice((*_FREQUENT, ["a", 1], {"not": [True, "web"]})),
                **_one_thing_more(random),
            }
        )
        for _ in range(count)
    ]


def _one_thing_more(random: Random) -> dict[str, object]:
    uri, bound = f"/api/app/v1/{random.choice(PLATFORM_OBJECTS)}/{_UUID}/", random.choice(_NUMBERS)
    kind = random.choice(("prefix", "suffix", "contains", "glob", "icase", "wildcard"))
    things: list[dict[str, object]] = [
        {"parents": uri},
        {"parents": uri},
        {"parents": {"none": [uri]}},
        {"x": {kind: random.choice(_WORDS)}},
        {"n": {"gte": bound, "lt": bound + random.choice((0, 1, 5, 200))}},
        {"n": {random.choice(("gt", "gte", "lt", "lte")): bound}},
        {"service": random.choice(("web", "a", _UUID, uri))},
        {"tags": random.choice((*_SCALARS, ["a", None]))},
    ]
    return random.choice(things)


def parsed(data: object, *, missing_is_false: bool = False) -> Condition:
    """The condition that plain data write; it must be without mistakes."""
    problems = Problems()
    found = parse_condition(_node(data), problems, missing_is_false=missing_is_false)
    assert found is not None, (data, problems.found)
    return found


def _node(data: object) -> Node:
    if isinstance(data, dict):
        entries = {key: Entry(key_place=PLACE, value=_node(each)) for key, each in data.items()}
        return Table(place=PLACE, entries=entries)
    if isinstance(data, list):
        return Items(place=PLACE, items=tuple(map(_node, data)))
    assert data is None or isinstance(data, str | int | float)
    return Scalar(place=PLACE, value=data)


_Leaf = tuple[str, object]
"""A field and what is asked of it."""


def _block(random: Random, depth: int, leaves: list[_Leaf]) -> dict[str, object]:
    """A map at the level of `match`."""
    made: dict[str, object] = {}
    for _ in range(random.choice((1, 1, 2, 2, 3))):
        kind = random.random()
        if depth and kind < 0.2:
            name = random.choice(("any", "all", "$or"))
            made[name] = [_block(random, depth - 1, leaves) for _ in range(random.randint(2, 3))]
        elif depth and kind < 0.3:
            made["not"] = _block(random, depth - 1, leaves)
        else:
            path, value = random.choice(leaves)
            made[path] = value
    return made


def _leaf(random: Random) -> _Leaf:
    path = random.choice(_ALL_PATHS)
    if path in ("parents", "service", "service.uri") and random.random() < 0.7:
        named = random.choice(("web", "a", _UUID, *_URIS))
        return path, random.choice((named, [named, "a"], {"not": named}, {"any": [named]}))
    return ("x", _nested(random)) if random.random() < 0.05 else (path, _value(random, _WHOLE))


def _nested(random: Random) -> dict[str, object]:
    nested: dict[str, object] = {"y": _value(random, 1)}
    if random.random() < 0.3:
        nested["$or"] = [{"k": _value(random, 1)}, {"y": _value(random, 1)}]
    return nested


def _value(random: Random, depth: int) -> object:
    """What is asked of a field."""
    kind = random.random()
    if kind < 0.35:
        return random.choice(_SCALARS)
    if kind < 0.4:
        return random.choice(_TEXTS)
    if kind < 0.55:
        return _alternatives(random, depth)
    return _operators(random, depth)


def _alternatives(random: Random, depth: int) -> list[object]:
    return [
        random.choice(_SCALARS) if not depth or random.random() < 0.6 else _operators(random, 0)
        for _ in range(random.randint(1, 4))
    ]


def _operators(random: Random, depth: int) -> dict[str, object]:
    made: dict[str, object] = {}
    for _ in range(random.choice((1, 1, 1, 2))):
        made.update(_operator(random, depth))
    return _changed(random, made) if depth == _WHOLE and random.random() < 0.15 else made


def _changed(random: Random, beside: dict[str, object]) -> dict[str, object]:
    """What a field was and is, alone, in `not` or beside other operators."""
    ends = random.choice((("from", "to"), ("to",), ("to",), ("from",)))
    change: dict[str, object] = {end: _value(random, 0) for end in ends}
    forms: list[dict[str, object]] = [change, {"not": change}, {**beside, **change}]
    return random.choice(forms)


def _operator(random: Random, depth: int) -> dict[str, object]:
    kind = random.randrange(5)
    if kind == 0:
        return {random.choice(("gt", "gte", "lt", "lte")): random.choice(_NUMBERS)}
    if kind == 1:
        return _of_eventbridge(random)
    if kind == 2 and depth:
        quantifier = random.choice(("any", "all", "none", "not", "not"))
        return {quantifier: _alternatives(random, depth - 1)}
    if kind == 3:
        name = random.choice(("prefix", "suffix", "contains", "icase"))
        return {name: random.choice(_TEXTS)}
    others: list[dict[str, object]] = [
        {"exists": True},
        {"exists": False},
        {"field": random.choice(_ALL_PATHS)},
        {"glob": random.choice(_GLOBS)},
        {"regex": random.choice(_PATTERNS)},
        {"cidr": random.choice(_NETWORKS)},
        {"not": random.choice(_SCALARS)},
    ]
    return random.choice(others)


def _of_eventbridge(random: Random) -> dict[str, object]:
    words = random.sample(_WORDS, 2)
    bound = random.choice(_NUMBERS)
    forms: list[dict[str, object]] = [
        {"anything-but": words},
        {"anything-but": words[0]},
        {"anything-but": [1, bound]},
        {"anything-but": {random.choice(("prefix", "suffix", "equals-ignore-case")): words}},
        {"anything-but": {"wildcard": random.choice(_WILDCARDS)}},
        {"equals-ignore-case": words[0]},
        {"wildcard": random.choice(_WILDCARDS)},
        {"numeric": [random.choice((">", "<", "=", "<=", ">=")), bound]},
        {"numeric": [">", bound, "<=", bound + 5]},
        {random.choice(("prefix", "suffix")): {"equals-ignore-case": words[0]}},
    ]
    return random.choice(forms)


def invented_record(random: Random) -> Record:
    """A record, of a platform or not, with some of its objects looked up or none, and with what
    some fields were before; or that is not known yet."""
    record = _record(random)
    return record if random.random() < 0.2 else _with_previous(random, record)


def _with_previous(random: Random, record: Record) -> Record:
    previous: dict[Tracker, object] = {}
    for path in _PARSED:
        if random.random() < 0.75:
            previous[path.text, ()] = _before(random, path.find(record.fields))
    for text in _JSONPATHS:
        previous[text, ()] = _anything(random, 1)
    return replace(record, previous=previous)


def _before(random: Random, value: object) -> object:
    """What a field was: often what it is."""
    return _anything(random, 1) if value is MISSING or random.random() < 0.5 else value


def _record(random: Random) -> Record:
    names = ("type", "state", "x", "n", "tags", "labels", "k", "any")
    fields = {name: _anything(random, 2) for name in names if random.random() < 0.75}
    if random.random() < 0.5:
        fields["parents"] = [_spelt(random), random.choice(_URIS), _anything(random, 1)]
    for name in ("service", "stack", "container"):
        if random.random() < 0.6:
            fields[name] = _object(random, name)
    if random.random() < 0.2:  # what other sources call so
        return Record({**fields, "service": _anything(random, 1)}, platform=False)
    if random.random() < 0.2:
        return Record(fields, platform=False)
    unknown = {name: "time-out" for name in PLATFORM_OBJECTS if random.random() < 0.3}
    return Record(fields, platform=True, unknown=unknown)


def _spelt(random: Random) -> str:
    """A URI in one of its spellings: with a namespace or none, with slashes or none."""
    namespace = random.choice(("", "acme/"))
    kind = random.choice(PLATFORM_OBJECTS)
    return f"/api/app/v1/{namespace}{kind}/{_UUID}{'/' * random.randint(0, 2)}"


def looked_up(random: Random, record: Record) -> Record:
    """The same record when all is known; what was known stays so."""
    objects = {name: record.fields.get(name, {}) for name in record.unknown}
    known = {
        name: {**_object(random, name), "k": _anything(random, 1), **there}
        for name, there in objects.items()
        if isinstance(there, dict)
    }
    fields = {**record.fields, **known}
    found = Record(fields, record.platform, previous=record.previous)
    return found if found.previous is not None else _with_previous(random, found)


def _object(random: Random, kind: str) -> dict[str, object]:
    """An object of a platform, as far as it is known. It has an identity before all else."""
    uuid = "s-1" if kind == "stack" else _UUID
    identity = {"uuid": uuid, "uri": f"/api/app/v1/{kind}/{uuid}/"}
    further = {"name": random.choice((*_SCALARS, _UUID)), "exit_code": random.choice(_SCALARS)}
    known = {name: value for name, value in further.items() if random.random() < 0.6}
    return {**identity, **known} if random.random() < 0.7 else {"uri": identity["uri"], **known}


def _anything(random: Random, depth: int) -> object:
    kind = random.random()
    if depth and kind < 0.15:
        return [_anything(random, depth - 1) for _ in range(random.randint(0, 3))]
    if depth and kind < 0.3:
        keys = ("y", "k", "a.b", "x")
        return {key: _anything(random, depth - 1) for key in keys if random.random() < 0.6}
    if kind < 0.33:
        return random.choice(_ONLY_IN_EVENTS)
    return random.choice(_SCALARS if kind < 0.85 else _TEXTS)
