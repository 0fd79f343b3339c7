"""WebSockets that are written to for many at once, heard by websocket-client."""

import asyncio
import ssl
from contextlib import contextmanager, suppress
from threading import Event, Thread

import pytest
from websocket import (
    ABNF,
    WebSocketBadStatusException,
    WebSocketConnectionClosedException,
    create_connection,
)

from reactor.model.hub import CertificateFiles
from reactor.serving.certificate import Certificate
from reactor.serving.http import HttpServer
from reactor.serving.websocket import EXTENSION, MOST_PARTS, MOST_UNREAD, text_frame
from tests.delivery.certificates import Certificates
from tests.fakes import PATIENCE
from tests.service import eventually

CUT_OFF = (ConnectionError, WebSocketConnectionClosedException)


class Echo:
    """An application that gives the test the outlet of each connection, and its loop."""

    def __init__(self):
        self.loop = self.outlet = self.ear = None
        self.accepted, self.left = Event(), Event()

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        self.loop = asyncio.get_running_loop()
        self.outlet = scope["extensions"][EXTENSION]["outlet"]
        self.ear = asyncio.Event()
        self.ear.set()
        await receive()
        await send({"type": "websocket.accept"})
        self.accepted.set()
        while (await receive())["type"] != "websocket.disconnect":
            await self.ear.wait()
        self.left.set()

    def do(self, call):
        """Its result, called in the loop."""

        async def calling():
            return call(self.outlet)

        return asyncio.run_coroutine_threadsafe(calling(), self.loop).result(PATIENCE)


class Babble(Echo):
    """It sends, though the connection is down, until it hears of that."""

    MOST = 1000

    def __init__(self):
        super().__init__()
        self.sent = 0

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await super().__call__(scope, receive, send)
            return
        await receive()
        await send({"type": "websocket.accept"})
        scope["extensions"][EXTENSION]["outlet"].transport.abort()
        with suppress(OSError):
            while self.sent < self.MOST:
                self.sent += 1
                await send({"type": "websocket.send", "text": "x"})
        self.left.set()


@pytest.fixture
def echo():
    return Echo()


@pytest.fixture(params=["ws", "wss"])
def scheme(request):
    return request.param


@pytest.fixture
def certificate(scheme, tmp_path):
    if scheme == "ws":
        return None
    made = Certificates(tmp_path).leaf("hub", None)
    return Certificate(CertificateFiles(chain=str(made.chain), key=str(made.key)))


@contextmanager
def serving(app, scheme, certificate):
    """The application's URL while it is served."""
    server = HttpServer(app, ("127.0.0.1", 0), advice="", certificate=certificate)
    thread = Thread(target=server.serve)
    thread.start()
    try:
        yield "{}://{}:{}/".format(scheme, *server.address)
    finally:
        server.stop()
        thread.join(PATIENCE)


@pytest.fixture
def url(echo, scheme, certificate):
    with serving(echo, scheme, certificate) as url:
        yield url


def connect(url):
    return create_connection(
        url, timeout=PATIENCE, sslopt={"cert_reqs": ssl.CERT_NONE}, skip_utf8_validation=True
    )


@pytest.fixture
def client(echo, url):
    client = connect(url)
    assert echo.accepted.wait(PATIENCE)
    yield client
    echo.do(lambda _: echo.ear.set())
    client.shutdown()


def close_code(client):
    opcode, data = client.recv_data()
    assert opcode == ABNF.OPCODE_CLOSE
    return int.from_bytes(data[:2])


def never_read(echo, client):
    """Send more than the system takes for a client that does not read."""
    del client
    while echo.do(lambda outlet: outlet.unread) <= MOST_UNREAD:
        echo.do(lambda outlet: outlet.write(text_frame(b"x" * MOST_UNREAD)))


def test_whoever_sends_to_a_connection_that_is_down_hears_of_it(scheme, certificate):
    app = Babble()
    with serving(app, scheme, certificate) as url:
        client = connect(url)

        assert app.left.wait(PATIENCE)
        assert app.sent < Babble.MOST
        client.shutdown()


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
def test_a_frame_of_any_length_is_heard(echo, client, length):
    echo.do(lambda outlet: outlet.write(text_frame(b"a" * length)))

    assert client.recv_data() == (ABNF.OPCODE_TEXT, b"a" * length)


def test_several_frames_may_be_written_at_once(echo, client):
    echo.do(lambda outlet: outlet.write(text_frame(b"one") + text_frame("zwö".encode())))

    assert [client.recv(), client.recv()] == ["one", "zwö"]


def test_what_was_sent_before_the_close_is_heard_and_nothing_after_it(echo, client):
    def part(outlet):
        outlet.write(text_frame(b"bye"))
        outlet.dismiss(1013, "Enough.", PATIENCE)
        outlet.dismiss(1000, "Again.", PATIENCE)
        outlet.write(text_frame(b"never"))

    echo.do(part)

    assert client.recv() == "bye"
    assert close_code(client) == 1013
    assert echo.left.wait(PATIENCE)


def test_the_close_of_a_client_that_nobody_listens_to_is_heard(echo, client):
    echo.do(lambda _: echo.ear.clear())
    for word in ("taken", "waits"):
        client.send(word)
    eventually(lambda: echo.do(lambda outlet: outlet.read_paused), "it is not read on")

    echo.do(lambda outlet: outlet.dismiss(1000, "", 60.0))
    assert close_code(client) == 1000  # which the client has answered

    with pytest.raises(CUT_OFF):
        client.recv_data()


def test_who_does_not_take_the_close_is_cut_off(echo, client):
    never_read(echo, client)

    echo.do(lambda outlet: outlet.dismiss(1013, "Too slow.", 0.1))

    with pytest.raises(CUT_OFF):
        list(iter(client.recv_data, None))


def test_what_is_unread_is_known(echo, client):
    assert echo.do(lambda outlet: outlet.unread) == 0

    never_read(echo, client)

    assert echo.do(lambda outlet: outlet.unread) > MOST_UNREAD


def test_who_pings_but_does_not_read_is_cut_off(echo, client):
    never_read(echo, client)

    with pytest.raises(CUT_OFF):
        list(iter(lambda: client.ping(b"x" * 125), ...))


def test_a_message_of_endless_parts_is_cut_off(echo, client):
    client.send_frame(ABNF.create_frame("", ABNF.OPCODE_TEXT, 0))

    with suppress(*CUT_OFF):
        for _ in range(2 * MOST_PARTS):
            client.send_frame(ABNF.create_frame("", ABNF.OPCODE_CONT, 0))

    with pytest.raises(CUT_OFF):
        client.recv_data()
    assert echo.left.wait(PATIENCE)


def test_a_head_that_is_too_long_is_refused_at_once(url):
    with pytest.raises(WebSocketBadStatusException, match="431"):
        connect(url + "a" * 9_000)
