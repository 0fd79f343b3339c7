"""The paths of both old APIs, in all the ways in which their clients write them."""

import pytest

from reactor.hub.paths import tidy
from reactor.hub.routes import ROUTES, read_address

UUID = "0b0e7ba2-1d4f-4c5b-8f4e-0a9f5ad1e1f0"
OTHER = "1b0e7ba2-1d4f-4c5b-8f4e-0a9f5ad1e1f0"


@pytest.mark.parametrize(
    ("path", "name", "kind", "parts"),
    [
        ("/api/app/v1/service/", "list", "service", {}),
        ("/api/app/v1/service", "list", "service", {}),
        ("/api/app/v1/acme/service", "list", "service", {}),
        ("//api//app/v1///acme/service//", "list", "service", {}),
        ("/api/app/v1/service/service/", "list", "service", {}),
        ("/api/v1/service/", "list", "service", {}),
        ("/api/infra/v1/node/", "list", "node", {}),
        ("/api/v1/nodecluster/", "list", "nodecluster", {}),
        ("/api/audit/v1/action/", "list", "action", {}),
        ("/api/audit/v1/acme/action/", "list", "action", {}),
        (f"/api/app/v1/service/{UUID}/", "object", "service", {"uuid": UUID}),
        (f"/api/app/v1/acme/service/{UUID.upper()}", "object", "service", {"uuid": UUID}),
        (f"/api/app/v1/acme/service/{UUID}//redeploy/", "operation", "service", {"uuid": UUID}),
        (f"/api/v1/stack/{UUID}/stop", "operation", "stack", {"uuid": UUID}),
        (f"/api/infra/v1/node/{UUID}/docker-upgrade/", "refused", "node", {"uuid": UUID}),
        (f"/api/app/v1/stack/{UUID}/export/", "export", "stack", {"uuid": UUID}),
        (f"/api/app/v1/service/{UUID}//trigger/", "triggers", "service", {"uuid": UUID}),
        (
            f"/api/v1/service/{UUID}/trigger/{OTHER.upper()}/",
            "trigger",
            "service",
            {"uuid": UUID, "trigger": OTHER},
        ),
        (
            f"/api/app/v1/service/{UUID}/trigger/{OTHER}/call/3/",
            "call",
            "service",
            {"uuid": UUID, "trigger": OTHER, "number": "3"},
        ),
        ("/api/infra/v1/region/", "places", "region", {}),
        ("/api/v1/region/a/b/", "place", "region", {"provider": "a", "name": "b"}),
        (
            "/api/infra/v1/az/aws/us-1/us-1a/",
            "place",
            "az",
            {"provider": "aws", "name": "us-1", "zone": "us-1a"},
        ),
        ("/auth", "auth", "auth", {}),
        ("/api/v1/auth/", "auth", "auth", {}),
        ("/api/openapi.json", "description", "description", {}),
    ],
)
def test_a_path_names_the_same_however_it_is_written(path, name, kind, parts):
    address = read_address(tidy(path))

    assert (address.route.name, address.route.kind, address.parts) == (name, kind, parts)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/api/",
        "/api/v1/",
        "/api/app/v1/",
        "/api/app/v2/service/",
        "/api/app/v1/node/",
        "/api/infra/v1/service/",
        "/api/app/v1/a/b/service/",
        "/api/app/v1/a?b/service/",
        "/api/v1/acme/service/",
        "/api/infra/v1/acme/region/",
        "/api/app/v1/services/",
        "/api/app/v1/service/web/",
        "/api/openapi_json",
        f"/api/app/v1/service/{UUID}/explode/",
        f"/api/app/v1/service/{UUID}/terminate/",
        f"/api/app/v1/service/{UUID}/start/now/",
        f"/api/app/v1/service/{UUID}\n/",
        f"/api/app/v1/service/{UUID}0/",
        f"/api/app/v1/service/{UUID}/trigger/{OTHER}/call/12345/",
        f"/api/app/v1/container/{UUID}/scale/",
        f"/x/api/app/v1/service/{UUID}/",
    ],
)
def test_all_other_paths_name_nothing(path):
    assert read_address(tidy(path)) is None


def test_only_the_paths_without_a_subsystem_are_tutums():
    assert read_address(f"/api/v1/service/{UUID}/").is_tutum
    assert not read_address(f"/api/app/v1/service/{UUID}/").is_tutum
    assert not read_address("/auth/").is_tutum


def test_every_path_of_the_table_leads_to_its_own_route():
    values = {"namespace": "acme", "uuid": UUID, "trigger": OTHER, "number": "1"}
    values |= {"provider": "p", "name": "n", "zone": "z"}

    for route in ROUTES:
        for path in route.paths:
            assert read_address(tidy(path.format(**values))).route is route


def test_nothing_but_the_call_of_a_trigger_is_open():
    assert {route.name for route in ROUTES if route.is_open} == {"call"}
