"""Errors carry what a person needs."""

from reactor.model.errors import ReactorError, RulesInvalid
from reactor.model.problem import Place, Problem


def test_invalid_rules_tell_every_problem_on_a_line_of_its_own():
    problems = tuple(
        Problem(place=Place("r.yaml", line, 1), message=f"mistake {line}") for line in (1, 2)
    )

    error = RulesInvalid(problems)

    assert isinstance(error, ReactorError)
    assert error.problems == problems
    assert str(error) == "r.yaml:1:1: mistake 1\nr.yaml:2:1: mistake 2"
