"""Paths of streams, in all the ways in which its clients write them."""

from dataclasses import replace

import pytest

from reactor.hub.paths import StreamAddress, is_tutums, read_stream, tidy

UUID = "0b0e7ba2-1d4f-4c5b-8f4e-0a9f5ad1e1f0"

EVENTS = StreamAddress(what="events")
NODE = StreamAddress(what="events", kind="node", uuid=UUID)
LOGS = StreamAddress(what="logs", kind="container", uuid=UUID)
EXEC = StreamAddress(what="exec", kind="container", uuid=UUID)


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/api/audit/v1/events", EVENTS),
        ("/api/audit/v1/events/", EVENTS),
        ("/api/audit/v1/acme/events", EVENTS),
        ("//api/audit//v1/acme/events//", EVENTS),
        ("/v1/events", replace(EVENTS, is_tutum=True)),
        ("//v1/events/", replace(EVENTS, is_tutum=True)),
        (f"/api/infra/v1/node/{UUID}/events/", NODE),
        (f"/infra/v1/node/{UUID.upper()}/events/", NODE),
        (f"/api/app/v1/container/{UUID}/logs/", LOGS),
        (f"/api/app/v1/acme/container/{UUID}/logs", LOGS),
        (f"/api/app/v1/service/{UUID}/logs/", replace(LOGS, kind="service")),
        (f"/api/audit/v1/action/{UUID}/logs/", replace(LOGS, kind="action")),
        (f"/api/audit/v1/acme/action/{UUID}/logs/", replace(LOGS, kind="action")),
        (f"/audit/v1/action/{UUID}/logs/", replace(LOGS, kind="action")),
        (f"/v1/service/{UUID}/logs/", replace(LOGS, kind="service", is_tutum=True)),
        (f"/api/app/v1/container/{UUID}/exec/", EXEC),
        (f"/app/v1/container/{UUID}/exec/", EXEC),
        (f"/v1/container/{UUID}/exec/", replace(EXEC, is_tutum=True)),
    ],
)
def test_the_streams_have_the_paths_of_every_client(path, address):
    assert read_stream(tidy(path)) == address


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/events/",
        "/audit/v1/events/",
        "/api/v1/events/",
        "/v1/acme/events/",
        "/api/audit/v1/a/b/events/",
        "/api/app/v1/events/",
        "/api/audit/v1/action/",
        "/api/audit/v1/events/\n",
        f"/api/app/v1/stack/{UUID}/logs/",
        f"/api/app/v1/service/{UUID}/exec/",
        "/api/app/v1/container/web/logs/",
    ],
)
def test_elsewhere_there_is_no_stream(path):
    assert read_stream(tidy(path)) is None


@pytest.mark.parametrize(
    ("path", "answer"),
    [("/v1/events", True), ("//v1/nothing", True), ("/api/v1/events", False), ("/v1", True)],
)
def test_which_paths_are_tutums(path, answer):
    assert is_tutums(tidy(path)) is answer


@pytest.mark.parametrize(
    ("path", "tidied"),
    [("", "/"), ("/", "/"), ("//", "/"), ("/a", "/a/"), ("//a///b//", "/a/b/")],
)
def test_a_tidy_path_has_no_slash_twice_and_one_at_the_end(path, tidied):
    assert tidy(path) == tidied
