"""Paths into an event: dotted paths, compiled to direct access, and JSONPath.

A dotted path is names joined by dots; a name that holds dots or spaces is quoted:
`labels."com.docker.compose.service"`. Where it meets a list it goes on into each element and
yields the list of what it found there, lists among the finds laid flat.

A path that begins with `$.` or `$[` is JSONPath: names, quoted names, indices, slices, `*`, `..`
and filters that compare (`$.items[?(@.n > 1)]`). What jsonpath-ng can do beyond that (regexes in
filters, arithmetic, `parent`, functions) is refused, and so is what could visit a part of an event
more than once: a second `..`, several indices or a name twice in brackets, and `$` other than at
the beginning or, with names and indices, in a filter. No result is a missing field, one result is
the value, several are a list.
"""

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from reactor.model.condition import Path
from reactor.model.errors import ReactorError
from reactor.model.event import CAUSE, CAUSE_FACTS, PLATFORM_OBJECTS
from reactor.model.lookup import Reference

MAX_PATH = 500
_NAMES = re.compile(r'(?:"([^"]+)"|([^."\s][^."]*))(\.|$)')
_TOP_FIELD = re.compile(r"\$\.([A-Za-z_]\w*)")
_JSONPATH_NODES = frozenset(
    ("Root", "This", "Child", "Fields", "Index", "Slice", "Wildcard", "Descendants")
) | {"Filter", "Expression", "And", "Or"}


class Missing(Enum):
    """The type of MISSING, which no event can hold."""

    MISSING = "missing"

    __hash__ = object.__hash__  # an Enum's own is Python code, and every event may ask for it


MISSING: Final = Missing.MISSING
"""What `find` gives when there is no such field. A field that holds null is not missing."""


class PathInvalid(ReactorError):
    """A text that is no path; the message says what is wrong with it."""


def parse_path(text: str) -> Path:
    """The path that `text` writes. Raises PathInvalid. Finding never raises."""
    if len(text) > MAX_PATH:
        raise PathInvalid(f"a path has at most {MAX_PATH} characters")
    top = _TOP_FIELD.fullmatch(text)
    if top:  # how fields called `any`, `all` and `not` are written; no need for a library
        return DottedPath(text, (top[1],))
    if text.startswith(("$.", "$[")):
        query = _compile(text)
        return JsonPath(text, query, _led_to(query))
    return DottedPath(text, _split(text))


def references_to(names: Sequence[object]) -> Iterator[Reference]:
    """The field of a platform object that these names lead to from the top of an event, or the
    cause, if they lead to one."""
    kind, field = names[0], names[1] if len(names) > 1 else None
    if isinstance(kind, str) and kind in PLATFORM_OBJECTS:
        yield Reference(kind, field if isinstance(field, str) else None)
    elif kind in CAUSE_FACTS:
        yield Reference(CAUSE, None)


@dataclass(frozen=True, slots=True)
class DottedPath:
    """Names to follow one after the other. Objects and lists are those of a JSON decoder."""

    text: str
    names: tuple[str, ...]

    def find(self, fields: Mapping[str, object]) -> object:
        """The value, or MISSING."""
        names = self.names
        value = fields.get(names[0], MISSING)
        if len(names) == 1:
            return value
        for done, name in enumerate(names[1:], start=1):
            if isinstance(value, list):
                return _spread(value, names[done:])
            if not isinstance(value, dict):
                return MISSING
            value = value.get(name, MISSING)
        return value

    def references(self) -> Iterator[Reference]:
        """The field of a platform object, if the path begins with one."""
        return references_to(self.names)


def _spread(elements: list[object], names: tuple[str, ...]) -> object:
    """What `names` lead to in each element, in one list; MISSING if no element has it."""
    found = elements
    for name in names:
        found = [each[name] for each in _flat(found) if isinstance(each, dict) and name in each]
    if elements and not found:
        return MISSING
    return [part for value in found for part in (value if isinstance(value, list) else (value,))]


def _flat(values: list[object]) -> Iterator[object]:
    """The values in order, with those of lists, at any depth, in place of the lists."""
    waiting = values[::-1]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(reversed(value))
        else:
            yield value


