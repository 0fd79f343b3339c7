"""Operators as the rule file writes them, as plain data: `{"not": [0, 143]}`."""

from collections.abc import Iterable
from itertools import chain

from reactor.engine.changed import Changed
from reactor.engine.eventbridge import COMPARISONS
from reactor.engine.objects import Names
from reactor.engine.operators import (
    AllOf,
    EachFound,
    IsNot,
    NoElement,
    OneOf,
    Operator,
    Plain,
    SameAs,
    SomeElement,
)

_SIGNS = {name: sign for sign, (name, _) in COMPARISONS.items()}


def written(operator: Operator) -> object:
    """What stands behind the field in the rule file, or what means the same."""
    match operator:
        case Plain(name="equals") | Names():
            return operator.operand
        case OneOf():
            return [written(part) for part in operator.operand]
        case Plain(name="together", operand=tuple() as parts) if parts[-1].name == "number":
            return {"numeric": [*chain(*map(_comparison, parts[:-1]))]}
        case AllOf(operand=parts) | Plain(name="together", operand=tuple() as parts):
            return _in_one_map(parts)
        case _:
            return _as_map(operator)


def _comparison(bound: Plain) -> tuple[str, object]:
    return _SIGNS[bound.name], bound.operand


def _as_map(operator: Operator) -> dict[str, object]:
    if isinstance(operator, Changed):
        return {key: written(end) for key, end in operator.operand.items()}
    return {operator.name: _operand(operator)}


def _operand(operator: Operator) -> object:
    match operator:
        case IsNot():
            return written(operator.operand)
        case SomeElement() | EachFound() | NoElement():
            return [written(part) for part in operator.operand]
        case SameAs():
            return operator.operand.text
        case _:
            return operator.operand


def _in_one_map(operators: Iterable[Operator]) -> object:
    """Operators that stand together in one map; a map has no name twice, so `numeric` may make
    bounds that would not fit into it."""
    parts = [written(part) for part in operators]
    merged: dict[str, object] = {}
    for part in parts:
        if not isinstance(part, dict) or part.keys() & merged.keys():
            return {"all of": parts}
        merged.update(part)
    return merged
