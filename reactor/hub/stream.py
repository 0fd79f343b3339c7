"""The stream: every frame of a fleet to everyone who listens by WebSocket, each at their own pace.

All of it runs in the server's event loop; the fleet may speak from any thread.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from reactor.hub.auth import Credentials, unauthorized
from reactor.hub.filters import FrameFilter, frame_filter
from reactor.hub.fleet import Fleet, Frame
from reactor.hub.hearing import heard
from reactor.hub.paths import is_stream, tidy

AUTH = '{"type":"auth"}'
"""The first frame of every connection (docs/platforms.md §2)."""

MOST_WAITING = 1000
"""Frames that wait for one client; who lets more gather is closed."""

TRY_AGAIN_LATER = 1013
"""The code of a WebSocket that is closed because its client is too slow."""

FAREWELL = 10.0
"""Seconds that a client which is too slow has to take what it was sent and the close."""

GONE = (WebSocketDisconnect, RuntimeError)
"""What comes of a connection that is down; the second when uvicorn itself closed it, because its
client broke the protocol."""


class Stream:
    """The clients of a fleet's stream."""

    def __init__(self, fleet: Fleet, credentials: Credentials) -> None:
        self._fleet, self._credentials = fleet, credentials
        self._clients: set[_Client] = set()

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """As long as it lasts, the fleet's frames go to the clients."""
        frames: asyncio.Queue[Frame] = asyncio.Queue()
        with heard(self._fleet, frames.put_nowait):
            spreading = asyncio.create_task(self._spread(frames))
            try:
                yield
            finally:
                spreading.cancel()

    async def _spread(self, frames: asyncio.Queue[Frame]) -> None:
        while True:
            frame = await frames.get()
            text = msgspec.json.encode(frame).decode()
            for client in self._clients:
                client.offer(frame, text)
            # The clients' turn, or a burst of the fleet's would look like their slowness.
            await asyncio.sleep(0)

    async def attend(self, websocket: WebSocket) -> None:
        """Serve one connection from its handshake to its end."""
        if not self._credentials.accept(websocket.headers.get("authorization")):
            await _deny(websocket, unauthorized())
            return
        if not is_stream(tidy(websocket.scope["path"])):
            nothing = JSONResponse({"error": "There is no stream of that name."}, 404)
            await _deny(websocket, nothing)
            return
        await websocket.accept()
        client = _Client(frame_filter(websocket.query_params))
        self._clients.add(client)
        try:
            await self._feed(websocket, client)
        finally:
            self._clients.discard(client)

    async def _feed(self, websocket: WebSocket, client: "_Client") -> None:
        """Send until the client leaves or is too slow."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(client.send_all(websocket))
                group.create_task(_until_left(websocket))
                group.create_task(client.until_too_slow())
        except* GONE:
            pass
        except* asyncio.QueueFull:
            self._clients.discard(client)
            await _dismiss(websocket)


class _Client:
    """One connection: what it wants, and what waits to be sent to it."""

    def __init__(self, wanted: FrameFilter) -> None:
        self._wanted = wanted
        self._waiting: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        self._waiting.put_nowait(AUTH)
        self._too_slow = asyncio.Event()

    def offer(self, frame: Frame, text: str) -> None:
        """Let the frame, written as `text`, wait to be sent, if it is wanted."""
        if not self._wanted.passes(frame):
            return
        try:
            self._waiting.put_nowait(text)
        except asyncio.QueueFull:
            self._too_slow.set()

    async def send_all(self, websocket: WebSocket) -> None:
        """Send what waits, for ever. Raises WebSocketDisconnect when the client is gone."""
        while True:
            await websocket.send_text(await self._waiting.get())

    async def until_too_slow(self) -> None:
        """Raises QueueFull as soon as more waits than may."""
        await self._too_slow.wait()
        raise asyncio.QueueFull


async def _deny(websocket: WebSocket, response: Response) -> None:
    """Answer in plain HTTP instead of the upgrade."""
    await websocket.send_denial_response(response)
    # uvicorn complains of whoever returns from this before the connection is down.
    await asyncio.sleep(0)


async def _until_left(websocket: WebSocket) -> None:
    """What clients say means nothing here. It is taken all the same, or their pings, which come
    behind it, would not be read. Raises WebSocketDisconnect when the client leaves."""
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect


async def _dismiss(websocket: WebSocket) -> None:
    """Close a client that is too slow; the close waits behind what was sent already."""
    with suppress(TimeoutError, *GONE):
        async with asyncio.timeout(FAREWELL):
            await websocket.close(TRY_AGAIN_LATER, "Too slow: too many events were waiting.")