def _split(text: str) -> tuple[str, ...]:
    """The names of a dotted path."""
    names, at = [], 0
    while found := _NAMES.match(text, at):
        names.append(found[1] or found[2])
        at = found.end()
        if not found[3]:
            return tuple(names)
    if text.count('"') % 2:
        raise PathInvalid("a quote is not closed")
    raise PathInvalid('expected names joined by dots, such as labels."com.example.name"')


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A JSONPath, parsed once. `leads_to` are its references."""

    text: str
    query: Any  # a jsonpath_ng.JSONPath: named here it would have to be imported at start-up
    leads_to: tuple[Reference, ...]

    def find(self, fields: Mapping[str, object]) -> object:
        """The value, the list of several values, or MISSING."""
        try:
            found = [datum.value for datum in self.query.find(fields)]
        except RecursionError:  # the library recurses; an event deeper than that has no such field
            return MISSING
        if not found:
            return MISSING
        return found[0] if len(found) == 1 else found

    def references(self) -> Iterator[Reference]:
        """The fields of platform objects; every object as a whole where that cannot be told."""
        return iter(self.leads_to)


def _compile(text: str) -> Any:
    from jsonpath_ng.exceptions import JSONPathError
    from jsonpath_ng.ext.parser import parse

    with warnings.catch_warnings():
        warnings.simplefilter("error")  # deprecated syntax would change its meaning one day
        try:
            query = parse(text)
        except (JSONPathError, DeprecationWarning, RecursionError, re.error) as error:
            raise PathInvalid(f"it is not JSONPath: {error}") from error
    for node in _nodes(query):
        if type(node).__name__ not in _JSONPATH_NODES or getattr(node, "op", None) == "=~":
            raise PathInvalid("only names, indices, slices, *, .. and comparing filters are known")
    _refuse_repeated_visits(query)
    return query


def _refuse_repeated_visits(query: Any) -> None:
    """Raises PathInvalid for what could make finding take more than one walk of the event: with
    `$..*..*..*`, and with `[0,-1][0,-1]…`, it would take hours."""
    by_kind: dict[str, list[Any]] = {}
    for node in _nodes(query):
        by_kind.setdefault(type(node).__name__, []).append(node)
    if len(by_kind.get("Descendants", ())) > 1:
        raise PathInvalid("'..' can stand in it once only")
    if any(len(node.indices) > 1 for node in by_kind.get("Index", ())):
        raise PathInvalid("brackets hold one index, not several")
    if any(len({*node.fields}) < len(node.fields) for node in by_kind.get("Fields", ())):
        raise PathInvalid("a name stands twice in the same brackets")
    asked = [each for node in by_kind.get("Expression", ()) for each in (node.target, node.value)]
    leading = {id(next(_steps(path))) for path in (query, *asked)}
    if not leading.issuperset(map(id, by_kind["Root"])) or not all(map(_is_quick, asked)):
        raise PathInvalid("'$' begins it, and in a filter only names and indices can follow '$'")


def _is_quick(asked: Any) -> bool:
    """Whether what a filter compares begins at the element, or else leads to one value."""
    first, *others = _steps(asked)
    is_single = all(type(step).__name__ == "Index" or _is_named(step) for step in others)
    return type(first).__name__ != "Root" or is_single


def _nodes(node: Any) -> Iterator[Any]:
    """A parsed JSONPath and everything in it."""
    from jsonpath_ng import JSONPath

    yield node
    for value in vars(node).values():
        for part in value if isinstance(value, list | tuple) else (value,):
            if isinstance(part, JSONPath):
                yield from _nodes(part)


def _led_to(query: Any) -> tuple[Reference, ...]:
    """What the first names of a parsed JSONPath lead to, if it begins with plain names and no
    filter in it goes back to the top of the event."""
    _, first, *rest = _steps(query)
    roots = [node for node in _nodes(query) if type(node).__name__ == "Root"]
    if not _is_named(first) or len(roots) > 1:
        return tuple(Reference(kind, None) for kind in PLATFORM_OBJECTS)
    fields = rest[0].fields if rest and _is_named(rest[0]) else (None,)
    return tuple(
        reference
        for kind in first.fields
        for field in fields
        for reference in references_to((kind, field))
    )


def _steps(query: Any) -> Iterator[Any]:
    """The parts of a parsed JSONPath in the order in which they are followed; from a `..` on they
    are one part."""
    kind = type(query).__name__
    if kind in ("Child", "Descendants"):
        yield from _steps(query.left)
    if kind == "Child":
        yield from _steps(query.right)
    else:
        yield query


def _is_named(step: Any) -> bool:
    return type(step).__name__ == "Fields" and "*" not in step.fields
