"""What the conditions ask is counted, and by that facets and anchors are chosen."""

import pytest

from reactor.engine.catalog import MOST_ATOMS, MOST_FACETS, Catalog, catalog
from reactor.engine.condition import Test
from tests.engine.invented import parsed

URI = "/api/app/v1/service/0b0e3538-88df-4f07-9aed-3a3cc4175{:03}/"
KINDS = ("container", "service", "stack")


def cataloged(*conditions) -> Catalog:
    return catalog([parsed(each) for each in conditions], lambda _: True)


def facets(*conditions) -> list[str]:
    return [facet.path.text for facet in cataloged(*conditions).facets()]


def test_the_same_question_has_one_number_whoever_asks_it():
    known = cataloged({"x": 1, "y": 2}, {"y": 2}, {"any": [{"x": 1}, {"y": 2}]})

    assert len(known.questions) == 2
    assert known.cases == ((0, (0, 1)), (1, (1,)), (2, (0,)), (2, (1,)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"x": 1}, {"x": True}),
        ({"x": 0}, {"x": False}),
        ({"x": 1}, {"x": "1"}),
        ({"x": [0, 1]}, {"x": [False, True]}),
        ({"x": {"not": 1}}, {"x": {"not": True}}),
        ({"x": {"exists": True}}, {"x": {"exists": False}}),
        ({"x": "a"}, {"x": {"prefix": "a"}}),
        ({"x": {"prefix": "a"}}, {"x": {"prefix": {"equals-ignore-case": "a"}}}),
        ({"x": {"gt": 1}}, {"x": {"numeric": [">", 1]}}),
        ({"x": {"anything-but": 1}}, {"x": {"anything-but": [1, 2]}}),
        ({"x": {"field": "y"}}, {"x": {"field": "z"}}),
        ({"x": 1}, {"y": 1}),
        ({"x": {"any": [1]}}, {"x": {"all": [1]}}),
    ],
)
def test_questions_that_differ_have_two_numbers(one, other):
    assert len(cataloged(one, other).questions) == 2


def test_a_question_for_which_missing_is_false_is_shared_with_no_other():
    unless = parsed({"x": 1}, missing_is_false=True)

    known = catalog([unless, parsed({"x": 1}), unless], lambda _: True)

    assert known.cases == ((0, (0,)), (1, (1,)), (2, (0,)))
    assert known.findable(0) is None


def test_fields_of_which_many_cases_ask_the_same_are_facets_the_most_asked_first():
    rules = [{"type": KINDS[n % 3], "state": f"S{n % 4}", "number": n} for n in range(12)]

    assert facets(*rules, {"type": "container"}) == ["type", "state"]


def test_what_few_cases_ask_is_no_facet():
    assert facets(*[{"type": "container"}] * 7) == []
    assert facets(*[{"type": "container"}] * 8) == ["type"]


def test_there_are_so_many_facets_at_most():
    rules = [{f"field {n}": "x" for n in range(MOST_FACETS + 1)} for _ in range(10)]

    assert len(facets(*rules)) == MOST_FACETS


def test_a_facet_tells_a_limited_number_of_things_apart():
    def rules(atoms: int):
        return [{"state": {"regex": f"^{n % atoms}$"}} for n in range(2 * atoms)]

    assert facets(*rules(MOST_ATOMS)) == ["state"]
    assert facets(*rules(MOST_ATOMS + 1)) == []


@pytest.mark.parametrize(
    "asked",
    [
        {"parents": URI.format(1)},  # a list in every frame
        {"service": "web"},  # it depends on what the record is of
        {"x": {"field": "y"}},  # another field has to be known too
    ],
)
def test_what_the_value_alone_does_not_decide_or_what_is_a_list_is_no_facet(asked):
    assert facets(*[asked] * 20) == []


def anchor_of_first(*conditions) -> str | None:
    """The field of the question by which the first case is found."""
    known = cataloged(*conditions)
    number = known.anchor(known.cases[0][1])
    if number is None:
        return None
    test = known.questions[number].condition
    assert isinstance(test, Test)
    return test.path.text


@pytest.mark.parametrize(
    ("first", "others", "anchor"),
    [
        # the rarest: of three types each third rule has one, of twenty parents each twentieth
        (
            {"type": "container", "parents": URI.format(0)},
            [{"type": KINDS[n % 3], "parents": URI.format(n)} for n in range(20)],
            "parents",
        ),
        # the same for texts, whatever the order in which it is written
        (
            {"image": {"prefix": "web-0"}, "type": "container"},
            [{"type": KINDS[n % 3], "image": {"prefix": f"web-{n}"}} for n in range(20)],
            "image",
        ),
        # half of all numbers are above a bound, one value in many is a state's name
        ({"n": {"gt": 5}, "state": "Stopped"}, [{"state": f"S{n}"} for n in range(9)], "state"),
        ({"n": {"gt": 5}, "x": {"regex": "a"}}, [], "n"),
        ({"x": {"regex": "a"}, "y": {"not": 1}, "z": {"exists": True}}, [], None),
        ({"x": {"glob": "*"}, "y": {"prefix": ""}}, [], None),
    ],
)
def test_a_case_is_found_by_the_question_that_finds_the_fewest_in_vain(first, others, anchor):
    assert anchor_of_first(first, *others) == anchor


def test_tests_that_may_not_be_found_are_of_no_field():
    conditions = [parsed({"x": 1, "y": 2})] * 10

    known = catalog(conditions, lambda test: test.path.text == "y")

    assert [*known.fields] == ["y"]
    assert [known.findable(number) is None for number in (0, 1)] == [True, False]
