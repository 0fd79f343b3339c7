"""A condition is true exactly when all questions of one of its cases hold."""

from random import Random

import pytest

from reactor.engine.condition import Test
from reactor.engine.operators import Operator
from reactor.engine.questions import MOST_CASES, Question, cases
from reactor.model.event import Record
from tests.engine.invented import invented_conditions, invented_record, parsed


def spelt(question: Question) -> str:
    """A question as a few words; one that is no test by its kind."""
    condition = question.condition
    if not isinstance(condition, Test):
        return f"{type(condition).__name__} is {question.wanted}"
    said = f"{condition.path.text} {words(condition.operator)}"
    return said if question.wanted else f"{said} is False"


def words(operator: Operator) -> str:
    operand = operator.operand
    if isinstance(operand, tuple):
        return f"{operator.name}({', '.join(map(words, operand))})"
    if operator.name == "not":
        return f"not {words(operand)}"
    if operator.name == "changed":
        return f"changed {' '.join(operand)}"
    return f"{operator.name} {operand}"


def spelt_cases(data, **how) -> list[list[str]]:
    return [[spelt(question) for question in case] for case in cases(parsed(data, **how))]


AB = [{"a": 1}, {"b": 2}]
ROWS = {
    "all fields hold": ({"a": 1, "b": 2}, [["a equals 1", "b equals 2"]]),
    "a list of values is one question": ({"a": [1, 2]}, [["a one of(equals 1, equals 2)"]]),
    "a list of operators is a case of each": (
        {"a": [1, {"prefix": "x"}]},
        [["a equals 1"], ["a prefix x"]],
    ),
    "several operators are a question each": (
        {"a": {"exists": True, "prefix": "x"}},
        [["a prefix x", "a exists True"]],
    ),
    "a range is one question": ({"a": {"gt": 1, "lt": 5}}, [["a together(gt 1, lt 5)"]]),
    "a change is asked after what is now": (
        {"a": {"from": 1, "to": 2}},
        [["a equals 2", "a changed from to"]],
    ),
    "a change to some is a case of each": (
        {"a": {"to": [1, {"prefix": "x"}]}},
        [["a equals 1", "a changed to"], ["a prefix x", "a changed to"]],
    ),
    "a change from something": ({"a": {"from": 1}}, [["a changed from"]]),
    "not of a change": ({"not": {"a": {"to": 1}}}, [["a not changed to"]]),
    "any": ({"any": AB}, [["a equals 1"], ["b equals 2"]]),
    "$or": ({"$or": AB, "c": 3}, [["a equals 1", "c equals 3"], ["b equals 2", "c equals 3"]]),
    "all": ({"all": AB}, [["a equals 1", "b equals 2"]]),
    "not of one": ({"not": {"a": 1}}, [["a not equals 1"]]),
    "not of several is any of their contraries": (
        {"not": {"a": 1, "b": 2}},
        [["a not equals 1"], ["b not equals 2"]],
    ),
    "not of any is all of their contraries": (
        {"not": {"any": AB}},
        [["a not equals 1", "b not equals 2"]],
    ),
    "not of not": ({"not": {"a": {"not": 1}}}, [["a equals 1"]]),
    "not of existence": ({"not": {"a": {"exists": True}}}, [["a exists False"]]),
    "not of what can be true of nothing": (
        {"not": {"a": [{"exists": False}, 1]}},
        [["a one of(exists False, equals 1) is False"]],
    ),
    "any of any": (
        {"any": [{"any": AB}, {"a": 3, "any": AB}]},
        [
            ["a equals 1"],
            ["b equals 2"],
            ["a equals 3", "a equals 1"],
            ["a equals 3", "b equals 2"],
        ],
    ),
}


@pytest.mark.parametrize(("data", "expected"), ROWS.values(), ids=ROWS)
def test_the_cases_of_a_condition(data, expected):
    assert spelt_cases(data) == expected


def test_where_missing_is_false_a_test_is_asked_as_it_is():
    data = {"not": {"a": [1, {"prefix": "x"}]}}

    assert spelt_cases(data, missing_is_false=True) == [
        ["a one of(equals 1, prefix x) is False"],
    ]


def test_a_block_of_too_many_cases_is_one_question_and_its_neighbours_are_others():
    many = [{"a": number, "b": number} for number in range(MOST_CASES + 1)]

    assert len(spelt_cases({"any": many[:-1]})) == MOST_CASES
    assert spelt_cases({"any": many}) == [["Any is True"]]
    assert spelt_cases({"not": {"any": many[:6]}}) == [["Any is False"]]  # 2 ** 6
    assert len(spelt_cases({"not": {"any": many[:5]}})) == 2**5


def test_blocks_whose_product_is_too_large_are_one_question():
    six = [{"a": number} for number in range(6)]

    assert spelt_cases({"all": [{"any": six}, {"any": six}]}) == [["All is True"]]


@pytest.mark.parametrize("seed", range(3))
def test_a_condition_is_true_exactly_when_a_case_holds(seed):
    random = Random(seed)
    for condition in invented_conditions(random, 150):
        taken_apart = cases(condition)
        for _ in range(10):
            record = invented_record(random)
            holds = any(all(q.holds(record) for q in case) for case in taken_apart)
            assert holds is (condition.evaluate(record) is True)


def test_a_question_may_hold_as_long_as_earlier_events_could_answer_it():
    _, question = cases(parsed({"a": {"to": 1}}))[0]

    assert question.may_hold(Record({"a": 1}, platform=False))
    assert not question.may_hold(Record({"a": 1}, platform=False, previous={}))


def test_a_question_may_hold_as_long_as_a_lookup_could_answer_it():
    question = Question(parsed({"service.name": "web"}))
    waiting = Record({}, platform=True, unknown={"service": "not asked"})

    assert (question.holds(waiting), question.may_hold(waiting)) == (False, True)
    assert not question.may_hold(Record({}, platform=True))
