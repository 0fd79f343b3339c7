"""The server that web and hub share, asked by real clients."""

import http.client
import os
import resource
import socket
import ssl
from contextlib import closing, contextmanager, suppress
from threading import Event, Thread
from time import monotonic

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from websocket import create_connection

from reactor.model.errors import ReactorError
from reactor.model.hub import CertificateFiles
from reactor.serving.certificate import Certificate
from reactor.serving.http import STALLED, HttpServer
from tests.delivery.certificates import Certificates
from tests.fakes import PATIENCE

ADVICE = "try another"


async def who(request):
    return PlainTextResponse(request.client.host)


async def echo(request):
    return PlainTextResponse(await request.body())


async def flood(websocket):
    """Sends until the client takes no more, and on."""
    await websocket.accept()
    while True:
        await websocket.send_text("x" * 65536)


def slowly(request):
    """An answer that takes until the test is patient no more. In a thread, as all of them are."""
    request.app.state.begun.set()
    request.app.state.over.wait(PATIENCE)
    return PlainTextResponse("done")


APP = Starlette(
    routes=[
        Route("/slowly", slowly),
        Route("/", who),
        Route("/echo", echo, methods=["POST"]),
        WebSocketRoute("/flood", flood),
    ]
)


def a_server(host="127.0.0.1", port=0):
    return HttpServer(APP, (host, port), advice=ADVICE)


@pytest.fixture
def thread(server):
    thread = Thread(target=server.serve)
    thread.start()
    yield thread
    server.stop()
    thread.join(PATIENCE)


@pytest.fixture
def server():
    return a_server()


@pytest.fixture
def client(server, thread):
    client = http.client.HTTPConnection(*server.address, timeout=PATIENCE)
    yield client
    client.close()


def test_it_listens_from_its_making_on(server):
    client = http.client.HTTPConnection(*server.address, timeout=PATIENCE)
    client.request("GET", "/")

    thread = Thread(target=server.serve)
    thread.start()

    assert client.getresponse().status == 200
    client.close()
    server.stop()
    thread.join(PATIENCE)


def ends_within_a_second(server, thread):
    server.stop()
    thread.join(1)
    return not thread.is_alive()


def test_a_client_that_keeps_its_connection_does_not_hold_it(server, thread, client):
    client.request("GET", "/")
    client.getresponse().read()

    assert ends_within_a_second(server, thread)


def test_a_client_that_reads_nothing_does_not_hold_it(server, thread):
    stream = create_connection("ws://{}:{}/flood".format(*server.address), timeout=PATIENCE)
    assert stream.recv()  # from now on it reads nothing

    assert ends_within_a_second(server, thread)
    stream.shutdown()


def test_it_may_be_stopped_twice_and_before_it_serves(server):
    server.stop()
    server.stop()

    server.serve()


def test_nobody_is_believed_to_speak_for_another(client):
    client.request("GET", "/", headers={"X-Forwarded-For": "192.0.2.1"})

    assert client.getresponse().read() == b"127.0.0.1"


def test_a_client_may_wait_until_its_body_is_wanted(server, thread):
    with socket.create_connection(server.address, timeout=PATIENCE) as cautious:
        cautious.sendall(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n")
        cautious.sendall(b"Expect: 100-Continue\r\n\r\n")
        assert cautious.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"

        cautious.sendall(b"{}")
        assert cautious.recv(12) == b"HTTP/1.1 200"


def test_answers_do_not_wait_for_the_client_to_acknowledge_their_headers(client):
    begun = monotonic()
    for _ in range(50):
        client.request("GET", "/")
        client.getresponse().read()

    assert monotonic() - begun < 1.0  # with Nagle's algorithm 40 ms each


def test_the_kernel_gives_up_peers_that_take_nothing(server):
    option = server._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)

    assert option == STALLED
    server._socket.close()


def test_an_address_that_is_taken_is_refused_with_what_to_do(server):
    port = server.address[1]

    with pytest.raises(ReactorError) as refusal:
        a_server(port=port)

    assert str(refusal.value) == (
        f"cannot listen on 127.0.0.1:{port}: Address already in use; try another"
    )
    server._socket.close()  # it never served, which would have closed it


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.1"])
def test_an_address_that_is_not_ours_is_refused(host):
    with pytest.raises(ReactorError, match=f"cannot listen on {host}:8080: .*; try another"):
        a_server(host, 8080)


def test_it_speaks_ipv6():
    try:
        server = a_server("::1")
    except ReactorError:
        pytest.skip("this machine has no IPv6")

    assert server.address[0] == "::1"
    server._socket.close()  # it never served, which would have closed it


