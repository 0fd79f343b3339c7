"""Docker Cloud's paths, in all the ways in which its clients write them."""

import pytest

from reactor.hub.paths import Address, is_stream, read_address, tidy

UUID = "0b0e7ba2-1d4f-4c5b-8f4e-0a9f5ad1e1f0"


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/api/app/v1/service/", Address(kind="service")),
        ("/api/app/v1/service", Address(kind="service")),
        ("/api/app/v1/acme/service/", Address(kind="service")),
        ("/api/app/v1/acme/service", Address(kind="service")),
        ("//api//app/v1///acme/service//", Address(kind="service")),
        ("/api/app/v1/service/service/", Address(kind="service")),
        ("/api/app/v1/stack/", Address(kind="stack")),
        ("/api/app/v1/container/", Address(kind="container")),
        ("/api/infra/v1/node/", Address(kind="node")),
        ("/api/infra/v1/acme/nodecluster/", Address(kind="nodecluster")),
        ("/api/audit/v1/action/", Address(kind="action")),
        (f"/api/app/v1/service/{UUID}/", Address(kind="service", uuid=UUID)),
        (f"/api/app/v1/acme/service/{UUID}", Address(kind="service", uuid=UUID)),
        (f"/api/app/v1/service/{UUID.upper()}/", Address(kind="service", uuid=UUID)),
        (
            f"/api/app/v1/acme/service/{UUID}//redeploy/",
            Address(kind="service", uuid=UUID, verb="redeploy"),
        ),
        (f"/api/app/v1/stack/{UUID}/stop", Address(kind="stack", uuid=UUID, verb="stop")),
    ],
)
def test_a_path_names_the_same_with_and_without_namespace_and_slashes(path, address):
    assert read_address(tidy(path)) == address


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/api/",
        "/api/app/v1/",
        "/api/app/v2/service/",
        "/api/v1/service/",
        "/api/app/v1/node/",
        "/api/infra/v1/service/",
        "/api/app/v1/a/b/service/",
        "/api/app/v1/services/",
        "/api/app/v1/service/web/",
        f"/api/app/v1/service/{UUID}/explode/",
        f"/api/app/v1/service/{UUID}/terminate/",
        f"/api/app/v1/service/{UUID}/start/now/",
        f"/api/app/v1/service/{UUID}\n/",
        f"/api/app/v1/service/{UUID}0/",
        f"/x/api/app/v1/service/{UUID}/",
    ],
)
def test_all_other_paths_name_nothing(path):
    assert read_address(tidy(path)) is None


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/app/v1/service/", ("GET",)),
        (f"/api/app/v1/service/{UUID}/", ("GET", "PATCH", "DELETE")),
        (f"/api/app/v1/service/{UUID}/start/", ("POST",)),
    ],
)
def test_what_can_be_done_at_a_path(path, methods):
    assert read_address(path).methods == methods


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/api/audit/v1/events", True),
        ("/api/audit/v1/events/", True),
        ("/api/audit/v1/acme/events", True),
        ("//api/audit//v1/acme/events//", True),
        ("/api/audit/v1/a/b/events/", False),
        ("/api/app/v1/events/", False),
        ("/v1/events/", False),
        ("/api/audit/v1/action/", False),
    ],
)
def test_where_the_stream_is(path, answer):
    assert is_stream(tidy(path)) is answer
