"""The JSON Schemas of what the hub speaks."""

import pytest
from jsonschema import Draft202012Validator

from reactor.hub.schemas import NEW_TRIGGER, SCHEMAS, TEXT, UPDATE, many, maybe, record
from tests.hub.fleets import A_WHILE, START, a_fleet, operate


def fits(schema, value):
    return Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize("schema", [*SCHEMAS.values(), UPDATE, NEW_TRIGGER])
def test_each_is_a_schema(schema):
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("kind", ["stack", "service", "container", "node", "nodecluster", "action"])
def test_every_simulated_object_fits_at_every_time_of_its_life(kind):
    fleet = a_fleet(namespace="acme")
    operate(fleet, "service", "web", "redeploy")
    fleet.crash(fleet.running("db")[0], 137)
    early = fleet.objects(kind)
    fleet.advance(START + A_WHILE)

    for thing in (*early, *fleet.objects(kind)):
        Draft202012Validator(SCHEMAS[kind]).validate(thing)


def test_a_record_has_its_fields_and_may_have_more():
    schema = record(name=TEXT, tags=many(maybe(TEXT)))

    assert fits(schema, {"name": "a", "tags": ["b", None], "more": 1})
    assert not fits(schema, {"name": "a"})
    assert not fits(schema, {"name": None, "tags": []})
    assert not fits(schema, {"name": "a", "tags": [1]})


@pytest.mark.parametrize(
    ("changes", "is_one"),
    [
        ({}, True),
        ({"target_num_containers": 3}, True),
        ({"target_num_containers": "3"}, False),
        ({"tags": [{"name": "a"}, "b"]}, True),
        ({"uuid": "mine"}, False),
    ],
)
def test_an_update_holds_what_can_be_changed(changes, is_one):
    assert fits(UPDATE, changes) is is_one
