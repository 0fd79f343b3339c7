import json
import os
import socket
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer
from threading import Thread

import pytest

from reactor.platforms import docker_reader
from reactor.platforms.docker_reader import Address, Behind, Buffer, Gone, Refusal, parse_address
from tests.fake_engine import ENGINE_ID, docker_event, fake_engine
from tests.fakes import PATIENCE


@pytest.fixture
def engine():
    with fake_engine() as running:
        yield running


@contextmanager
def reader(*arguments):
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-I", docker_reader.__file__, *arguments],
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def ending(*arguments):
    """How a reader ended by itself: its exit code and its last words."""
    with reader(*arguments) as running:
        # Not communicate(): it closes standard input, and that alone ends a reader.
        running.stdout.read()
        return running.wait(PATIENCE), running.stderr.read().decode().strip()


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("unix:///var/run/docker.sock", Address(path="/var/run/docker.sock")),
        ("tcp://10.0.0.7:2376", Address(host="10.0.0.7", port=2376)),
        ("tcp://dock", Address(host="dock", port=2375)),
        ("tcp://[::1]:99", Address(host="::1", port=99)),
    ],
)
def test_addresses_are_sockets_or_hosts_with_ports(text, address):
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["ssh://me@dock", "https://dock:2376"])
def test_ssh_and_tls_are_refused_in_words(text):
    with pytest.raises(Refusal, match="ssh and TLS are not yet supported"):
        parse_address(text)


@pytest.mark.parametrize("text", ["", "unix://", "tcp://", "dock:2375", "tcp://a:99999", "tcp://["])
def test_what_is_no_address_is_refused_with_what_was_expected(text):
    with pytest.raises(Refusal, match="expected unix:///PATH or tcp://HOST:PORT"):
        parse_address(text)


def test_the_buffer_gives_what_was_put_in_order():
    buffer = Buffer(100)
    buffer.put(b"one")
    buffer.put(b"two")
    buffer.close()

    assert (buffer.take(), buffer.take()) == (b"onetwo", b"")


def test_a_full_buffer_gives_up_rather_than_make_the_engine_wait():
    buffer = Buffer(4)
    buffer.put(b"four")

    with pytest.raises(Behind, match="fell behind"):
        buffer.put(b"!")
    assert buffer.take() == b"four"


def test_the_first_line_describes_the_engine(engine):
    with reader(engine.url) as running:
        first = json.loads(running.stdout.readline())

    described = {"id": ENGINE_ID, "name": "dock", "version": "20.10.24", "api": "/v1.41"}
    assert first == {"engine": described}


def test_events_follow_line_by_line(engine):
    with reader(engine.url) as running:
        running.stdout.readline()
        engine.say(docker_event("start"), docker_event("die"))
        lines = [json.loads(running.stdout.readline()) for _ in range(2)]

    assert lines == [docker_event("start"), docker_event("die")]


def test_it_asks_for_events_of_containers_since_the_moment_it_is_given(engine):
    with reader(engine.url, "1893456000.123456789") as running:
        running.stdout.readline()

    (query,) = engine.queries
    filters = json.loads(query["filters"][0])
    assert query["since"] == ["1893456000.123456789"]
    assert filters["type"] == ["container"]
    assert {"create", "die", "oom", "health_status"} <= set(filters["event"])
    assert not any(event.startswith("exec") for event in filters["event"])


def test_an_engine_that_keeps_its_identity_to_itself_is_known_by_its_address(engine):
    engine.answers["/v1.41/info"] = (403, b"Forbidden")

    with reader(engine.url) as running:
        described = json.loads(running.stdout.readline())["engine"]

    assert described["id"] == described["name"] == engine.url.removeprefix("tcp://")


def test_it_ends_with_its_parent(engine):
    with reader(engine.url) as running:
        running.stdout.readline()
        running.stdin.close()

        assert running.wait(PATIENCE) == 0


