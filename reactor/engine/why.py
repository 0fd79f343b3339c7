"""Why an operator does not hold for what a field led to, in a few words."""

from collections.abc import Mapping

from reactor.engine.changed import Changed
from reactor.engine.objects import Names
from reactor.engine.operators import EachFound, NoElement, Operator, Plain, SameAs, SomeElement

_A_TEXT = ("a text",)
_A_NUMBER = ("a number", "a text")  # a text may be a plain decimal number
_ASKS_FOR: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("prefix", "suffix", "contains", "glob", "wildcard", "regex"), _A_TEXT),
    **dict.fromkeys(("icase", "equals-ignore-case", "cidr"), _A_TEXT),
    **dict.fromkeys(("gt", "gte", "lt", "lte"), _A_NUMBER),
}
"""The kinds of value that an operator can hold for at all, first the one that it speaks of."""


def why_unknown(operator: Operator) -> str:
    """For a field that is there: what else is not. Empty where a part of the operator tells it."""
    match operator:
        case SameAs():
            return f"'{operator.operand.text}' is missing"
        case Names():
            return "its name is missing"
        case Changed():
            return "what it was before is not known"
    return ""


def why_false(operator: Operator, value: object) -> str:
    """Empty where the operator and the value tell it all."""
    match operator:
        case SomeElement() | EachFound() | NoElement() if not isinstance(value, list):
            return f"{kind_of(value)}, but '{operator.name}' asks for a list"
        case NoElement():
            return "some element fits"
        case Plain() | SomeElement() if isinstance(value, list):
            return f"no element of {len(value)} fits" if value else "the list is empty"
        case Plain():
            return _other_kind(operator, kind_of(value))
    return ""


def _other_kind(operator: Plain, found: str) -> str:
    """Whether it is the kind of the value that keeps the operator from holding."""
    if operator.name in ("equals", "number"):  # `number` is what `numeric` asks beside its bounds
        wanted = kind_of(operator.operand) if operator.name == "equals" else "a number"
        return "" if found == wanted else f"{found}, not {wanted}"
    wanted, *others = _ASKS_FOR.get(operator.name, (found,))
    return "" if found in (wanted, *others) else f"{found}, but '{operator.name}' asks for {wanted}"


def kind_of(value: object) -> str:
    """What a person calls the kind of a value that came with an event."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return "a text"
        case list():
            return "a list"
    return "an object" if isinstance(value, dict) else "a number"
