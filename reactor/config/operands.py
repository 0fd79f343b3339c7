"""The operators about a single value, and what may stand behind each of them (rules.md §2)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from reactor.config.node import Items, Node, Problems, Scalar, Table, did_you_mean, kind_of, plain
from reactor.engine.eventbridge import (
    COMPARISONS,
    IGNORING_CASE,
    PATTERNS,
    anything_but,
    numeric,
    text_or_number,
)
from reactor.engine.operators import Exists, Holds, Operator, Plain, SameAs
from reactor.engine.predicates import PREDICATES, OperandInvalid
from reactor.engine.selector import PathInvalid, parse_path

_FROM_A_VALUE: Mapping[str, Callable[[object], Holds]] = {**PREDICATES, **PATTERNS}
SINGLE = (*_FROM_A_VALUE, "exists", "field", "anything-but", "numeric")
"""The names of these operators."""

_EXCLUDABLE = ("prefix", "suffix", "equals-ignore-case", "wildcard")
_NOT = "'not' takes every operator, and several of them in a list"
_NUMERIC = "such as ['=', 5] or ['>', 0, '<=', 5]"

_Made = TypeVar("_Made")


def parse_operator(name: str, node: Node, problems: Problems) -> Operator | None:
    """The operator of SINGLE called `name` with `node` behind it, or None after noting what is
    wrong with that."""
    return _Reader(problems, name).operator(node)


def is_secret(node: Scalar, problems: Problems) -> bool:
    """Whether the value is a secret, which is noted: conditions are shown wherever rules are."""
    if node.secrets:
        problems.note(node.place, "a secret cannot be part of a condition")
    return bool(node.secrets)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads what stands behind one operator. Every method gives None after noting a problem."""

    problems: Problems
    name: str

    def operator(self, node: Node) -> Operator | None:
        if self.name == "anything-but":
            return self._anything_but(node)
        if self.name == "numeric":
            return self._numeric(node)
        if self.name in IGNORING_CASE and isinstance(node, Table):
            return self._ignoring_case(node)
        return self._from_value(self._simple, node)

    def _simple(self, value: object) -> Operator:
        if self.name == "exists":
            return _exists(value)
        if self.name == "field":
            return SameAs(parse_path(value if isinstance(value, str) else ""))
        return Plain(self.name, value, _FROM_A_VALUE[self.name](value))

    def _ignoring_case(self, node: Table) -> Operator | None:
        """`prefix: {equals-ignore-case: TEXT}`."""
        if [*node.entries] != ["equals-ignore-case"]:
            self._refuse(node, f"'{self.name}' takes a text, or {{equals-ignore-case: TEXT}}")
            return None
        inner = node.entries["equals-ignore-case"].value
        holds = self._from_value(IGNORING_CASE[self.name], inner)
        return Plain(self.name, plain(node), holds) if holds else None

    def _anything_but(self, node: Node) -> Operator | None:
        """Texts and numbers, or one of a few operators with texts."""
        if isinstance(node, Table):
            inner = self._excludable(node)
            excluded = self._each(_FROM_A_VALUE[inner], node.entries[inner].value) if inner else ()
        else:
            excluded = self._each(text_or_number, node)
        return Plain("anything-but", plain(node), anything_but(excluded)) if excluded else None

    def _excludable(self, node: Table) -> str | None:
        names = [*node.entries]
        if len(names) == 1 and names[0] in _EXCLUDABLE:
            return names[0]
        self._refuse(
            node,
            f"'anything-but' takes one of {', '.join(_EXCLUDABLE)}",
            (len(names) == 1 and did_you_mean(names[0], _EXCLUDABLE)) or _NOT,
        )
        return None

    def _each(self, make: Callable[[object], Holds], node: Node) -> tuple[Holds, ...]:
        """What is made from a value, or from each of a list; nothing if one of them is wrong."""
        items = node.items if isinstance(node, Items) else (node,)
        if not items:
            self._refuse(node, f"'{self.name}' needs at least one value")
        made = [self._from_value(make, item) for item in items]
        whole = tuple(holds for holds in made if holds)
        return whole if len(whole) == len(made) else ()

    def _numeric(self, node: Node) -> Operator | None:
        """Bounds as `gt` and its like have them, for numbers alone."""
        if not isinstance(node, Items) or len(node.items) not in (2, 4):
            self._refuse(node, "'numeric' takes a list of one or two comparisons", _NUMERIC)
            return None
        pairs = zip(node.items[::2], node.items[1::2], strict=True)
        made = [self._bound(comparison, number) for comparison, number in pairs]
        bounds = tuple(bound for bound in made if bound)
        if len(bounds) < len(made):
            return None
        if len(bounds) == 2 and not _is_range({bound.name for bound in bounds}):
            self._refuse(
                node, "the two comparisons of 'numeric' are a lower and an upper bound", _NUMERIC
            )
            return None
        return numeric(bounds)

    def _bound(self, comparison: Node, number: Node) -> Plain | None:
        found = self._from_value(_comparison, comparison)
        if found is None:
            return None
        name, make = found
        return self._from_value(lambda value: Plain(name, value, make(value)), number)

    def _from_value(self, make: Callable[[object], _Made], node: Node) -> _Made | None:
        """What is made from a single value that is no secret and suits the operator."""
        if not isinstance(node, Scalar):
            found = kind_of(node)
            self._refuse(
                node, f"'{self.name}' takes a single value, found {found}", self._hint(node)
            )
            return None
        if is_secret(node, self.problems):
            return None
        try:
            return make(node.value)
        except (OperandInvalid, PathInvalid) as error:
            self._refuse(node, f"'{self.name}': {error}, found {_shown(node)}")
            return None

    def _hint(self, node: Node) -> str | None:
        if self.name not in _FROM_A_VALUE or not isinstance(node, Items):
            return None
        return f"any of several is a list: [{{{self.name}: …}}, {{{self.name}: …}}]"

    def _refuse(self, node: Node, message: str, hint: str | None = None) -> None:
        self.problems.note(node.place, message, hint)


def _exists(value: object) -> Exists:
    if not isinstance(value, bool):
        raise OperandInvalid("expected true or false")
    return Exists(value)


def _comparison(value: object) -> tuple[str, Callable[[object], Holds]]:
    if not isinstance(value, str) or value not in COMPARISONS:
        raise OperandInvalid(f"expected one of {' '.join(COMPARISONS)}")
    return COMPARISONS[value]


def _is_range(names: set[str]) -> bool:
    return bool(names & {"gt", "gte"}) and bool(names & {"lt", "lte"})


def _shown(node: Scalar) -> str:
    return f"'{node.value}'" if isinstance(node.value, str) else kind_of(node)
