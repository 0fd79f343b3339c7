"""A name that no event has is told with the one that was meant, and no other name is."""

import pytest

from reactor.config.conjunction import conjunction
from reactor.config.misnomers import fact_alone, is_text, misnomer, no_operator
from reactor.config.node import Table
from reactor.model.platform import CLOUD_SHAPES, GAP, ODD
from tests.conditions import node_of

CONTAINER = CLOUD_SHAPES[0]


def field(text):
    """The one field that a condition asks for."""
    table = node_of(text)
    assert isinstance(table, Table)
    [asked] = conjunction(table).fields
    return asked


def told(doubt):
    """Where it is, and what is meant."""
    return (doubt.place.column, doubt.meant) if doubt else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{x: {prefx: a}}", (6, "'prefix'")),
        ("{x: {Regexp: a}}", (6, "'regex'")),
        ("{x: {y: {anything_but: [a]}}}", (10, "'anything-but'")),
        ("{x: {fields: {y: 1}}}", None),
        ("{x: {gate: 1}}", None),
        ("{x: {note: 1}}", None),
        ("{x: {containers: 1}}", None),
        ("{x: {constraints: 1}}", None),
        ("{x: {case: 1}}", None),
        ("{x.prefixes: 1}", None),  # so one can write it that has such a field
        ("{x: {y.prefixes: 1}}", None),
        ("{prefx: 1}", None),
        ("{'$.x[0]': 1}", None),
    ],
)
def test_a_nested_field_may_be_a_misspelt_operator(text, expected):
    assert told(no_operator(field(text))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{labels.com.example.tier: a}", (2, 'labels."com.example.tier"')),
        ("{labels: {com.example.tier: a}}", (11, 'labels."com.example.tier"')),
        ("{labels.com.example: {tier: a}}", (2, 'labels."com.example.tier"')),
        ("{labels: {com: {example: a}}}", (17, None)),
        ("{state.glob: a}", (2, "'glob'")),
        ("{service: {name: {eq: a}}}", (19, None)),
        ("{container.exit_code: {Gt: 5}}", (24, "'gt'")),
        ("{sevice: {name: a}}", (2, "'service'")),
        ("{container: {exitcode: 1}}", (14, "'container.exit_code'")),
        ("{planed: true}", (2, "'planned'")),
        ("{container.log_tails: a}", (2, "'container.log_tail'")),
        ("{container.log_tail: {contain: a}}", (23, "'contains'")),
        ("{labels.tier: a}", None),
        ('{labels."com.example.tier": a}', None),
        ("{docker.Actor.ID: a}", None),
        ("{container.mine.own: a}", None),
        ("{'$..labels': 1}", None),
    ],
)
def test_a_name_that_no_event_of_a_platform_has(text, expected):
    assert told(misnomer(field(text))) == expected


def test_a_text_and_a_number_have_no_fields_and_operators_are_named():
    doubt = misnomer(field("{container.exit_code: {'!=': 0}}"))

    assert doubt.message == "'container.exit_code' is a number and has no field '!='"
    assert doubt.hint.startswith("there are the operators prefix, suffix, contains, ")


def test_what_is_true_or_false_has_no_fields():
    doubt = misnomer(field("{planned: {is: true}}"))

    assert doubt.message == "'planned' is true or false and has no field 'is'"


@pytest.mark.parametrize(
    ("text", "shapes", "meant"),
    [
        ("{exit_code: 1}", [CONTAINER], "'container.exit_code'"),
        ("{name: web}", [CONTAINER, GAP], "'container.name' or 'service.name'"),
        ("{state: Stopped}", [CONTAINER], None),
        ("{severity: high}", [CONTAINER], None),
        ("{exit_code: 1}", [CONTAINER, ODD], None),
        ("{exit_code: 1}", CLOUD_SHAPES, None),
        ("{exit_code: 1}", [], None),
        ("{'$..exit_code': 1}", [CONTAINER], None),
    ],
)
def test_a_fact_stands_alone_only_where_every_frame_is_known(text, shapes, meant):
    doubt = fact_alone(field(text), shapes)

    assert (doubt and doubt.meant) == meant


def test_names_images_and_labels_are_texts():
    names = [("service", "name"), ("labels", "a.b"), ("labels",), ("labels", "a", "b"), ("x",)]

    assert [is_text(each) for each in names] == [True, True, False, False, False]
