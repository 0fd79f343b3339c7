"""What only EventBridge's operators ask of a single value, each made once from its operand.

They mean what its user guide says ("Comparison operators for use in event patterns") and, where it
is silent, what aws/event-ruler does. As with our own predicates: any JSON value, and never raising.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from reactor.engine.operators import Holds, Plain, together
from reactor.engine.predicates import (
    PREDICATES,
    OperandInvalid,
    equals,
    icase,
    on_text,
    text_of,
)

_WILDCARD_PARTS = re.compile(r"\\.?|\*+|[^\\*]+", re.DOTALL)


def anything_but(excluded: Sequence[Holds]) -> Holds:
    """A single value that none of these questions holds for; null counts as one, no object does."""

    def holds(value: object) -> bool:
        return not isinstance(value, list | dict) and not any(each(value) for each in excluded)

    return holds


def numeric(bounds: tuple[Plain, ...]) -> Plain:
    """Our own operators, made from COMPARISONS, held to numbers: ours take some texts too."""
    if [bound.name for bound in bounds] == ["equals"]:
        return bounds[0]
    return together((*bounds, Plain(name="number", operand=True, holds=is_number)))


def text_or_number(operand: object) -> Holds:
    """Equal to what `anything-but` can exclude."""
    if not isinstance(operand, str) and not is_number(operand):
        raise OperandInvalid("expected a text or a number")
    return equals(operand)


def is_number(value: object) -> bool:
    """A number as JSON has them: no text, however it looks, and no boolean."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _wildcard(operand: object) -> Holds:
    """The whole text; each piece of it is searched once, after the one before: linear time."""
    first, *others = _pieces(text_of(operand))
    if not others:
        return on_text(lambda text: text == first)
    *middle, last = others

    def fits(text: str) -> bool:
        at, end = len(first), len(text) - len(last)
        if at > end or not text.startswith(first) or not text.endswith(last):
            return False
        for piece in middle:
            found = text.find(piece, at, end)
            if found < 0:
                return False
            at = found + len(piece)
        return True

    return on_text(fits)


def _pieces(wildcard: str) -> list[str]:
    r"""The texts before, between and after the `*`; `\*` is a star and `\\` a backslash."""
    pieces = [""]
    for part in _WILDCARD_PARTS.findall(wildcard):
        if part == "*":
            pieces.append("")
        elif part.startswith("*"):
            raise OperandInvalid("expected single stars, as '**' fits no more than '*'")
        elif part.startswith("\\") and part not in (r"\*", r"\\"):
            raise OperandInvalid(r"expected '*' or '\' after a '\'")
        else:
            pieces[-1] += part.removeprefix("\\")
    return pieces


def _prefix_of_any_case(operand: object) -> Holds:
    wanted = text_of(operand).casefold()
    return on_text(lambda text: text.casefold().startswith(wanted))


def _suffix_of_any_case(operand: object) -> Holds:
    wanted = text_of(operand).casefold()
    return on_text(lambda text: text.casefold().endswith(wanted))


def _equal_number(operand: object) -> Holds:
    if not is_number(operand):
        raise OperandInvalid("expected a number")
    return equals(operand)


PATTERNS: Mapping[str, Callable[[object], Holds]] = {
    "equals-ignore-case": icase,
    "wildcard": _wildcard,
}
"""By operator name, as `predicates.PREDICATES`. Each raises OperandInvalid."""

IGNORING_CASE: Mapping[str, Callable[[object], Holds]] = {
    "prefix": _prefix_of_any_case,
    "suffix": _suffix_of_any_case,
}
"""What `{prefix: {equals-ignore-case: TEXT}}` asks, by the outer name, from the text."""

COMPARISONS: Mapping[str, tuple[str, Callable[[object], Holds]]] = {
    "=": ("equals", _equal_number),
    "<": ("lt", PREDICATES["lt"]),
    "<=": ("lte", PREDICATES["lte"]),
    ">": ("gt", PREDICATES["gt"]),
    ">=": ("gte", PREDICATES["gte"]),
}
"""Those of `numeric`: the operator of ours that each is, and what that asks."""
