"""HTTP requests as fast as they are answered, over connections that are kept: what feeds a hook.

It does as little as it can for each, since it shares its core with the sink.
"""

import asyncio
from collections.abc import Iterable, Iterator
from functools import partial

from bench.process import PATIENCE, BenchFailed

CONNECTIONS = 64


def post_all(port: int, requests: Iterable[bytes]) -> None:
    """Send them all to 127.0.0.1, each when a connection is free, and wait for the last answer.
    Raises BenchFailed for an answer that is not 2xx."""
    asyncio.run(asyncio.wait_for(_post_all(port, iter(requests)), PATIENCE))


async def _post_all(port: int, requests: Iterator[bytes]) -> None:
    loop, ends = asyncio.get_running_loop(), []
    for _ in range(CONNECTIONS):
        over = loop.create_future()
        await loop.create_connection(partial(_Client, requests, over), "127.0.0.1", port)
        ends.append(over)
    await asyncio.gather(*ends)


class _Client(asyncio.Protocol):
    """One connection: the next request leaves when the last one is answered."""

    def __init__(self, requests: Iterator[bytes], over: "asyncio.Future[None]") -> None:
        self._requests, self._over = requests, over
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._end(None)
        else:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._held += data
        head, blank, body = self._held.partition(b"\r\n\r\n")
        if not blank or len(body) < _length(head):
            return
        self._held = b""
        if head[9:10] == b"2":
            self._next()
        else:
            self._end(BenchFailed(f"a request was answered with {head.splitlines()[0].decode()}"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(BenchFailed(f"a connection was closed before its time: {exc}"))

    def _end(self, fault: BenchFailed | None) -> None:
        if self._over.done():
            return
        self._transport.close()
        if fault:
            self._over.set_exception(fault)
        else:
            self._over.set_result(None)


def _length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0] or 0)


def a_post(path: str, body: bytes, *headers: str) -> bytes:
    """A whole request with a JSON body."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
