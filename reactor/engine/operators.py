"""Operators: what a condition asks of one value (rules.md §2). Frozen, and never raising.

Each has `name` and `operand` as the rule file writes them, `test` for a value that is there and
`absent` for a field that is not: None, unknown, for every operator that does not ask just that.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import ClassVar, Protocol

from reactor.engine.selector import MISSING
from reactor.model.condition import Path
from reactor.model.event import PLATFORM_OBJECTS, Record
from reactor.model.lookup import Reference
from reactor.model.match import Truth

Holds = Callable[[object], bool]


class Operator(Protocol):
    """Any of the operators below."""

    @property
    def name(self) -> str:
        """As the rule file writes it; `equals` for a plain value."""

    @property
    def operand(self) -> object:
        """What the value is compared with: a plain value, a path or operators."""

    @property
    def absent(self) -> Truth:
        """The truth when the field is missing."""

    def test(self, value: object, record: Record) -> Truth:
        """Whether the operator holds for `value`, a field of `record`. Never raises."""

    def references(self, path: Path) -> Iterator[Reference]:
        """The fields of platform objects that it has to know when it is asked of `path`."""


def both(truths: Iterable[Truth]) -> Truth:
    """AND of three values: false wins over unknown, unknown over true."""
    unknown = False
    for truth in truths:
        if truth is False:
            return False
        unknown = unknown or truth is None
    return None if unknown else True


def either(truths: Iterable[Truth]) -> Truth:
    """OR of three values: true wins over unknown, unknown over false."""
    unknown = False
    for truth in truths:
        if truth:
            return True
        unknown = unknown or truth is None
    return None if unknown else False


def of_all(operators: Iterable[Operator], path: Path) -> Iterator[Reference]:
    """What several operators have to know when they are asked of one path."""
    return (reference for operator in operators for reference in operator.references(path))


@dataclass(frozen=True, slots=True)
class Plain:
    """A question about one value; on a list it holds when it holds for some element."""

    name: str
    operand: object
    holds: Holds = field(repr=False, compare=False)
    absent: ClassVar[Truth] = None

    def test(self, value: object, record: Record) -> Truth:  # noqa: ARG002 -- as every operator
        """Whether it holds for the value or for some element of it."""
        if isinstance(value, list):
            return any(map(self.holds, value))
        return self.holds(value)

    def references(self, path: Path) -> Iterator[Reference]:
        """Those of the path."""
        return path.references()


def together(parts: tuple[Plain, ...]) -> Plain:
    """Several plain operators on one value, such as a range: all of them for the same element."""
    return Plain("together", parts, lambda value: all(part.holds(value) for part in parts))


@dataclass(frozen=True, slots=True)
class OneOf:
    """A list as a value: any of the operators holds."""

    operand: tuple[Operator, ...]
    name: ClassVar[str] = "one of"

    @property
    def absent(self) -> Truth:
        """True where one of them asks for absence."""
        return either(part.absent for part in self.operand)

    def test(self, value: object, record: Record) -> Truth:
        """OR of the parts."""
        return either(part.test(value, record) for part in self.operand)

    def references(self, path: Path) -> Iterator[Reference]:
        """Those of the parts."""
        return of_all(self.operand, path)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Several operators in one map: all of them hold."""

    operand: tuple[Operator, ...]
    name: ClassVar[str] = "all of"

    @property
    def absent(self) -> Truth:
        """False where one of them asks for presence."""
        return both(part.absent for part in self.operand)

    def test(self, value: object, record: Record) -> Truth:
        """AND of the parts."""
        return both(part.test(value, record) for part in self.operand)

    def references(self, path: Path) -> Iterator[Reference]:
        """Those of the parts."""
        return of_all(self.operand, path)


@dataclass(frozen=True, slots=True)
class IsNot:
    """`{not: …}`: the field is there and the operator does not hold."""

    operand: Operator
    name: ClassVar[str] = "not"
    absent: ClassVar[Truth] = None

    def test(self, value: object, record: Record) -> Truth:
        """NOT; of unknown it is unknown."""
        truth = self.operand.test(value, record)
        return None if truth is None else not truth

    def references(self, path: Path) -> Iterator[Reference]:
        """Those of the operator."""
        return self.operand.references(path)


@dataclass(frozen=True, slots=True)
class Exists:
    """`{exists: true}` and `{exists: false}`; never unknown. Null counts as there."""

    operand: bool
    name: ClassVar[str] = "exists"

    @property
    def absent(self) -> Truth:
        """Decided: the field is not there."""
        return not self.operand

    def test(self, value: object, record: Record) -> Truth:  # noqa: ARG002 -- as every operator
        """The field is there."""
        return self.operand

    def references(self, path: Path) -> Iterator[Reference]:
        """Those of the path; a whole object is there as soon as its URI is known."""
        whole = path.text in PLATFORM_OBJECTS
        return iter((Reference(path.text, "uri"),)) if whole else path.references()


