"""Conditions: the tree that `match`, `unless` and `if` mean, with three truths (rules.md §2).

A field that is missing makes a test unknown, and unknown is not no: NOT unknown is unknown, and
only true fires. Evaluating is pure and never raises.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reactor.engine.changed import tracked
from reactor.engine.operators import Operator, either
from reactor.engine.selector import MISSING, JsonPath
from reactor.model.condition import Condition, Path
from reactor.model.event import Record, Tracker
from reactor.model.lookup import NOT_ASKED, Reference
from reactor.model.match import Reason, Truth


@dataclass(frozen=True, slots=True)
class Test:
    """One operator on one field. `on_missing` is what unknown counts as: None keeps it unknown,
    False is for `unless`, where a field that does not exist is simply false. What is unknown for
    want of a lookup stays unknown in either."""

    __test__ = False  # pytest would take the class for a test

    path: Path
    operator: Operator
    on_missing: Truth = None

    def evaluate(self, record: Record) -> Truth:
        """What the operator says of the field."""
        value = self.path.find(record.fields)
        truth = self.operator.absent if value is MISSING else self.operator.test(value, record)
        if record.unknown and self._may_change(value, truth, record):
            return None
        if truth is not None or self.on_missing is None:
            return truth
        return None if self._is_early(record) else self.on_missing

    def _may_change(self, value: object, truth: Truth, record: Record) -> bool:
        """Whether a lookup could make the operator say something else than `truth`."""
        if truth is None and value is not MISSING:
            return _some_open(self.references(), record)
        # A JSONPath may have found a part only of what there is.
        is_partial = value is MISSING or isinstance(self.path, JsonPath)
        return is_partial and _some_open(self.path.references(), record)

    def _is_early(self, record: Record) -> bool:
        """Whether deciding earlier events could tell something that the operator asks for."""
        is_there = record.previous is None and self.path.find(record.fields) is not MISSING
        return is_there and any(True for _ in tracked(self.operator))

    def lacks(self, record: Record) -> bool:
        """Whether it is unknown and a field that it speaks of was not looked up."""
        return self.evaluate(record) is None and _some_open(self.references(), record)

    def may_be(self, record: Record, *, wanted: bool) -> bool:
        """Whether it is so, or could be by a lookup or by what earlier events tell."""
        truth = self.evaluate(record)
        if truth is not None:
            return truth is wanted
        return self._is_early(record) or _some_open(self.references(), record)

    def references(self) -> Iterator[Reference]:
        """What the operator has to know of this field and of others."""
        return self.operator.references(self.path)


def _some_open(references: Iterable[Reference], record: Record) -> bool:
    return any(is_open(reference, record) for reference in references)


@dataclass(frozen=True, slots=True)
class All:
    """AND: false wins over unknown, unknown over true."""

    parts: tuple[Condition, ...]

    def evaluate(self, record: Record) -> Truth:
        """False at the first part that is false."""
        unknown = False
        for part in self.parts:  # not by `both`: a generator doubles the time of a match
            truth = part.evaluate(record)
            if truth is False:
                return False
            unknown = unknown or truth is None
        return None if unknown else True

    def lacks(self, record: Record) -> bool:
        """Whether it is unknown by a part that is so for want of a lookup."""
        return self.evaluate(record) is None and any(part.lacks(record) for part in self.parts)

    def may_be(self, record: Record, *, wanted: bool) -> bool:
        """Whether each part may be true, or some part false."""
        return (all if wanted else any)(part.may_be(record, wanted=wanted) for part in self.parts)

    def references(self) -> Iterator[Reference]:
        """Those of the parts."""
        return (reference for part in self.parts for reference in part.references())


@dataclass(frozen=True, slots=True)
class Any:
    """OR: true wins over unknown, unknown over false."""

    parts: tuple[Condition, ...]

    def evaluate(self, record: Record) -> Truth:
        """True at the first part that is true."""
        return either(part.evaluate(record) for part in self.parts)

    def lacks(self, record: Record) -> bool:
        """Whether it is unknown by a part that is so for want of a lookup."""
        return self.evaluate(record) is None and any(part.lacks(record) for part in self.parts)

    def may_be(self, record: Record, *, wanted: bool) -> bool:
        """Whether some part may be true, or each part false."""
        return (any if wanted else all)(part.may_be(record, wanted=wanted) for part in self.parts)

    def references(self) -> Iterator[Reference]:
        """Those of the parts."""
        return (reference for part in self.parts for reference in part.references())


@dataclass(frozen=True, slots=True)
class Not:
    """NOT: of unknown it is unknown."""

    part: Condition

    def evaluate(self, record: Record) -> Truth:
        """The contrary of the part."""
        truth = self.part.evaluate(record)
        return None if truth is None else not truth

    def lacks(self, record: Record) -> bool:
        """Whether the part does."""
        return self.part.lacks(record)

    def may_be(self, record: Record, *, wanted: bool) -> bool:
        """Whether the part may be the contrary."""
        return self.part.may_be(record, wanted=not wanted)

    def references(self) -> Iterator[Reference]:
        """Those of the part."""
        return self.part.references()


def trackers(condition: Condition) -> Iterator[Tracker]:
    """The fields of which a condition asks what they were before, by its `from` and `to`."""
    match condition:
        case All() | Any():
            for part in condition.parts:
                yield from trackers(part)
        case Not():
            yield from trackers(condition.part)
        case Test():
            yield from tracked(condition.operator)


def is_open(reference: Reference, record: Record) -> bool:
    """Whether the field may exist although the record does not have it."""
    if reference.kind not in record.unknown:
        return False
    known = record.fields.get(reference.kind)
    return not isinstance(known, dict) or reference.field not in known


def reason_of(truth: Truth, condition: Condition, record: Record) -> Reason:
    """Why a rule whose condition came out as `truth` (false or unknown) did not match. What was not
    asked for was not needed: then it is for something else that the rule could not match."""
    if truth is False:
        return Reason.CONDITION_FALSE
    asked = {kind: why for kind, why in record.unknown.items() if why != NOT_ASKED}
    lacks = condition.lacks(Record(record.fields, record.platform, asked, record.previous))
    return Reason.LOOKUP_FAILED if lacks else Reason.FIELD_MISSING
