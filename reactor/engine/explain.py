"""Why a condition is true, false or unknown of an event: every node of its tree as a value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain
from types import MappingProxyType

from reactor.engine.changed import Changed
from reactor.engine.condition import All, Any, Not, Test, is_open
from reactor.engine.operators import (
    AllOf,
    EachFound,
    IsNot,
    NoElement,
    OneOf,
    Operator,
    Plain,
    SomeElement,
    either,
)
from reactor.engine.selector import MISSING
from reactor.engine.why import why_false, why_unknown
from reactor.engine.written import written
from reactor.model.condition import Condition, Path
from reactor.model.event import Record
from reactor.model.lookup import NOT_ASKED
from reactor.model.match import Truth

_NO_LOOKUPS: Mapping[str, str] = MappingProxyType({})


class Kind(StrEnum):
    """What a node of the tree is: a block, a test of a field, or a part of a test's operator."""

    ALL = "all"
    ANY = "any"
    NOT = "not"
    TEST = "test"
    PART = "part"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A node of a condition and what it says of one event.

    `path`, `operator`, `expected` (as the rule file writes it) and `actual` (MISSING where the
    event has no such field; of a change `{from: …, to: …}` as far as it is known) are those of
    tests and their parts; of a block they mean nothing. The parts of a block are its conditions,
    those of a test the operators that its operator is made of, each with the truth that it alone
    would have. `why` is empty where expected and actual tell it all.
    """

    kind: Kind
    truth: Truth
    why: str = ""
    parts: tuple["Explained", ...] = ()
    path: str = ""
    operator: str = ""
    expected: object = None
    actual: object = MISSING


def explain(
    condition: Condition, record: Record, lookups: Mapping[str, str] = _NO_LOOKUPS
) -> Explained:
    """What each node of a condition says of a record, the root what `evaluate` says. Never raises.

    `lookups` tells of the objects in `record.unknown` why they are (`Event.unknown`).
    """
    return _Witness(record, lookups).condition(condition)


@dataclass(frozen=True, slots=True)
class _Field:
    """What a path led to, and the values of which some has to satisfy an operator: that one, or
    the elements of it."""

    path: Path
    value: object
    asked: tuple[object, ...]

    def elements(self) -> "_Field | None":
        """The same for the elements; None if there is a value and it is no list."""
        lists = [each for each in self.asked if isinstance(each, list)]
        if not lists and self.value is not MISSING:
            return None
        return replace(self, asked=tuple(chain(*lists)))


@dataclass(frozen=True, slots=True)
class _Witness:
    """Tells what it saw in one record."""

    record: Record
    lookups: Mapping[str, str]

    def condition(self, condition: Condition) -> Explained:
        truth = condition.evaluate(self.record)
        match condition:
            case All():
                return self._block(Kind.ALL, truth, condition.parts)
            case Any():
                return self._block(Kind.ANY, truth, condition.parts)
            case Not():
                return self._block(Kind.NOT, truth, (condition.part,))
            case Test():
                return self._test(condition, truth)
        return Explained(kind=Kind.TEST, truth=truth)  # made elsewhere: it says nothing of itself

    def _block(self, kind: Kind, truth: Truth, parts: Iterable[Condition]) -> Explained:
        explained = tuple(self.condition(part) for part in parts)
        why = "" if truth or kind is Kind.NOT else _count(explained)
        return Explained(kind=kind, truth=truth, why=why, parts=explained)

    def _test(self, test: Test, truth: Truth) -> Explained:
        value = test.path.find(self.record.fields)
        asked = self._operator(test.operator, _Field(test.path, value, (value,)))
        return replace(asked, kind=Kind.TEST, truth=truth, why=self._why(test, truth, asked))

    def _why(self, test: Test, truth: Truth, asked: Explained) -> str:
        """What the operator says of the value, and beyond that a lookup or `unless`."""
        if truth is None:
            references = chain(test.path.references(), test.references())
            unknown = [each.kind for each in references if is_open(each, self.record)]
            return self._lookup(unknown[0]) if unknown else asked.why
        return f"{asked.why}, which is false in 'unless'" if asked.truth is None else asked.why

    def _lookup(self, kind: str) -> str:
        reason = self.lookups.get(kind, NOT_ASKED)
        if reason == NOT_ASKED:
            return f"{kind} was not looked up"
        return f"{kind} could not be looked up: {reason}"

    def _operator(self, operator: Operator, field: _Field) -> Explained:
        truth = self._truth(operator, field)
        parts = tuple(self._operator(part, asked) for part, asked in _parts(operator, field))
        return Explained(
            kind=Kind.PART,
            truth=truth,
            why=_why(operator, field, truth, parts),
            parts=parts,
            path=field.path.text,
            operator=operator.name,
            expected=written(operator),
            actual=self._actual(operator, field.value),
        )

    def _actual(self, operator: Operator, value: object) -> object:
        """The value; with what it was where a change is asked for."""
        if value is MISSING or not isinstance(operator, Changed):
            return value
        was = operator.was(self.record)
        return {"to": value} if was is MISSING else {"from": was, "to": value}

    def _truth(self, operator: Operator, field: _Field) -> Truth:
        if field.value is MISSING:
            return operator.absent
        return either(operator.test(each, self.record) for each in field.asked)


def _count(parts: tuple[Explained, ...]) -> str:
    """How many parts of a block do not hold."""
    others = sum(part.truth is not True for part in parts)
    if others == len(parts):
        return "none of them holds"
    return f"{others} of {len(parts)} {'does' if others == 1 else 'do'} not hold"


def _parts(operator: Operator, field: _Field) -> Iterable[tuple[Operator, _Field]]:
    """The operators that an operator is made of, each with what it is asked of."""
    match operator:
        case OneOf() | AllOf():
            return ((part, field) for part in operator.operand)
        case Plain(name="together", operand=tuple() as parts):
            return ((part, field) for part in parts)
        case IsNot():
            return ((operator.operand, field),)
        case SomeElement() | EachFound() | NoElement():
            elements = field.elements()
            return ((part, elements) for part in operator.operand) if elements else ()
    return ()


def _why(operator: Operator, field: _Field, truth: Truth, parts: Iterable[Explained]) -> str:
    if field.value is MISSING:
        return "the field is missing"
    if truth is None:
        within = (part.why for part in parts if part.truth is None)
        return why_unknown(operator) or next(within, "")
    value = field.asked[0] if len(field.asked) == 1 else [*field.asked]
    return "" if truth else why_false(operator, value)
