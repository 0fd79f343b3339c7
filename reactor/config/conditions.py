"""Conditions from the rule file: `match`, `unless` and `if`, every mistake noted (rules.md §2)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from reactor.config.node import (
    Entry,
    Items,
    Node,
    Problems,
    Scalar,
    Table,
    did_you_mean,
    kind_of,
)
from reactor.config.operands import SINGLE, is_secret, parse_operator
from reactor.engine.changed import Changed, tracked
from reactor.engine.condition import All, Any, Not, Test
from reactor.engine.objects import names
from reactor.engine.operators import (
    AllOf,
    EachFound,
    IsNot,
    NoElement,
    OneOf,
    Operator,
    Plain,
    SomeElement,
    together,
)
from reactor.engine.predicates import equals, equals_uri
from reactor.engine.selector import PathInvalid, parse_path
from reactor.model.condition import Condition, Path
from reactor.model.event import PLATFORM_OBJECTS
from reactor.model.match import Truth

_QUANTIFIERS: Mapping[str, Callable[[tuple[Operator, ...]], Operator]] = {
    "any": SomeElement,
    "all": EachFound,
    "none": NoElement,
}
_ENDS = ("from", "to")
OPERATORS = (*SINGLE, *_QUANTIFIERS, "not", *_ENDS)
"""The names that make a map an operator."""

_NO_BLOCKS = ("and", "or", "none")


_Part = TypeVar("_Part")


def parse_condition(
    node: Node,
    problems: Problems,
    *,
    missing_is_false: bool = False,
    group_by: tuple[str, ...] = (),
) -> Condition | None:
    """The condition that `node` writes, or None after noting what is wrong with it.

    `missing_is_false` is for `unless`: there a missing field is false, not unknown. `group_by` are
    the paths of the rule's key, by which `from` and `to` remember.
    """
    return _Reader(problems, False if missing_is_false else None, group_by).condition(node)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one condition. Every method gives None after it has noted a problem."""

    problems: Problems
    on_missing: Truth
    group_by: tuple[str, ...]

    def condition(self, node: Node) -> Condition | None:
        """A map at the level of `match`: fields and blocks, all of which must hold."""
        if not isinstance(node, Table):
            self._refuse(node, f"expected a mapping of fields, found {kind_of(node)}")
            return None
        if not node.entries:
            self._refuse(node, "a condition needs at least one field")
            return None
        parts = [self._part(key, entry) for key, entry in node.entries.items()]
        return _joined(parts, All)

    def _part(self, key: str, entry: Entry) -> Condition | None:
        if key == "not":
            part = self._block(key, entry.value)
            return Not(part) if part else None
        if key in ("any", "all", "$or"):
            return self._blocks(key, entry.value)
        return self._field(key, entry)

    def _block(self, key: str, node: Node) -> Condition | None:
        if isinstance(node, Table):
            return self.condition(node)
        wanted = "one condition" if key == "not" else "conditions"
        self._refuse(node, f"'{key}' takes {wanted}, found {kind_of(node)}", _field_called(key))
        return None

    def _blocks(self, key: str, node: Node) -> Condition | None:
        items = self._items(key, node)
        parts = [self._block(key, item) for item in items]
        return _joined(parts, All if key == "all" else Any) if items else None

    def _items(self, key: str, node: Node) -> tuple[Node, ...]:
        """The conditions of a block, of which there must be one at least."""
        if not isinstance(node, Items):
            found = kind_of(node)
            self._refuse(
                node, f"'{key}' takes a list of conditions, found {found}", _field_called(key)
            )
            return ()
        if not node.items:
            self._refuse(node, f"'{key}' needs at least one condition")
        return node.items

    def _field(self, text: str, entry: Entry) -> Condition | None:
        """A field and what is asked of it, or fields nested in it."""
        path = self._path(text, entry)
        if path is None:
            return None
        node = entry.value
        if isinstance(node, Table) and not speaks_operators(node):
            return self._nested(text, node)
        operator = self._value(node, path)
        return Test(path, operator, self.on_missing) if operator else None

    def _path(self, text: str, entry: Entry) -> Path | None:
        try:
            return parse_path(text)
        except PathInvalid as error:
            self.problems.note(entry.key_place, f"'{text}' is not a path: {error}")
            return None

    def _nested(self, text: str, node: Table) -> Condition | None:
        if not node.entries:
            self._refuse(node, f"'{text}' needs operators or nested fields, found neither")
            return None
        if text.startswith("$"):
            self._refuse(node, "nothing can be nested in a JSONPath", "write the whole path")
            return None
        parts = [self._deeper(text, key, entry) for key, entry in node.entries.items()]
        return _joined(parts, All)

    def _deeper(self, text: str, key: str, entry: Entry) -> Condition | None:
        if key == "$or":
            return self._nested_or(text, entry.value)
        if key.startswith("$"):
            self.problems.note(entry.key_place, "JSONPath is written at the level of match")
            return None
        return self._field(f"{text}.{key}", entry)

    def _nested_or(self, text: str, node: Node) -> Condition | None:
        """EventBridge's `$or` among nested fields."""
        items = self._items("$or", node)
        parts = [self._nested_part(text, item) for item in items]
        return _joined(parts, Any) if items else None

    def _nested_part(self, text: str, node: Node) -> Condition | None:
        if isinstance(node, Table) and not speaks_operators(node):
            return self._nested(text, node)
        found = "operators" if isinstance(node, Table) else kind_of(node)
        hint = f"any of several operators is a list: {text}: [{{prefix: a}}, {{prefix: b}}]"
        self._refuse(node, f"'$or' takes fields nested in '{text}', found {found}", hint)
        return None

    def _value(self, node: Node, path: Path) -> Operator | None:
        """What is asked of a field: a plain value, a list of which one fits, or operators."""
        if isinstance(node, Scalar):
            return self._plain(node, path)
        if isinstance(node, Table):
            return self._operators(node, path)
        parts = self._alternatives(node, path)
        return OneOf(parts) if parts else None

    def _plain(self, node: Scalar, path: Path) -> Operator | None:
        if is_secret(node, self.problems):
            return None
        value = node.value
        if isinstance(value, str) and path.text in PLATFORM_OBJECTS:
            return names(value)
        if isinstance(value, str) and path.text == "parents":
            return Plain("equals", value, equals_uri(value))
        return Plain("equals", value, equals(value))

    def _alternatives(self, node: Items, path: Path) -> tuple[Operator, ...] | None:
        if not node.items:
            self._refuse(node, "an empty list fits nothing")
            return None
        return _whole(self._alternative(item, path) for item in node.items)

    def _alternative(self, node: Node, path: Path) -> Operator | None:
        if isinstance(node, Items):
            self._refuse(node, "an item of a list is a value or operators, found a list")
            return None
        return self._value(node, path)

    def _operators(self, node: Table, path: Path) -> Operator | None:
        """A map of operators, all of which must hold."""
        if not self._only_operators(node, path):
            return None
        ends = {key: node.entries[key].value for key in _ENDS if key in node.entries}
        others = [item for item in node.entries.items() if item[0] not in ends]
        read = [self._operator(key, entry, path) for key, entry in others]
        parts = _whole([*read, self._changed(ends, path)] if ends else read)
        return _conjunction(parts) if parts else None

    def _only_operators(self, node: Table, path: Path) -> bool:
        others = [key for key in node.entries if key not in OPERATORS]
        for key in others:
            self.problems.note(
                node.entries[key].key_place,
                f"'{key}' is not an operator: a map is either operators or nested fields",
                did_you_mean(key, OPERATORS) or _elsewhere(path.text, key),
            )
        if not node.entries:
            self.problems.note(node.place, "expected a value or operators, found an empty mapping")
        return bool(node.entries) and not others

    def _operator(self, key: str, entry: Entry, path: Path) -> Operator | None:
        if key == "not":
            inner = self._value(entry.value, path)
            return IsNot(inner) if inner else None
        if key in _QUANTIFIERS:
            return self._quantifier(key, entry.value, path)
        return parse_operator(key, entry.value, self.problems)

    def _quantifier(self, key: str, node: Node, path: Path) -> Operator | None:
        if not isinstance(node, Items):
            self._refuse(node, f"'{key}' takes a list, found {kind_of(node)}")
            return None
        parts = self._alternatives(node, path)
        if parts and not self._within(key, node, parts):
            return None
        return _QUANTIFIERS[key](parts) if parts else None

    def _changed(self, ends: Mapping[str, Node], path: Path) -> Operator | None:
        """`from` and `to` of one map, which together are one operator."""
        read = {key: self._value(node, path) for key, node in ends.items()}
        given = {key: end for key, end in read.items() if end}
        whole = [self._within(key, ends[key], (end,)) for key, end in given.items()]
        if len(given) < len(ends) or not all(whole):
            return None
        return Changed((path.text, self.group_by), given.get("from"), given.get("to"))

    def _within(self, key: str, node: Node, parts: Iterable[Operator]) -> bool:
        """Whether these may stand within an operator that asks what a field is at one time."""
        if any(True for part in parts for _ in tracked(part)):
            message = f"'from' and 'to' ask about a whole field, and cannot stand in '{key}'"
            self._refuse(node, message)
            return False
        return True

    def _refuse(self, node: Node, message: str, hint: str | None = None) -> None:
        self.problems.note(node.place, message, hint)


