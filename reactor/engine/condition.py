"""Conditions: the tree that `match`, `unless` and `if` mean, with three truths (rules.md §2).

A field that is missing makes a test unknown, and unknown is not no: NOT unknown is unknown, and
only true fires. Evaluating is pure and never raises.
"""

from dataclasses import dataclass

from reactor.engine.operators import Operator, either
from reactor.engine.selector import MISSING
from reactor.model.condition import Condition, Path
from reactor.model.event import Record
from reactor.model.match import Reason, Truth


@dataclass(frozen=True, slots=True)
class Test:
    """One operator on one field. `on_missing` is what unknown counts as: None keeps it unknown,
    False is for `unless`, where a field that is missing is simply false."""

    __test__ = False  # pytest would take the class for a test

    path: Path
    operator: Operator
    on_missing: Truth = None

    def evaluate(self, record: Record) -> Truth:
        """What the operator says of the field."""
        value = self.path.find(record.fields)
        operator = self.operator
        truth = operator.absent if value is MISSING else operator.test(value, record)
        return self.on_missing if truth is None else truth


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


@dataclass(frozen=True, slots=True)
class Any:
    """OR: true wins over unknown, unknown over false."""

    parts: tuple[Condition, ...]

    def evaluate(self, record: Record) -> Truth:
        """True at the first part that is true."""
        return either(part.evaluate(record) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not:
    """NOT: of unknown it is unknown."""

    part: Condition

    def evaluate(self, record: Record) -> Truth:
        """The contrary of the part."""
        truth = self.part.evaluate(record)
        return None if truth is None else not truth


def reason_of(truth: Truth) -> Reason:
    """Why a rule whose condition came out as `truth` (false or unknown) did not match."""
    return Reason.FIELD_MISSING if truth is None else Reason.CONDITION_FALSE
