"""Logs and terminals over WebSockets. Who reads from a fleet may have to wait, so threads do."""

import asyncio
import shlex
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import TypeVar

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from reactor.hub.connection import FAREWELL, outlet_of, received, until_left
from reactor.hub.filters import BadQuery
from reactor.hub.fleet import Fleet, Line, Output
from reactor.hub.paths import StreamAddress
from reactor.model.errors import ReactorError
from reactor.platforms.pool import Pool

MOST_SESSIONS = 100
"""At once."""

USUAL_TAIL = 300
"""Lines of a log, where the client does not say how many (docs/platforms.md §1)."""

STALLED = 30.0
"""Seconds that a client may take nothing of what it was sent."""

USUAL_COMMAND = "sh"
MOST_COMMAND = 4 * 1024
"""Letters of a command."""

_GONE = (WebSocketDisconnect, RuntimeError, TimeoutError)
"""What comes of a connection that is down; the second when uvicorn itself closed it, the last when
its client does not read."""

_LOG_STARTED = '{"type":"log-started"}'
_EOF = '{"type":"exec","output":"EOF"}'
"""For the Go client, which reads until then. No stream has it, so the command lines do not print
it."""

NORMAL = 1000
"""The code of a WebSocket that is closed because all was said."""

T = TypeVar("T")


class TooMany(ReactorError):
    """There are as many of them already as there may be at once."""


class Sessions:
    """The logs that are read and the terminals that are open."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet, self._open = fleet, 0
        self._threads: Pool

    @contextmanager
    def possible(self) -> Iterator[None]:
        """As long as it lasts, there may be sessions."""
        # Of each one thread may wait for the fleet's words and one for its ear.
        self._threads = Pool("hub-session", 2 * MOST_SESSIONS)
        try:
            yield
        finally:
            self._threads.close()

    async def hold(self, websocket: WebSocket, address: StreamAddress) -> None:
        """Serve a connection until it ends. Raises TooMany, BadQuery, NoSuchObject, NotAllowed,
        before the upgrade."""
        if self._open >= MOST_SESSIONS:
            raise TooMany(f"There are {MOST_SESSIONS} logs and terminals open already.")
        self._open += 1
        try:
            if address.what == "logs":
                await self._show(websocket, address)
            else:
                await self._attach(websocket, address)
        finally:
            self._open -= 1

    async def _show(self, websocket: WebSocket, address: StreamAddress) -> None:
        query = websocket.query_params
        tail, follow = _tail(query), query.get("follow", "true").lower() != "false"
        log = await self._in_thread(
            lambda: self._fleet.logs(address.kind, address.uuid, tail=tail, follow=follow)
        )

        async def show() -> None:
            await websocket.send_text(_LOG_STARTED)
            await self._send(websocket, log.read, _line)

        with closing(log):
            await websocket.accept()
            await _either(show(), until_left(websocket))
            outlet_of(websocket).dismiss(NORMAL, "", FAREWELL)

    async def _attach(self, websocket: WebSocket, address: StreamAddress) -> None:
        command = _command(websocket.query_params)
        terminal = await self._in_thread(lambda: self._fleet.execute(address.uuid, command))

        async def show() -> None:
            await self._send(websocket, terminal.read, _output)
            await websocket.send_text(_EOF)

        async def hear() -> None:
            while (typed := await received(websocket)) is not None:
                await self._in_thread(partial(terminal.write, typed))

        with closing(terminal):
            await websocket.accept()
            await _either(show(), hear())
            outlet_of(websocket).dismiss(NORMAL, "", FAREWELL)

    async def _send(
        self, websocket: WebSocket, read: Callable[[], Sequence[T]], written: Callable[[T], str]
    ) -> None:
        """Everything that is read, until nothing is. What is not taken is not read on."""
        while items := await self._in_thread(read):
            async with asyncio.timeout(STALLED):
                for item in items:
                    await websocket.send_text(written(item))

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.wrap_future(self._threads.submit(call))


async def _either(*talks: Coroutine[object, object, None]) -> None:
    """Both, until one of them ends."""
    tasks = [asyncio.create_task(talk) for talk in talks]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
    for task in ended:
        with suppress(*_GONE):
            task.result()


def _tail(query: Mapping[str, str]) -> int:
    text = query.get("tail", str(USUAL_TAIL))
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadQuery(f"'{text}' is no number of lines.")
    return int(text)


def _command(query: Mapping[str, str]) -> list[str]:
    text = query.get("command") or USUAL_COMMAND
    if len(text) > MOST_COMMAND or "\0" in text:
        raise BadQuery(f"A command has at most {MOST_COMMAND} letters, and no NUL among them.")
    try:
        words = shlex.split(text)
    except ValueError as fault:
        raise BadQuery(f"A quotation in the command has no end: {fault}.") from fault
    return words or [USUAL_COMMAND]


def _line(line: Line) -> str:
    source = {"source": line.source} if line.source else {}
    return _json(
        {
            "type": "log",
            "log": line.text,
            "streamType": line.stream,
            "timestamp": int(line.at.timestamp()),
            **source,
        }
    )


def _output(output: Output) -> str:
    return _json({"type": "exec", "output": output.text, "streamType": output.stream})


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
