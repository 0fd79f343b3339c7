"""A mistake reads as editors and people expect."""

import pytest

from reactor.model.problem import Place, Problem

PLACE = Place("rules.yaml", 9, 15)


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem(place=PLACE, message="odd"), "rules.yaml:9:15: odd"),
        (Problem(place=PLACE, message="odd", rule="web"), "rules.yaml:9:15: rule 'web': odd"),
        (
            Problem(place=PLACE, message="odd", rule="web", hint="did you mean 'even'?"),
            "rules.yaml:9:15: rule 'web': odd (did you mean 'even'?)",
        ),
    ],
)
def test_a_problem_is_one_line_with_its_place(problem, text):
    assert str(problem) == text


def test_places_sort_by_file_line_and_column():
    places = [Place("b.yaml", 1, 1), Place("a.yaml", 10, 1), Place("a.yaml", 9, 2), PLACE]

    assert sorted(places) == [Place("a.yaml", 9, 2), Place("a.yaml", 10, 1), places[0], PLACE]
