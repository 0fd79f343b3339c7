"""Comparisons of numbers, all of one field, as a table: `{gt: 5}`, `{gte: 1, lt: 10}`.

A number that an event comes with finds those that hold by bisection. Of a list the least and the
greatest are enough for most, so that a long one takes no longer than it takes to sort it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf

from reactor.engine.operators import Operator, Plain
from reactor.engine.predicates import Number, number_of

_Bound = tuple[Number, int]
"""A number, and the side of it where the bound is: 0 below it, 1 above."""

_SIDES = {"gt": ("low", 1), "gte": ("low", 0), "lt": ("high", 0), "lte": ("high", 1)}


def parts_of(operator: Operator) -> tuple[Plain, ...]:
    """The plain operators that a list of them, a range, or a single one consists of."""
    operand = operator.operand
    parts = operand if isinstance(operand, tuple) else (operator,)
    return tuple(part for part in parts if isinstance(part, Plain))


def compares(operator: Operator) -> bool:
    """Whether it asks for bounds of a number, and for nothing else."""
    parts = parts_of(operator)
    return any(part.name in _SIDES for part in parts) and all(map(_is_comparison, parts))


def _is_number(operator: Plain) -> bool:
    """Whether it is what EventBridge's `numeric` has beside its bounds: a text is no number."""
    return operator.name == "number"


def _is_comparison(operator: Plain) -> bool:
    return operator.name in _SIDES or _is_number(operator)


def comparisons(operators: Mapping[int, Operator]) -> Callable[[object], Sequence[int]]:
    """From a value to the numbers of the questions that hold for it. Our own operators take texts
    that are numbers too, those of `numeric` do not."""
    strict = {n: each for n, each in operators.items() if any(map(_is_number, parts_of(each)))}
    ours = _intervals({n: each for n, each in operators.items() if n not in strict})
    numeric = _intervals(strict)

    def look(value: object) -> Sequence[int]:
        if isinstance(value, list):
            found = ours(_ascending(value))
            return found + numeric(_ascending(each for each in value if not isinstance(each, str)))
        number = number_of(value)
        if number is None:
            return ()
        alone = (number,)
        return ours(alone) if isinstance(value, str) else ours(alone) + numeric(alone)

    return look


def _ascending(values: Iterable[object]) -> list[Number]:
    """The numbers among them."""
    numbers = (number for each in values if (number := number_of(each)) is not None)
    return sorted(number for number in numbers if number <= inf)  # NaN has no place in an order


def _intervals(operators: Mapping[int, Operator]) -> Callable[[Sequence[Number]], list[int]]:
    """From numbers, ascending, to the comparisons that hold for one of them. Those with one bound
    stand in the order of it, so that what holds is one end of a list; of those with two the ones
    that begin early enough are asked for their end."""
    intervals = [(_bound(each, "low"), _bound(each, "high"), n) for n, each in operators.items()]
    rising = sorted((low, n) for low, high, n in intervals if low and not high)
    falling = sorted((high, n) for low, high, n in intervals if high and not low)
    closed = sorted((low, high, n) for low, high, n in intervals if low and high)
    lows, above = [low for low, _ in rising], [n for _, n in rising]
    highs, below = [high for high, _ in falling], [n for _, n in falling]
    starts = [low for low, _, _ in closed]

    def find(numbers: Sequence[Number]) -> list[int]:
        if not numbers or not intervals:
            return []
        least, most = (numbers[0], 0), (numbers[-1], 1)
        found = above[: bisect_left(lows, most)] + below[bisect_right(highs, least) :]
        begun = closed[: bisect_left(starts, most)]
        if len(numbers) == 1:
            return found + [n for _, high, n in begun if least < high]
        for low, high, n in begun:
            first = numbers[bisect_left(numbers, low, key=_below)]
            if _below(first) < high:
                found.append(n)
        return found

    return find


def _below(number: Number) -> _Bound:
    return number, 0


def _bound(operator: Operator, end: str) -> _Bound | None:
    """The narrowest bound at one end. `gt 5` begins above 5, `gte 5` below it."""
    bounds = [
        (part.operand, _SIDES[part.name][1])
        for part in parts_of(operator)
        if part.name in _SIDES
        and _SIDES[part.name][0] == end
        and isinstance(part.operand, int | float)
    ]
    return (max(bounds) if end == "low" else min(bounds)) if bounds else None
