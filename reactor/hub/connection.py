"""One WebSocket of a client: what it says, and how it is let go."""

import asyncio

from starlette.responses import Response
from starlette.websockets import WebSocket

from reactor.serving.websocket import EXTENSION, Outlet

FAREWELL = 10.0
"""Seconds that a client has to take what it was sent, and the close behind it."""


def outlet_of(websocket: WebSocket) -> Outlet:
    """Where to write to it without waiting."""
    outlet: Outlet = websocket.scope["extensions"][EXTENSION]["outlet"]
    return outlet


async def received(websocket: WebSocket) -> bytes | None:
    """What the client says next, as bytes even if it is text; None when it has left, or is let
    go."""
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        return None
    text: str | None = message.get("text")
    typed: bytes = message.get("bytes") or b""
    return typed if text is None else text.encode()


async def until_left(websocket: WebSocket) -> None:
    """For a client whose words mean nothing. They are taken all the same, or its pings, which come
    behind them, would not be read."""
    while await received(websocket) is not None:
        pass


async def deny(websocket: WebSocket, response: Response) -> None:
    """Answer in plain HTTP instead of the upgrade."""
    await websocket.send_denial_response(response)
    # uvicorn complains of whoever returns from this before the connection is down.
    await asyncio.sleep(0)
