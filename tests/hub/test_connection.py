"""One WebSocket, by what an ASGI server says of it."""

import asyncio

import pytest
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket

from reactor.hub.connection import deny, outlet_of, received, until_left
from reactor.serving.websocket import EXTENSION

CONNECT = {"type": "websocket.connect"}
LEFT = {"type": "websocket.disconnect", "code": 1000}


def scripted(*messages, sent=None, **scope):
    """A WebSocket whose client has just come, and then does what the messages say."""
    left = list(messages)

    async def receive():
        return left.pop(0)

    async def send(message):
        sent.append(message)

    websocket = WebSocket({"type": "websocket", "headers": [], **scope}, receive, send)
    asyncio.run(websocket.receive())
    return websocket


@pytest.mark.parametrize(
    ("message", "heard"),
    [
        ({"type": "websocket.receive", "text": "lsü"}, "lsü".encode()),
        ({"type": "websocket.receive", "bytes": b"\x04"}, b"\x04"),
        ({"type": "websocket.receive", "text": ""}, b""),
        ({"type": "websocket.receive", "text": None, "bytes": b""}, b""),
        (LEFT, None),
    ],
)
def test_what_a_client_says_is_bytes_and_its_leaving_is_none(message, heard):
    assert asyncio.run(received(scripted(CONNECT, message))) == heard


def test_words_that_mean_nothing_are_taken_until_the_client_leaves():
    noise = {"type": "websocket.receive", "text": ""}

    asyncio.run(until_left(scripted(CONNECT, noise, noise, LEFT)))


def test_a_denial_is_an_answer_in_plain_http():
    sent = []
    websocket = scripted(CONNECT, sent=sent, extensions={"websocket.http.response": {}})

    asyncio.run(deny(websocket, JSONResponse({"error": "No."}, 404)))

    start, body = sent
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 404)
    assert body["body"] == b'{"error":"No."}'


def test_the_outlet_is_the_servers():
    outlet = object()

    assert outlet_of(scripted(CONNECT, extensions={EXTENSION: {"outlet": outlet}})) is outlet
