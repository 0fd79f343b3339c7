"""Where the webhooks of the bench go: answers 200 as fast as Python can, and notes what came.

`python -m bench.sink COUNT` writes the port that it listens on, and when COUNT requests came, or
its standard input ended, one line for each: when it came, its webhook-id, its body.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer
from time import perf_counter
from typing import Any

from bench.process import PATIENCE, ROOT, BenchFailed

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One webhook: when it came (perf_counter), its id, and the number of its event."""

    at: float
    webhook_id: str
    number: int


@dataclass(frozen=True, slots=True)
class Sink:
    """A sink in a process of its own."""

    process: subprocess.Popen[str]
    port: int
    expected: int

    def receipts(self) -> list[Receipt]:
        """What came, in the order it came; waits for it. Raises BenchFailed unless every event
        came, and each once under an id of its own."""
        found = self.arrivals()
        ids = {receipt.webhook_id for receipt in found}
        if len(ids) != self.expected:
            raise BenchFailed(f"{self.expected} webhooks came under {len(ids)} ids")
        return found

    def arrivals(self) -> list[Receipt]:
        """The same from a sender that gives them no ids."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        impatience = Timer(PATIENCE, self.process.stdin.close)
        impatience.start()
        found = [Receipt(*json.loads(line)) for line in self.process.stdout]
        impatience.cancel()
        numbers = {receipt.number for receipt in found}
        if not len(found) == len(numbers) == self.expected:
            raise BenchFailed(
                f"{self.expected} webhooks were due; {len(found)} came, of {len(numbers)} events"
            )
        return found


@contextmanager
def sink(expected: int) -> Iterator[Sink]:
    """A sink that waits for so many webhooks. It inherits our core."""
    command = [sys.executable, "-m", "bench.sink", str(expected)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield Sink(process, int(process.stdout.readline()), expected)
        finally:
            process.kill()


class _Connection(asyncio.Protocol):
    """One connection of a client that keeps it open."""

    def __init__(self, note: Callable[[bytes], None]) -> None:
        self._note = note
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        while (end := self._end()) is not None:
            self._note(self._held[:end])
            self._held = self._held[end:]
            self._transport.write(_ANSWER)

    def _end(self) -> int | None:
        """Where the first request ends, if it is whole."""
        head, blank, body = self._held.partition(b"\r\n\r\n")
        if not blank:
            return None
        length = int(_header(head, b"content-length"))
        return len(head) + 4 + length if len(body) >= length else None


def _header(head: bytes, name: bytes) -> bytes:
    _, _, rest = head.lower().partition(b"\r\n" + name + b": ")
    return rest.partition(b"\r\n")[0]


async def _serve(count: int) -> None:
    noted: list[tuple[float, bytes]] = []
    over, loop = asyncio.Event(), asyncio.get_running_loop()

    def note(request: bytes) -> None:
        noted.append((perf_counter(), request))
        if len(noted) >= count:
            over.set()

    server = await loop.create_server(lambda: _Connection(note), "127.0.0.1", 0)
    loop.add_reader(sys.stdin.fileno(), over.set)
    print(server.sockets[0].getsockname()[1], flush=True)
    await over.wait()
    for at, request in noted:
        head, _, body = request.partition(b"\r\n\r\n")
        identity = _header(head, b"webhook-id").decode()
        print(json.dumps([at, identity, _number(json.loads(body))]))


def _number(body: dict[str, Any]) -> int:
    """Of its event: Alertmanager sends what it was given as labels of alerts, here always one."""
    return int(body["number"] if "number" in body else body["alerts"][0]["labels"]["number"])


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