@pytest.mark.parametrize("number", ["INT", "TERM"])
def test_signals_that_reach_the_whole_group_are_left_to_the_parent(engine, number):
    with reader(engine.url) as running:
        running.stdout.readline()
        subprocess.run(["kill", f"-{number}", str(running.pid)], check=True)
        engine.say(docker_event())

        assert json.loads(running.stdout.readline()) == docker_event()


def test_the_end_of_the_stream_is_a_loss_after_everything_was_written(engine):
    with reader(engine.url) as running:
        running.stdout.readline()
        engine.say(docker_event())
        engine.end()

        assert json.loads(running.stdout.read()) == docker_event()
        assert running.wait(PATIENCE) == docker_reader.LOST
        assert running.stderr.read() == b"the engine ended the stream\n"


def test_a_stream_that_breaks_is_a_loss(engine):
    engine.cut()

    assert ending(engine.url) == (docker_reader.LOST, "the engine broke off the stream")


@pytest.mark.parametrize(
    ("status", "code"),
    [(429, docker_reader.LOST), (403, docker_reader.REFUSED), (500, docker_reader.LOST)],
)
def test_an_engine_that_says_no_is_quoted(engine, status, code):
    engine.answers["/v1.41/events"] = (status, b'{"message":"not you"}')

    said = f"the answer to /v1.41/events is {status}: not you"
    assert ending(engine.url) == (code, said)


def test_something_else_that_listens_there_is_lost(engine):
    engine.answers["/v1.41/version"] = (200, b"<html>")

    assert ending(engine.url)[1] == "the answer is not JSON: is this a Docker Engine?"


@pytest.mark.parametrize(
    ("host", "code", "words"),
    [
        ("tcp://127.0.0.1:1", docker_reader.LOST, "connection refused"),
        ("unix:///nowhere.sock", docker_reader.LOST, "no such socket (is the engine running?"),
        ("ssh://dock", docker_reader.REFUSED, "ssh and TLS are not yet supported"),
    ],
)
def test_why_it_cannot_connect_is_its_last_word(host, code, words):
    found, said = ending(host)

    assert (found, said[: len(words)]) == (code, words)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (PermissionError(13, "Permission denied"), docker_reader.REFUSED),
        (Refusal("no"), docker_reader.REFUSED),
        (Behind("we fell behind"), docker_reader.BEHIND),
        (Gone("the engine ended the stream"), docker_reader.LOST),
        (ConnectionResetError(), docker_reader.LOST),
        (TimeoutError("timed out"), docker_reader.LOST),
    ],
)
def test_every_error_has_a_code_and_words(error, expected):
    code, words = docker_reader.explain(error)

    assert code == expected
    assert words


def test_it_speaks_through_a_unix_socket():
    class Teapot(StreamRequestHandler):
        def handle(self):
            self.rfile.readline()
            self.wfile.write(b"HTTP/1.1 418 No\r\nContent-Length: 5\r\n\r\nshort")

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s"  # tmp_path may be longer than a socket's path may be
        with ThreadingUnixStreamServer(str(path), Teapot) as server:
            server.timeout = PATIENCE
            thread = Thread(target=server.handle_request)
            thread.start()

            assert ending(f"unix://{path}") == (
                docker_reader.LOST,
                "the answer to /_ping is 418: is this a Docker Engine?",
            )
            thread.join()


def test_it_imports_little():
    program = f"import runpy, sys; runpy.run_path({docker_reader.__file__!r}); print(*sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        capture_output=True,
        check=True,
        env={**os.environ},
    ).stdout.split()

    assert not [name for name in loaded if name.startswith(b"reactor")]
    assert b"asyncio" not in loaded


def test_an_engine_across_the_net_that_is_gone_is_noticed_within_15_seconds(engine):
    with closing(docker_reader._connect(parse_address(engine.url))) as connected:

        def option(name):
            return connected.getsockopt(socket.IPPROTO_TCP, name)

        probes = option(socket.TCP_KEEPCNT) * option(socket.TCP_KEEPINTVL)
        assert connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert option(socket.TCP_KEEPIDLE) + probes <= 15
