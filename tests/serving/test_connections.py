"""Who holds a connection: it must ask for something in time, or make room for others."""

import asyncio

import pytest
import uvicorn
from uvicorn.server import ServerState

from reactor.serving.connections import PATIENCE, Connections

HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n"
WHOLE = HEAD + b"{}"


class Line(asyncio.Transport):
    """The server's end of a connection, without a network."""

    def __init__(self, protocol):
        super().__init__()
        self._protocol, self.written, self._closing = protocol, b"", False
        protocol.connection_made(self)

    def says(self, data):
        self._protocol.data_received(data)

    def write(self, data):
        self.written += data

    def close(self):
        if not self._closing:
            self._closing = True
            self._protocol.connection_lost(None)

    def is_closing(self):
        return self._closing

    def pause_reading(self):
        pass

    def resume_reading(self):
        pass


class World:
    """Connections on a clock that stands, before an app that answers when `go` is set."""

    def __init__(self, most=10):
        self.now, self.go = 0.0, asyncio.Event()
        self.go.set()
        self.connections = Connections(lambda: self.now, most=most)
        self.state = ServerState()
        self.config = uvicorn.Config(self.app, interface="asgi3", log_config=None)
        self.config.load()

    async def app(self, scope, receive, send):
        while (await receive()).get("more_body"):
            pass
        await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    def connect(self, says=b""):
        made = {"config": self.config, "server_state": self.state, "app_state": {}}
        line = Line(self.connections.admit(**made))
        if says:
            line.says(says)
        return line

    async def answers(self):
        """All that was asked is answered."""
        await asyncio.gather(*self.state.tasks)

    def wait(self, seconds):
        self.now += seconds
        self.connections.drop_overdue()


def in_a_loop(test):
    """A test that is a coroutine."""
    return lambda: asyncio.run(test())


@pytest.mark.parametrize("says", [b"", b"POST / HT", HEAD, HEAD + b"{"])
def test_a_client_that_does_not_get_on_is_cut_off(says):
    async def story():
        line = (world := World()).connect(says)
        world.wait(0)

        world.wait(PATIENCE - 0.1)
        assert not line.is_closing()
        world.wait(0.1)
        assert line.is_closing()

    asyncio.run(story())


@in_a_loop
async def test_a_byte_now_and_then_is_no_progress():
    line = (world := World()).connect()

    for byte in b"POST ":
        line.says(bytes([byte]))
        world.wait(PATIENCE / 5)

    assert line.is_closing()


@in_a_loop
async def test_headers_and_body_have_their_time_each():
    line = (world := World()).connect()
    world.wait(PATIENCE - 0.1)
    line.says(HEAD)
    world.wait(0.2)
    world.wait(PATIENCE - 0.1)

    line.says(b"{}")
    await world.answers()

    assert line.written.startswith(b"HTTP/1.1 200")


@in_a_loop
async def test_whoever_waits_for_us_is_let_be():
    world = World()
    world.go.clear()
    line = world.connect(WHOLE)
    world.wait(0)

    world.wait(100 * PATIENCE)
    assert not line.is_closing()

    world.go.set()
    await world.answers()


@in_a_loop
async def test_after_an_answer_the_next_request_has_its_time_again():
    line = (world := World()).connect(WHOLE)
    await world.answers()
    world.wait(PATIENCE - 0.1)
    line.says(WHOLE)
    await world.answers()

    world.wait(0.2)
    assert not line.is_closing()
    world.wait(PATIENCE)
    assert line.is_closing()


@in_a_loop
async def test_one_too_many_takes_the_place_of_who_is_idle_longest():
    world = World(most=3)
    first, second, third = world.connect(), world.connect(), world.connect()
    world.wait(1)
    first.says(WHOLE)
    await world.answers()
    world.wait(1)

    fourth = world.connect()

    assert [each.is_closing() for each in (first, second, third, fourth)] == [
        False,
        True,
        False,
        False,
    ]


@in_a_loop
async def test_nobody_who_waits_for_an_answer_makes_room():
    world = World(most=2)
    world.go.clear()
    asked = [world.connect(WHOLE) for _ in range(3)]

    assert not any(line.is_closing() for line in asked)

    world.go.set()
    await world.answers()


@in_a_loop
async def test_closed_connections_take_no_place():
    world = World(most=2)
    first, second = world.connect(), world.connect()
    second.close()

    world.connect()

    assert not first.is_closing()
