"""Hostile upgrades and frames to the hub's streams: no 500, no crash, nothing left behind."""

import gc
import socket
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reactor.serving.websocket import Outlet
from tests.fakes import PATIENCE
from tests.fuzz.test_requests import BASIC
from tests.hub.fleets import a_fleet
from tests.hub.served import EVENTS, Served

CONTAINER = a_fleet().objects("container")[0]["uuid"]
PATHS = st.sampled_from(
    [
        EVENTS,
        "/v1/events",
        "//v1//events//",
        "/v1/nothing",
        f"/api/app/v1/container/{CONTAINER}/logs/",
        f"/app/v1/container/{CONTAINER}/exec/",
        f"/api/app/v1/container/{CONTAINER}/exec/%00",
        "/api/infra/v1/node/00000000-0000-4000-8000-000000000000/events/",
        "/api/audit/v1/%ff/events/",
        "/api/audit/v1/" + "a" * 5000 + "/events/",
        "*",
    ]
)
QUERIES = st.sampled_from(
    [
        "",
        "?user=acme&token=s3cret",
        "?auth=Basic%20" + BASIC,
        "?user=acme&token=s3cret&command='",
        "?user=acme&token=s3cret&command=" + "a%20" * 1000,
        "?user=acme&token=s3cret&tail=%D9%A1&follow=maybe",
        "?user=acme&token=s3cret&type=" + "," * 3000,
        "?user=acme&token=s3cret&parents=%ff%fe&object=/api//",
        "?user=%00&token=%ed%a0%80&auth=%f0",
        "?&&&===",
    ]
)
HEADERS = st.sampled_from(
    [
        "Authorization: Basic " + BASIC,
        "Authorization: ApiKey acme:s3cret",
        "Authorization: \xff\xfe",
        "Authorization: ApiKey \xff",
        "Authorization: Basic ====",
        "Sec-WebSocket-Protocol: a, b,,c",
        "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99",
        "Origin: http://evil.example",
        "Sec-WebSocket-Key: again",
        "X: " + "x" * 9000,
    ]
)
RIGHT_KEY = "MDEyMzQ1Njc4OWFiY2RlZg=="
KEYS = st.sampled_from([*[RIGHT_KEY] * 20, "", "short", "\xff", "A" * 3000])
VERSIONS = st.sampled_from([*["13"] * 20, "8", "", "x", "13, 8"])
FRAMES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"\x81\x85\x00\x00\x00\x00hello",
            b"\x82\x80\x00\x00\x00\x00",
            b"\x89\x80\x00\x00\x00\x00" * 50,
            b"\x88\x80\x00\x00\x00\x00",
            b"\x88\x81\x00\x00\x00\x00\x03",
            b"\x81\x83\x00\x00\x00\x00\xff\xfe\xfd",
            b"\x81\xff" + b"\xff" * 8 + b"\x00" * 4,
            b"\x80\x80\x00\x00\x00\x00" * 50,
            b"\xc1\x80\x00\x00\x00\x00",
            b"\x81\x81\x00\x00\x00\x00\x04",
            b"\x01\x80\x00\x00\x00\x00" + b"\x00\x80\x00\x00\x00\x00" * 2000,
        ]
    ),
)


@st.composite
def upgrades(draw) -> bytes:
    lines = [f"GET {draw(PATHS)}{draw(QUERIES)} HTTP/1.1", "Host: hub", "Upgrade: websocket"]
    lines += ["Connection: Upgrade", f"Sec-WebSocket-Version: {draw(VERSIONS)}"]
    lines += [f"Sec-WebSocket-Key: {draw(KEYS)}", draw(HEADERS), "", ""]
    return "\r\n".join(lines).encode("latin-1") + b"".join(draw(st.lists(FRAMES, max_size=4)))


@pytest.fixture(scope="module")
def served():
    gc.collect()
    with Served(a_fleet()) as served:
        yield served
    gc.collect()
    assert [each for each in gc.get_objects() if isinstance(each, Outlet)] == []


def answer(address: tuple[str, int], request: bytes) -> bytes:
    """The beginning of what the hub says to it; the client leaves then, however it likes."""
    with socket.create_connection(address, PATIENCE) as client, suppress(ConnectionError):
        client.sendall(request)
        return client.recv(65_536)
    return b""


@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(request=upgrades())
def test_no_upgrade_breaks_the_hub(served, caplog, request):
    said = answer(served.hub.address, request)

    assert not said.startswith(b"HTTP/1.1 5")
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def test_after_all_that_the_stream_goes_on(served):
    stream = served.connect()

    assert stream.recv() == '{"type":"auth"}'
    stream.close()
