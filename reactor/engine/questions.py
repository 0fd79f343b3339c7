"""A condition taken apart: the cases in which it is true, each a few questions about single fields.

`match: {type: container, state: [Stopped, Terminated]}` is one case of two questions; a block `any`
makes a case of each of its conditions. A condition is true exactly when all questions of one of its
cases hold, so an index can look for one of these and ask the others (architecture.md, Matching).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod

from reactor.engine.changed import Changed
from reactor.engine.condition import All, Any, Not, Test
from reactor.engine.operators import AllOf, Exists, IsNot, OneOf, Operator, Plain
from reactor.model.condition import Condition
from reactor.model.event import Record

MOST_CASES = 32
"""What would make more cases than that is taken apart no further: it is asked as a whole."""


@dataclass(frozen=True, slots=True)
class Question:
    """Whether `condition` comes out as `wanted`."""

    condition: Condition
    wanted: bool = True

    def holds(self, record: Record) -> bool:
        """Whether it does, for certain."""
        return self.condition.evaluate(record) is self.wanted

    def may_hold(self, record: Record) -> bool:
        """Whether it does, or could if what was not looked up were this or that."""
        return self.condition.may_be(record, wanted=self.wanted)


Case = tuple[Question, ...]
"""One way in which a condition can be true: every question holds."""


def cases(condition: Condition) -> tuple[Case, ...]:
    """The cases of a condition: it is true exactly when one of them holds, and no lookup can make
    it true unless one of them may hold."""
    return _cases(condition, wanted=True)


def _cases(condition: Condition, *, wanted: bool) -> tuple[Case, ...]:
    """The cases in which `condition` comes out as `wanted`. By De Morgan, NOT only turns round
    what is wanted of the parts, with three truths as with two."""
    if isinstance(condition, Not):
        return _cases(condition.part, wanted=not wanted)
    if isinstance(condition, Test):
        return _of_test(condition, wanted=wanted)
    if isinstance(condition, All | Any):
        parts = [_cases(part, wanted=wanted) for part in condition.parts]
        found = _every(parts) if isinstance(condition, All) is wanted else _either(parts)
        if found is not None:
            return found
    return ((Question(condition, wanted),),)


def _every(parts: Sequence[tuple[Case, ...]]) -> tuple[Case, ...] | None:
    """The cases in which one case of each part holds; None if they are too many."""
    if prod(map(len, parts)) > MOST_CASES:
        return None
    return tuple(
        tuple(question for case in chosen for question in case) for chosen in product(*parts)
    )


def _either(parts: Sequence[tuple[Case, ...]]) -> tuple[Case, ...] | None:
    """The cases in which a case of any part holds; None if they are too many."""
    if sum(map(len, parts)) > MOST_CASES:
        return None
    return tuple(case for part in parts for case in part)


def _of_test(test: Test, *, wanted: bool) -> tuple[Case, ...]:
    if test.on_missing is not None:
        return ((Question(test, wanted),),)
    operator = test.operator
    if wanted and isinstance(operator, AllOf):
        return _cases(_split(test, All, operator.operand), wanted=True)
    if wanted and isinstance(operator, OneOf) and not _are_equalities(operator.operand):
        return _cases(_split(test, Any, operator.operand), wanted=True)
    if wanted and isinstance(operator, Changed) and operator.after is not None:
        # Before the question that no table answers, what has to hold of the event alone.
        now = _cases(replace(test, operator=operator.after), wanted=True)
        return tuple((*case, Question(test)) for case in now)
    return ((_positive(test, wanted=wanted),),)


def _split(
    test: Test, join: Callable[[tuple[Condition, ...]], Condition], operators: Sequence[Operator]
) -> Condition:
    return join(tuple(replace(test, operator=each) for each in operators))


def _positive(test: Test, *, wanted: bool) -> Question:
    """The same question with True as what is wanted, where an operator says the contrary."""
    operator = test.operator
    if not wanted and isinstance(operator, Exists):
        return Question(replace(test, operator=Exists(not operator.operand)))
    if not wanted and isinstance(operator, IsNot) and operator.operand.absent is None:
        return Question(replace(test, operator=operator.operand))
    if not wanted and operator.absent is None:
        return Question(replace(test, operator=IsNot(operator)))
    return Question(test, wanted)


def _are_equalities(operators: Sequence[Operator]) -> bool:
    """Whether all of them ask for one value."""
    return all(isinstance(each, Plain) and each.name == "equals" for each in operators)
