"""Hostile requests to the hub's REST API: no 500, no crash."""

import socket
from base64 import b64encode
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reactor.hub.routes import ROUTES
from tests.fakes import PATIENCE
from tests.hub.fleets import START, a_fleet
from tests.hub.served import KEY, USER, Served

BASIC = b64encode(f"{USER}:{KEY}".encode()).decode()

METHODS = st.sampled_from(["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "get", "X"])
ODD = st.sampled_from(
    ["%00", "%2e%2e", "%2F", "%", "%ff", "//", "..", ";", "a" * 300, "%0d%0aX: y", "{uuid}", "é"]
)
UUIDS = st.sampled_from(
    [str(thing["uuid"]) for kind in ("service", "node") for thing in a_fleet().objects(kind)]
    + ["00000000-0000-4000-8000-000000000000"]
)
PATHS = st.sampled_from([path for route in ROUTES for path in route.paths])
QUERIES = st.sampled_from(
    [
        "",
        "limit=-1",
        "limit=999999999999999999999",
        "offset=%D9%A1",
        "name=%00",
        "name=a&name=b",
        "start_date__gte=9999-99-99",
        "start_date__lte=0001-01-01T00:00:00%2B23:59",
        "object=/api//&include_related=true",
        "stack=" + "/" * 2000,
        "&&&===",
        "uuid__startswith=%ff%fe",
    ]
)
BODIES = st.sampled_from(
    [
        b"",
        b"{}",
        b"\xff\xfe",
        b'{"target_num_containers": 1e999}',
        b'{"target_num_containers": 99999999999999999999999}',
        b'{"tags": [[[[]]]]}',
        b'{"name": "\\ud800", "operation": "redeploy"}',
        b'{"name": {}, "operation": []}',
        b"[" * 100_000,
        b'{"autorestart": null, "image": ""}',
    ]
)
HEADERS = st.sampled_from(
    [
        f"Authorization: Basic {BASIC}",
        f"Authorization: Basic {BASIC}\r\nContent-Type: multipart/form-data; boundary=",
        f"Authorization: Basic {BASIC}\r\nUser-Agent: \xff\xfe",
        f"Authorization: Basic {BASIC}\r\nHost: evil\r\nX-Forwarded-For: 1.2.3.4",
        "Authorization: Basic ====",
        "Authorization: ApiKey",
        "Authorization: " + "x" * 4000,
    ]
)


@st.composite
def requests(draw) -> bytes:
    path = draw(PATHS)
    for name in ("uuid", "trigger"):
        path = path.replace("{" + name + "}", draw(st.one_of(UUIDS, ODD)))
    for name in ("namespace", "provider", "name", "zone", "number"):
        path = path.replace("{" + name + "}", draw(st.one_of(st.just("1"), ODD)))
    body = draw(BODIES)
    head = f"{draw(METHODS)} {path}?{draw(QUERIES)} HTTP/1.1\r\n{draw(HEADERS)}\r\n"
    head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode("latin-1") + body


@pytest.fixture(scope="module")
def served():
    with Served(a_fleet(namespace="acme"), now=lambda: START) as served:
        yield served


def asked(address: tuple[str, int], request: bytes) -> bytes:
    """All that is answered until the hub closes, which it may do before it has read everything."""
    answer = bytearray()
    client = socket.create_connection(address, timeout=PATIENCE)
    with client, suppress(ConnectionError):
        client.sendall(request)
        while part := client.recv(65536):
            answer += part
    return bytes(answer)


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(request=requests())
def test_whatever_is_asked_is_never_answered_with_a_500(request, served, caplog):
    answer = asked(served.hub.address, request)

    assert not answer.startswith(b"HTTP/1.1 5"), answer
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_afterwards_the_hub_is_as_well_as_before(served):
    assert served.ask("GET", "/api/app/v1/service/").status_code == 200