@dataclass(frozen=True, slots=True)
class SomeElement:
    """`{any: […]}`: some element of a list satisfies one of the operators."""

    operand: tuple[Operator, ...]
    name: ClassVar[str] = "any"
    absent: ClassVar[Truth] = None

    def test(self, value: object, record: Record) -> Truth:
        """False on everything but a list."""
        if not isinstance(value, list):
            return False
        parts = _settled(self.operand, record)
        return either(part.test(each, record) for each in value for part in parts)

    def references(self, path: Path) -> Iterator[Reference]:
        """Those of the parts."""
        return of_all(self.operand, path)


@dataclass(frozen=True, slots=True)
class EachFound:
    """`{all: […]}`: for each operator some element of a list satisfies it."""

    operand: tuple[Operator, ...]
    name: ClassVar[str] = "all"
    absent: ClassVar[Truth] = None

    def test(self, value: object, record: Record) -> Truth:
        """False on everything but a list."""
        if not isinstance(value, list):
            return False
        parts = _settled(self.operand, record)
        return both(either(part.test(each, record) for each in value) for part in parts)

    def references(self, path: Path) -> Iterator[Reference]:
        """Those of the parts."""
        return of_all(self.operand, path)


@dataclass(frozen=True, slots=True)
class NoElement:
    """`{none: […]}`: no element of a list satisfies any of the operators."""

    operand: tuple[Operator, ...]
    name: ClassVar[str] = "none"
    absent: ClassVar[Truth] = None

    def test(self, value: object, record: Record) -> Truth:
        """False on everything but a list; true on the empty one."""
        if not isinstance(value, list):
            return False
        parts = _settled(self.operand, record)
        truth = either(part.test(each, record) for each in value for part in parts)
        return None if truth is None else not truth

    def references(self, path: Path) -> Iterator[Reference]:
        """Those of the parts."""
        return of_all(self.operand, path)


@dataclass(frozen=True, slots=True)
class SameAs:
    """`{field: path}`: equal to another field of the event; unknown while that is missing."""

    operand: Path
    name: ClassVar[str] = "field"
    absent: ClassVar[Truth] = None

    def test(self, value: object, record: Record) -> Truth:
        """A list is equal as a whole or by some element; an empty one never."""
        return SameValue(self.operand.find(record.fields)).test(value, record)

    def references(self, path: Path) -> Iterator[Reference]:
        """Those of both paths."""
        return chain(path.references(), self.operand.references())


@dataclass(frozen=True, slots=True)
class SameValue:
    """What `{field: path}` asks once the other field's value is found."""

    operand: object
    name: ClassVar[str] = "field"
    absent: ClassVar[Truth] = None

    def test(self, value: object, record: Record) -> Truth:  # noqa: ARG002 -- as every operator
        """As SameAs."""
        other = self.operand
        if other is MISSING:
            return None
        if isinstance(value, list):
            return bool(value) and (same(value, other) or any(same(each, other) for each in value))
        return same(value, other)

    def references(self, path: Path) -> Iterator[Reference]:
        """Those of the path."""
        return path.references()


def _settled(operators: tuple[Operator, ...], record: Record) -> tuple[Operator, ...]:
    """The operators as they are asked of many elements of one record: other fields are found once,
    not for each element."""
    return tuple(_settle(each, record) for each in operators)


def _settle(operator: Operator, record: Record) -> Operator:
    if isinstance(operator, SameAs):
        return SameValue(operator.operand.find(record.fields))
    if isinstance(operator, IsNot):
        return IsNot(_settle(operator.operand, record))
    if isinstance(operator, OneOf):
        return OneOf(_settled(operator.operand, record))
    if isinstance(operator, AllOf):
        return AllOf(_settled(operator.operand, record))
    return operator


def same(one: object, other: object) -> bool:
    """Whether two JSON values are equal, types included: 5 is 5.0, but true is not 1.

    With a list of what is left to compare instead of recursion: no nesting is too deep for it.
    """
    waiting = [(one, other)]
    while waiting:
        one, other = waiting.pop()
        if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
            waiting.extend(zip(one, other, strict=True))
        elif isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
            waiting.extend((value, other[key]) for key, value in one.items())
        elif isinstance(one, list | dict) or not same_scalar(one, other):
            return False
    return True


def same_scalar(one: object, other: object) -> bool:
    """As `same`, where one of the two is neither a list nor an object."""
    return one == other and isinstance(one, bool) is isinstance(other, bool)
