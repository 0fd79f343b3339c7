"""The numbers that are left when comparisons have to hold together."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

from reactor.config.node import Items, Node, Scalar, Table, plain

Number = int | float

_SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The numbers from `low` to `high`, without those two where they are open."""

    low: Number = -math.inf
    high: Number = math.inf
    low_open: bool = False
    high_open: bool = False

    def cut(self, sign: str, number: Number) -> "Span":
        """What a comparison by `sign`, one of `= > >= < <=`, leaves of it."""
        low, high = (self.low, self.low_open), (self.high, not self.high_open)
        if sign in ("=", ">", ">="):
            low = max(low, (number, sign == ">"))
        if sign in ("=", "<", "<="):
            high = min(high, (number, sign != "<"))
        return Span(low=low[0], high=high[0], low_open=low[1], high_open=not high[1])

    @property
    def is_empty(self) -> bool:
        """Whether no number is in it."""
        is_point = self.low == self.high
        return self.low > self.high or (is_point and (self.low_open or self.high_open))

    def __str__(self) -> str:
        low = "greater than" if self.low_open else "at least"
        high = "less than" if self.high_open else "at most"
        return f"{low} {self.low} and {high} {self.high}"


def comparisons(node: Node) -> Iterator[tuple[str, Number, Scalar]]:
    """What a value, or a map of operators, compares a number with: the sign, the other number and
    its node. All of them must hold for one number."""
    for sign, each in _operands(node):
        value = each.value if isinstance(each, Scalar) else None
        if isinstance(each, Scalar) and is_number(value):
            yield sign, value, each


def _operands(node: Node) -> Iterator[tuple[str, Node]]:
    if isinstance(node, Scalar):
        yield "=", node
    for key, entry in node.entries.items() if isinstance(node, Table) else ():
        if key in _SIGNS:
            yield _SIGNS[key], entry.value
        elif key == "numeric" and isinstance(entry.value, Items):
            signs, numbers = entry.value.items[::2], entry.value.items[1::2]
            for sign, number in zip(signs, numbers, strict=True):
                yield str(plain(sign)), number


def is_number(value: object) -> TypeGuard[Number]:
    """Whether it is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
