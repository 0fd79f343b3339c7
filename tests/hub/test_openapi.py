"""The description of the REST API, held against its routes."""

import json

from reactor.hub.filters import OFFERED
from reactor.hub.openapi import description
from reactor.hub.resources import Resources
from reactor.hub.routes import ROUTES
from tests.hub.fleets import a_fleet

DESCRIPTION = description()


def operations():
    return [
        (path, method, operation)
        for path, methods in DESCRIPTION["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    ]


def test_every_route_is_described_and_nothing_else():
    routed = {
        (path, method.lower())
        for route in ROUTES
        for path in route.paths
        for method in route.methods
    }

    assert {(path, method) for path, method, _ in operations()} == routed


def test_every_route_has_an_answer():
    answered = set(Resources(a_fleet(), user="acme")._answers)

    assert {(route.name, method) for route in ROUTES for method in route.methods} == answered


def test_every_operation_has_a_name_of_its_own():
    names = [operation["operationId"] for _, _, operation in operations()]

    assert len(set(names)) == len(names)


def test_a_list_describes_all_its_filters():
    parameters = DESCRIPTION["paths"]["/api/app/v1/container/"]["get"]["parameters"]

    names = {parameter["name"] for parameter in parameters}
    assert names == {"limit", "offset", *OFFERED["container"]}


def test_each_variable_of_a_path_is_described():
    parameters = DESCRIPTION["paths"]["/api/infra/v1/az/{provider}/{name}/{zone}/"]["parameters"]

    assert [parameter["name"] for parameter in parameters] == ["provider", "name", "zone"]


def test_each_schema_that_is_named_is_there():
    text = json.dumps(DESCRIPTION)

    named = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named == set(DESCRIPTION["components"]["schemas"])


def test_only_the_call_of_a_trigger_needs_no_credentials():
    open_paths = {path for path, _, operation in operations() if operation.get("security") == []}

    assert open_paths
    assert all("/call/" in path for path in open_paths)
