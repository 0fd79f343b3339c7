"""What an index is made of: the cases of all conditions, the distinct questions in them, and what
each is worth. Worked out once, before the first event.

Two choices are made here, by counting: which fields are facets (many cases ask few different things
of them), and which question is the anchor of a case (few cases share it and few values answer it).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reactor.engine.comparisons import parts_of
from reactor.engine.condition import Test
from reactor.engine.objects import Names
from reactor.engine.operators import (
    AllOf,
    EachFound,
    Exists,
    IsNot,
    NoElement,
    OneOf,
    Operator,
    Plain,
    SomeElement,
)
from reactor.engine.questions import Question, cases
from reactor.engine.tables import Kind, equal_key, kind_of
from reactor.model.condition import Condition, Path

MOST_FACETS = 4
"""More would make more cells than events come for. The index is written out for so many."""

MOST_ATOMS = 256
"""Things that the questions about a facet may tell apart."""

_LEAST_CASES = 8  # fewer are sooner tried than sorted
_COMPOUND = (OneOf, AllOf, SomeElement, EachFound, NoElement)


@dataclass(slots=True)
class Asked:
    """A field, the questions that are asked about it, and in how many cases each. `atoms` is how
    many things they tell apart: each value that is named, and each other question."""

    path: Path
    operators: dict[int, Operator] = field(default_factory=dict)
    cases: Counter[int] = field(default_factory=Counter)
    atoms: int = 0

    def may_sort(self) -> bool:
        """Whether it is worth being a facet: on the whole several cases ask the same of it, and
        its value alone answers them. Where each asks something else a table does better, and so it
        does for lists, which no dict can be asked for."""
        enough = self.cases.total() >= max(_LEAST_CASES, 1.5 * self.atoms)
        few = self.atoms <= MOST_ATOMS and self.path.text != "parents"
        return enough and few and all(map(_is_local, self.operators.values()))

    def first(self, numbers: Iterable[int]) -> int | None:
        """Of a case's questions the first about this field."""
        return next((number for number in numbers if number in self.operators), None)


@dataclass(frozen=True, slots=True)
class Catalog:
    """`cases` are, one after the other, whose condition it is (by position) and the numbers of its
    questions. `fields` are by the path's text; questions that are in none of them can only be
    asked."""

    questions: tuple[Question, ...]
    cases: tuple[tuple[int, tuple[int, ...]], ...]
    fields: Mapping[str, Asked]

    def facets(self) -> list[Asked]:
        """The fields to sort events by: those that most cases ask about."""
        worth = [each for each in self.fields.values() if each.may_sort()]
        return sorted(worth, key=lambda each: -each.cases.total())[:MOST_FACETS]

    def anchor(self, numbers: Sequence[int]) -> int | None:
        """Of a case's questions the one to find it by: that for which the fewest cases may be
        expected to be found in vain. None if they have no table."""
        expected = {number: each for number in numbers if (each := self._expected(number))}
        return min(expected, key=lambda number: expected[number], default=None)

    def _expected(self, number: int) -> float | None:
        """How many cases share the question, by how likely it is to hold."""
        found = self.findable(number)
        if found is None:
            return None
        asked = self.fields[found[0]]
        likely = 0.5 if found[2] is Kind.BOUNDS else 1 / (1 + asked.atoms)
        return asked.cases[number] * likely

    def findable(self, number: int) -> tuple[str, Operator, Kind] | None:
        """The field that a question is about, what it asks and the kind of table that finds it;
        None if none does."""
        test = self.questions[number].condition
        if not isinstance(test, Test) or number not in self._operators(test.path.text):
            return None
        kind = kind_of(test.path, test.operator)
        return None if kind is None else (test.path.text, test.operator, kind)

    def _operators(self, name: str) -> Mapping[int, Operator]:
        return self.fields[name].operators if name in self.fields else {}


def catalog(conditions: Sequence[Condition], may_find: Callable[[Test], bool]) -> Catalog:
    """The catalog of these conditions. Tests that `may_find` refuses are in no field."""
    numbers: dict[object, int] = {}
    questions: list[Question] = []
    listed: list[tuple[int, tuple[int, ...]]] = []
    for position, condition in enumerate(conditions):
        for case in cases(condition):
            asked = dict.fromkeys(_number(question, numbers, questions) for question in case)
            listed.append((position, tuple(asked)))
    return Catalog(tuple(questions), tuple(listed), _fields(questions, listed, may_find))


def _number(question: Question, numbers: dict[object, int], questions: list[Question]) -> int:
    """The question's number: the same for the same question, whoever asks it."""
    identity = _identity(question)
    if identity not in numbers:
        numbers[identity] = len(questions)
        questions.append(question)
    return numbers[identity]


def _identity(question: Question) -> object:
    condition = question.condition
    if not isinstance(condition, Test) or condition.on_missing is not None:
        return id(condition), question.wanted
    return condition.path.text, question.wanted, _spelt(condition.operator)


def _spelt(operator: Operator) -> object:
    """What is equal for operators that ask the same. Not the operators themselves: to Python the
    operands 1 and true are equal."""
    operand = operator.operand
    if isinstance(operator, IsNot):
        return operator.name, _spelt(operator.operand)
    if isinstance(operand, tuple):
        return operator.name, *map(_spelt, operand)
    if isinstance(operator, Plain | Exists) and isinstance(operand, str | int | float | None):
        return operator.name, operand.__class__, operand
    return repr(operator)


def _fields(
    questions: Sequence[Question],
    listed: Sequence[tuple[int, tuple[int, ...]]],
    may_find: Callable[[Test], bool],
) -> dict[str, Asked]:
    counts = Counter(number for _, numbers in listed for number in numbers)
    fields: dict[str, Asked] = {}
    for number, question in enumerate(questions):
        test = question.condition
        if isinstance(test, Test) and _is_of_field(question) and may_find(test):
            asked = fields.setdefault(test.path.text, Asked(test.path))
            asked.operators[number] = test.operator
            asked.cases[number] = counts[number]
    for asked in fields.values():
        asked.atoms = _atoms(asked)
    return fields


def _is_of_field(question: Question) -> bool:
    """Whether it is about one field, and a missing one is no answer."""
    test = question.condition
    if not isinstance(test, Test) or not question.wanted or test.on_missing is not None:
        return False
    return isinstance(test.operator, Names) or _is_local(test.operator)


def _is_local(operator: Operator) -> bool:
    """Whether it needs nothing but the field's value."""
    if isinstance(operator, IsNot):
        return _is_local(operator.operand)
    if isinstance(operator, _COMPOUND):
        return all(map(_is_local, operator.operand))
    return isinstance(operator, Plain | Exists)


def _atoms(asked: Asked) -> int:
    values, others = set[object](), 0
    for operator in asked.operators.values():
        inner = operator.operand if isinstance(operator, IsNot) else operator
        if kind_of(asked.path, inner) in (Kind.EQUAL, Kind.URI):
            values.update(equal_key(part.operand) for part in parts_of(inner))
        else:
            others += 1
    return len(values) + others