def test_a_client_that_sends_nothing_whole_is_cut_off(server, thread):
    slow = socket.create_connection(server.address, timeout=PATIENCE)
    slow.sendall(b"GET / HTTP/1.1\r\nHost: loc")

    begun = monotonic()
    assert slow.recv(1) == b""

    assert monotonic() - begun < 6.0
    slow.close()


def send_for_ever(connection, header):
    while True:
        connection.sendall(header)


def test_endless_headers_end(server, thread):
    endless = socket.create_connection(server.address, timeout=PATIENCE)
    endless.sendall(b"GET / HTTP/1.1\r\n")

    with pytest.raises(ConnectionError):
        send_for_ever(endless, b"X-More: " + b"x" * 10_000 + b"\r\n")

    endless.close()


@contextmanager
def no_descriptor_free():
    """This process can open nothing more."""
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    os.close(lowest := os.dup(0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))


def test_without_descriptors_newcomers_are_turned_away_without_a_word(server, client, caplog):
    client.request("GET", "/")
    assert client.getresponse().read()

    with socket.socket() as newcomer:
        newcomer.settimeout(PATIENCE)
        with no_descriptor_free():
            newcomer.connect(server.address)
            assert newcomer.recv(1) == b""

    client.request("GET", "/")
    assert client.getresponse().status == 200
    with socket.create_connection(server.address, timeout=PATIENCE) as later:
        later.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert later.recv(12) == b"HTTP/1.1 200"
    assert caplog.records == []


@contextmanager
def securing(folder):
    """A server with a certificate, what trusts that, and its thread."""
    made = Certificates(folder).leaf("hub", None)
    certificate = Certificate(CertificateFiles(chain=str(made.chain), key=str(made.key)))
    server = HttpServer(APP, ("127.0.0.1", 0), advice=ADVICE, certificate=certificate)
    thread = Thread(target=server.serve)
    thread.start()
    yield server, ssl.create_default_context(cafile=made.chain), thread
    server.stop()
    thread.join(PATIENCE)


@pytest.fixture
def secured(tmp_path):
    with securing(tmp_path) as (server, trust, _):
        yield server, trust


def test_with_a_certificate_it_speaks_tls(secured):
    server, trust = secured
    client = http.client.HTTPSConnection(*server.address, timeout=PATIENCE, context=trust)

    client.request("GET", "/")

    assert client.getresponse().read() == b"127.0.0.1"
    client.close()


def test_a_websocket_goes_through_tls(secured):
    server, trust = secured
    url = "wss://{}:{}/flood".format(*server.address)

    stream = create_connection(url, timeout=PATIENCE, sslopt={"context": trust})

    assert len(stream.recv()) == 65536
    stream.shutdown()


def test_with_a_certificate_it_speaks_nothing_else(secured):
    server, _ = secured
    with socket.create_connection(server.address, timeout=PATIENCE) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")

        assert not plain.recv(100).startswith(b"HTTP")


@pytest.mark.parametrize("says", [b"", b"\x16\x03\x01"])
def test_a_client_that_does_not_finish_its_greeting_is_cut_off(secured, says):
    server, _ = secured
    with socket.create_connection(server.address, timeout=PATIENCE) as slow:
        slow.sendall(says)

        begun = monotonic()
        assert slow.recv(1) == b""

        assert monotonic() - begun < 6.0


class Greeting:
    """A client that stops in the middle of its greeting by TLS."""

    def __init__(self, address, trust):
        self._socket = socket.create_connection(address, timeout=PATIENCE)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = trust.wrap_bio(self._in, self._out, server_hostname="127.0.0.1")
        with suppress(ssl.SSLWantReadError):
            self._tls.do_handshake()
        self._socket.sendall(self._out.read())
        self._in.write(self._socket.recv(65536))

    def finish(self, request):
        """Go on, and ask for something."""
        self._tls.do_handshake()
        self._tls.write(request)
        self._socket.sendall(self._out.read())

    def close(self):
        self._socket.close()


FLOOD = (
    b"GET /flood HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)


def test_a_client_that_joins_while_it_stops_does_not_hold_it(tmp_path):
    APP.state.begun, APP.state.over = Event(), Event()
    with securing(tmp_path) as (server, trust, thread):
        client = http.client.HTTPSConnection(*server.address, timeout=PATIENCE, context=trust)
        client.request("GET", "/slowly")
        assert APP.state.begun.wait(PATIENCE)
        with closing(Greeting(server.address, trust)) as late:
            server.stop()
            with pytest.raises(ConnectionError):
                client.getresponse()  # until all connections that there were are gone
            late.finish(FLOOD)
            APP.state.over.set()

            thread.join(5)
            assert not thread.is_alive()
