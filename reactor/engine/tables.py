"""Tables that tell by a value which questions hold, at a cost that does not grow with their number.

A table is made of questions of one kind about one field: equalities stand in a hash table, numbers
between sorted bounds, and texts that have to be somewhere in a text are found by one walk of an
automaton. What a table tells is true of the value; of a list it tells what is true of its elements,
and as an event can repeat one a hundred thousand times, each is looked at once.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from enum import Enum
from typing import TypeVar

import ahocorasick

from reactor.engine.comparisons import compares, comparisons, parts_of
from reactor.engine.objects import Names, id_of
from reactor.engine.operators import OneOf, Operator, Plain
from reactor.engine.selector import MISSING
from reactor.model.condition import Path
from reactor.model.uri import comparable_uri

Numbers = Collection[int]
"""Questions, by the numbers that the index gave them; one may be among them more than once."""

Look = Callable[[object], Numbers]
"""From the value of the field, MISSING included, to the questions that hold."""

MOST_URIS = 8_192
"""Spellings of known URIs that a table keeps; then it forgets them all."""

MOST_LETTERS = 1_024
"""Texts longer than that are not kept: thousands of values are, and a text may be a megabyte."""

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

_NONE: Numbers = ()
_UUID = 36  # characters
_FEW = 32  # elements; to find the distinct ones among so few takes longer than it saves
_GLOB_SPECIAL = re.compile(r"[*?]|\[[!^]?(?:\][^\]]*|[^\]]+)\]")
_WILDCARD_SPECIAL = re.compile(r"\*|\\.")


class Kind(Enum):
    """The kinds of questions that have a table."""

    URI = 1
    NAMES = 2
    EQUAL = 3
    FOLDED = 4
    TEXT = 5
    BOUNDS = 6


PROOF = frozenset(Kind) - {Kind.NAMES}
"""What these tell is certain; the others only say where it is worth asking."""


def kind_of(path: Path, operator: Operator) -> Kind | None:
    """The table for a question; None if it has to be asked itself."""
    if isinstance(operator, Names):
        return Kind.NAMES
    if isinstance(operator, OneOf):
        kinds = {kind_of(path, part) for part in operator.operand}
        return kinds.pop() if kinds in ({Kind.EQUAL}, {Kind.URI}) else None
    if not isinstance(operator, Plain):
        return None
    if operator.name == "equals":
        is_uri = path.text == "parents" and isinstance(operator.operand, str)
        return Kind.URI if is_uri else Kind.EQUAL
    return _kind_of_plain(operator)


def _kind_of_plain(operator: Plain) -> Kind | None:
    if operator.name in ("icase", "equals-ignore-case"):
        return Kind.FOLDED
    if compares(operator):
        return Kind.BOUNDS
    return Kind.TEXT if text_in(operator) else None


def table(kind: Kind, operators: Mapping[int, Operator]) -> Look:
    """The table of these questions, which are all of this kind and about one field."""
    return _TABLES[kind](operators)


def _equal(operators: Mapping[int, Operator]) -> Look:
    """Plain values, and lists of them."""
    return _by_key(((equal_key(p.operand), n) for n, p in _parts(operators)), equal_key)


def equal_key(value: object) -> object:
    """What is equal for equal JSON scalars only: Python's true is equal to 1. Lists and objects,
    which no scalar is equal to, have MISSING."""
    if value.__class__ is str:
        return value
    if isinstance(value, list | dict):
        return MISSING
    return (value,) if isinstance(value, bool) else value


def _folded(operators: Mapping[int, Operator]) -> Look:
    """Texts but for upper and lower case."""
    return _by_key(((_folded_key(p.operand), n) for n, p in _parts(operators)), _folded_key)


def _folded_key(value: object) -> object:
    return value.casefold() if isinstance(value, str) else MISSING


def _by_key(keyed: Iterable[tuple[object, int]], key_of: Callable[[object], object]) -> Look:
    """A hash table of questions by their key, which is that of each value they hold for."""
    get = _gathered(keyed).get

    def look(value: object) -> Numbers:
        if isinstance(value, list):
            return [number for key in set(map(key_of, value)) for number in get(key, _NONE)]
        return get(key_of(value), _NONE)

    return look


def _names(operators: Mapping[int, Operator]) -> Look:
    """Objects by name or id, texts as they are."""
    names = {number: each for number, each in operators.items() if isinstance(each, Names)}
    get = _gathered(
        (key, number) for number, each in names.items() for key in {each.operand, each.id}
    ).get

    def look(value: object) -> Numbers:
        elements = value if isinstance(value, list) else (value,)
        keys = {key for each in elements for key in _names_of(each)}
        return [number for key in keys for number in get(key, _NONE)]

    return look


def _names_of(value: object) -> Iterator[str]:
    known = (value.get("name"), id_of(value)) if isinstance(value, dict) else (value,)
    return (each for each in known if isinstance(each, str))


def _uris(operators: Mapping[int, Operator]) -> Look:
    """URIs of the same objects. Most parents are nobody's concern, which is told by how they end:
    but for slashes all spellings of a URI end alike. What was found for one is kept."""
    wanted = [(_text(part), number) for number, part in _parts(operators)]
    get = _gathered((comparable_uri(uri), number) for uri, number in wanted).get
    segments = [uri.rstrip("/").rpartition("/")[2] for uri, _ in wanted]
    size = max(1, min(_UUID, *map(len, segments)))
    ends = {segment[-size:] for segment in segments}
    known: dict[str, Numbers] = {}

    def meet(uri: str) -> Numbers:
        found = get(comparable_uri(uri), _NONE)
        if len(known) >= MOST_URIS:
            known.clear()
        if len(uri) <= MOST_LETTERS:
            known[uri] = found
        return found

    def look(value: object) -> Numbers:
        found: list[int] = []
        elements = value if value.__class__ is list else (value,)
        for each in elements if len(elements) <= _FEW else _texts_of(elements):
            if each.__class__ is str and each.rstrip("/")[-size:] in ends:
                found += known[each] if each in known else meet(each)
        return found

    return look


def _texts(operators: Mapping[int, Operator]) -> Look:
    """Prefixes, globs and the like: each has a part that must be in the text somewhere; all parts
    are looked for at once, and only what is found is asked."""
    plain = ((number, each) for number, each in operators.items() if isinstance(each, Plain))
    wanted = _gathered((text_in(each), (number, each.holds)) for number, each in plain)
    candidates = [*wanted.values()]
    automaton = ahocorasick.Automaton()
    for place, text in enumerate(wanted):
        automaton.add_word(text, place)
    automaton.make_automaton()
    walk = automaton.iter

    def places_in(text: str) -> Collection[int]:
        met: dict[int, None] = {}  # each once, though a text can be a megabyte of one letter
        for _, place in walk(text):
            met[place] = None
        return met

    def look(value: object) -> Numbers:
        if isinstance(value, str):
            if next(walk(value), None) is None:  # as with most
                return _NONE
            met = places_in(value)
            return [n for place in met for n, holds in candidates[place] if holds(value)]
        found: set[int] = set()
        for text in _texts_of(value):
            asked = (each for place in places_in(text) for each in candidates[place])
            found.update(n for n, holds in asked if n not in found and holds(text))
        return found

    return look


def text_in(operator: Plain) -> str:
    """The longest text that is part of every text that the operator holds for; "" if there is
    none."""
    text = _text(operator)
    if operator.name in ("prefix", "suffix", "contains"):
        return text
    if operator.name == "glob":
        return max(_GLOB_SPECIAL.split(text), key=len)
    if operator.name == "wildcard":
        return max(_WILDCARD_SPECIAL.split(text), key=len)
    if operator.name == "together":
        return max(map(text_in, parts_of(operator)), key=len)
    return ""


def _parts(operators: Mapping[int, Operator]) -> Iterator[tuple[int, Plain]]:
    return ((number, part) for number, each in operators.items() for part in parts_of(each))


def _text(operator: Plain) -> str:
    return operator.operand if isinstance(operator.operand, str) else ""


def _texts_of(value: object) -> Collection[str]:
    """The texts of a list, each once."""
    return {each for each in value if isinstance(each, str)} if isinstance(value, list) else ()


def _gathered(pairs: Iterable[tuple[_Key, _Value]]) -> dict[_Key, tuple[_Value, ...]]:
    """What belongs to each key."""
    lists: dict[_Key, list[_Value]] = {}
    for key, value in pairs:
        lists.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in lists.items()}


_TABLES: Mapping[Kind, Callable[[Mapping[int, Operator]], Look]] = {
    Kind.URI: _uris,
    Kind.NAMES: _names,
    Kind.EQUAL: _equal,
    Kind.FOLDED: _folded,
    Kind.TEXT: _texts,
    Kind.BOUNDS: comparisons,
}
