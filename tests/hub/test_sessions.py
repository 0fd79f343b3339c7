"""Logs and terminals over WebSockets, as the old command lines have them."""

import json
from datetime import UTC, datetime

import pytest
from websocket import ABNF, WebSocketBadStatusException

from reactor.hub.fleet import Line, Output
from reactor.hub.sessions import MOST_SESSIONS
from tests.fakes import PATIENCE
from tests.hub.served import Served, SpokenFleet

UUID = "0b0e7ba2-1d4f-4c5b-8f4e-0a9f5ad1e1f0"
OTHER = "0b0e7ba2-1d4f-4c5b-8f4e-0a9f5ad1e1f1"
LOGS = f"/api/app/v1/container/{UUID}/logs/"
EXEC = f"/api/app/v1/container/{UUID}/exec/"
AT = datetime(2031, 5, 6, 17, 8, 9, 500_000, tzinfo=UTC)


@pytest.fixture
def fleet():
    kinds = ("container", "service", "action")
    return SpokenFleet(**{kind: [{"uuid": UUID}] for kind in kinds})


@pytest.fixture
def served(fleet):
    with Served(fleet) as served:
        yield served


@pytest.fixture
def connect(served):
    opened = []

    def connect(path):
        opened.append(served.connect(path))
        return opened[-1]

    yield connect
    for stream in opened:
        stream.shutdown()


def received(stream):
    return json.loads(stream.recv())


def is_over(stream):
    """Whether the next thing that comes is the close, for no fault."""
    opcode, data = stream.recv_data()
    return opcode == ABNF.OPCODE_CLOSE and int.from_bytes(data[:2]) == 1000


def test_a_log_comes_line_by_line_and_ends(fleet, connect):
    fleet.log.put(
        Line(text="ready\n", stream="stdout", at=AT),
        Line(text="oh\n", stream="stderr", at=AT, source="web-1"),
    )
    fleet.log.end()

    stream = connect(LOGS)

    assert received(stream) == {"type": "log-started"}
    ready = {"type": "log", "log": "ready\n", "streamType": "stdout", "timestamp": 1935853689}
    assert received(stream) == ready
    assert received(stream) == {
        "type": "log",
        "log": "oh\n",
        "streamType": "stderr",
        "timestamp": 1935853689,
        "source": "web-1",
    }
    assert is_over(stream)


def test_a_log_that_is_followed_goes_on(fleet, connect):
    stream = connect(LOGS)
    received(stream)

    for text in ("one\n", "two\n"):
        fleet.log.put(Line(text=text, stream="stdout", at=AT))
        assert received(stream)["log"] == text


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("", (300, True)),
        ("?follow=true&tail=5", (5, True)),
        ("?follow=false", (300, False)),
        ("?follow=False&tail=0", (0, False)),
    ],
)
@pytest.mark.parametrize(
    "path",
    [LOGS, f"/api/app/v1/acme/service/{UUID}/logs/", f"/v1/container/{UUID}/logs/"],
)
def test_a_log_is_asked_for_as_the_client_wants_it(fleet, connect, path, query, asked):
    connect(path + query)

    assert fleet.asked == [asked]


def test_the_go_clients_path_of_an_actions_log_is_right_too(fleet, connect):
    stream = connect(f"/audit/v1/action/{UUID}/logs/?user=acme&token=s3cret")

    assert received(stream) == {"type": "log-started"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{LOGS}?tail=all", 400),
        (f"{LOGS}?tail=-1", 400),
        (f"{LOGS}?tail=99999999999", 400),
        (f"/api/app/v1/container/{OTHER}/logs/", 404),
        (f"/api/app/v1/container/{OTHER}/exec/", 404),
        (f"{EXEC}?command='", 400),
        (f"{EXEC}?command=%00", 400),
        (f"{EXEC}?command={'x' * 5000}", 400),
    ],
)
def test_what_is_not_there_is_refused_before_the_upgrade(served, path, status):
    with pytest.raises(WebSocketBadStatusException) as refusal:
        served.connect(path)

    assert refusal.value.status_code == status
    assert json.loads(refusal.value.resp_body)["error"].endswith(".")


@pytest.mark.parametrize(
    ("query", "command"),
    [
        ("", ["sh"]),
        ("?command=", ["sh"]),
        ("?command=+", ["sh"]),
        ("?&command=ls+-l", ["ls", "-l"]),
        ("?command=sh%20-c%20%27a%20b%27", ["sh", "-c", "a b"]),
    ],
)
def test_a_command_is_split_as_a_shell_does(fleet, connect, query, command):
    connect(EXEC + query)

    assert fleet.asked == [command]


def test_a_terminal_is_typed_into_and_tells_what_came_of_it(fleet, connect):
    stream = connect(EXEC)

    stream.send("ls\r")
    stream.send_binary(b"\x04")
    typed = [fleet.terminal.typed.get(timeout=PATIENCE) for _ in range(2)]
    fleet.terminal.put(Output(text="bin etc\r\n", stream="stdout"))
    fleet.terminal.end()

    assert typed == [b"ls\r", b"\x04"]
    assert received(stream) == {"type": "exec", "output": "bin etc\r\n", "streamType": "stdout"}
    assert received(stream) == {"type": "exec", "output": "EOF"}
    assert is_over(stream)


@pytest.mark.parametrize(("path", "pipe"), [(LOGS, "log"), (EXEC, "terminal")])
def test_when_the_client_leaves_nothing_is_left_open(fleet, connect, path, pipe):
    stream = connect(path)

    stream.close()

    assert getattr(fleet, pipe).read() == []  # it blocks until it is closed


def test_pings_are_answered_while_nothing_is_logged(connect):
    stream = connect(LOGS)
    received(stream)

    stream.ping(b"still there?")

    assert stream.recv_data_frame(control_frame=True)[1].data == b"still there?"


def test_there_may_only_be_so_many_and_events_go_on(served, connect):
    for _ in range(MOST_SESSIONS):
        received(connect(LOGS))

    with pytest.raises(WebSocketBadStatusException) as refusal:
        served.connect(LOGS)
    assert refusal.value.status_code == 503
    assert connect("/v1/events").recv() == '{"type":"auth"}'


def test_a_hub_that_stops_waits_for_no_log(fleet):
    with Served(fleet) as served:
        stream = served.connect(LOGS)
        received(stream)

        served.hub.stop()
        served.thread.join(2)

        assert not served.thread.is_alive()
        assert fleet.log.read() == []
    stream.shutdown()