def speaks_operators(node: Table) -> bool:
    """Whether a map holds operators, and not fields of a field."""
    return any(key in OPERATORS for key in node.entries)


def _elsewhere(path: str, key: str) -> str | None:
    """How a field is written that was found where operators stand."""
    if path in _NO_BLOCKS:
        return "whole conditions stand in the blocks any, all and not"
    return None if key.startswith("$") else f"a field in it is written '{path}.{key}'"


def _field_called(key: str) -> str:
    path = f"$['{key}']" if key.startswith("$") else f"$.{key}"
    return f"a field of the event that is called so is written '{path}'"


def _whole(parts: Iterable[_Part | None]) -> tuple[_Part, ...] | None:
    """The parts if none is missing. All of them are read first, so that each notes its mistakes."""
    read = list(parts)
    whole = tuple(part for part in read if part is not None)
    return whole if len(whole) == len(read) else None


def _joined(
    parts: Iterable[Condition | None], join: Callable[[tuple[Condition, ...]], Condition]
) -> Condition | None:
    whole = _whole(parts)
    if whole is None:
        return None
    return whole[0] if len(whole) == 1 else join(whole)


def _conjunction(parts: tuple[Operator, ...]) -> Operator:
    """Operators of one map. Those about a single value hold for the same element of a list."""
    plain = tuple(part for part in parts if isinstance(part, Plain))
    others = tuple(part for part in parts if not isinstance(part, Plain))
    all_parts = (together(plain), *others) if len(plain) > 1 else (*plain, *others)
    return all_parts[0] if len(all_parts) == 1 else AllOf(all_parts)
