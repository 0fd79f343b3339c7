"""Connections without a network: what clients say is handed to the server's protocol at once."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from reactor.serving.connections import Connections
from reactor.serving.protocol import BoundedProtocol

Message = dict[str, Any]  # Any: what ASGI says it is


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the application got it."""

    target: str
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Line(asyncio.Transport):
    """The server's end of a connection."""

    def __init__(self, protocol: BoundedProtocol) -> None:
        super().__init__()
        self.protocol, self.written = protocol, b""
        self._closing, self._reading = False, True
        protocol.connection_made(self)

    def says(self, data: bytes) -> None:
        """What the client sends, as far as it is listened to."""
        if not self._closing:
            self.protocol.data_received(data)

    @property
    def statuses(self) -> list[int]:
        """Of the answers, in order."""
        parts = self.written.split(b"HTTP/1.1 ")
        return [int(part[:3]) for part in parts[1:]]

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self.protocol.connection_lost(None)

    def is_closing(self) -> bool:
        return self._closing

    def pause_reading(self) -> None:
        self._reading = False

    def resume_reading(self) -> None:
        self._reading = True

    def is_reading(self) -> bool:
        return self._reading


@dataclass(slots=True)
class World:
    """Connections on a clock that stands, before an application that is `asked`. It is `held`
    up by `/slow` until `go` is set."""

    most: int = 10
    now: float = 0.0
    go: asyncio.Event = field(default_factory=asyncio.Event)
    held: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[Asked] = field(default_factory=list)
    state: ServerState = field(default_factory=ServerState)
    connections: Connections = field(init=False)
    config: uvicorn.Config = field(init=False)

    def __post_init__(self) -> None:
        self.connections = Connections(lambda: self.now, most=self.most)
        self.config = uvicorn.Config(self.app, interface="asgi3", log_config=None)
        self.config.load()

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers with the path, once it has read the body; not at all if that never ends."""
        body, more = b"", True
        while more:
            message: Message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message["body"], message["more_body"]
        self.asked.append(Asked(scope["path"], list(scope["headers"]), body))
        if scope["path"] == "/slow":
            self.held.set()
            await self.go.wait()
        said = scope["path"].encode()
        length = (b"content-length", str(len(said)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": said})

    def connect(self, says: bytes = b"") -> Line:
        """A client that has said this so far."""
        made = {"config": self.config, "server_state": self.state, "app_state": {}}
        line = Line(self.connections.admit(**made))
        if says:
            line.says(says)
        return line

    async def answers(self) -> None:
        """All that was asked is answered."""
        while self.state.tasks:
            await asyncio.gather(*self.state.tasks)

    def wait(self, seconds: float) -> None:
        """Time goes by, and the connections are looked at."""
        self.now += seconds
        self.connections.drop_overdue()


def in_a_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """A test that is a coroutine."""
    return lambda: asyncio.run(test())
