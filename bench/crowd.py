"""A thousand clients of a hub's stream, on one thread: what each was sent, and when it came.

Frames are all of one length, so that nobody has to look into them: bytes tell how many came.
"""

import select
import socket
from array import array
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from time import perf_counter

from bench.process import PATIENCE, BenchFailed

_MOST = 1024 * 1024
"""Bytes read at once."""


@dataclass(slots=True)
class Listener:
    """A client: how many bytes came, when (perf_counter), and how many frames were there then."""

    socket: socket.socket
    received: int = 0
    times: "array[float]" = field(default_factory=lambda: array("d"))
    frames: "array[int]" = field(default_factory=lambda: array("L"))

    def latencies(self, spoken: list[float]) -> Iterator[float]:
        """Seconds that each frame took from when it was spoken."""
        seen = 0
        for at, upto in zip(self.times, self.frames, strict=True):
            for number in range(seen, upto):
                yield at - spoken[number]
            seen = upto


@contextmanager
def crowd(address: tuple[str, int], request: bytes, head: int, count: int) -> Iterator["Crowd"]:
    """So many clients that have made `request` and have read the answer and their first frames, of
    `head` bytes behind the answer's headers."""
    with ExitStack() as opened:
        listeners = []
        for _ in range(count):
            client = opened.enter_context(socket.create_connection(address, PATIENCE))
            client.sendall(request)
            _skip(client, head)
            listeners.append(Listener(client))
        yield Crowd(listeners)


def _skip(client: socket.socket, head: int) -> None:
    held = b""
    while len(held.partition(b"\r\n\r\n")[2]) < head:
        part = client.recv(4096)
        if not part:
            raise BenchFailed(f"the hub hung up: {held!r}")
        held += part


class Crowd:
    """The clients, which read as fast as they can while `listen` runs."""

    def __init__(self, listeners: list[Listener]) -> None:
        self.listeners = listeners

    def listen(self, count: int, size: int) -> None:
        """Until each of them has `count` frames of `size` bytes. Raises BenchFailed when one is
        hung up on, or nothing comes any more."""
        buffer = bytearray(_MOST)
        waiting = {each.socket.fileno(): each for each in self.listeners}
        with select.epoll() as polled:
            for number in waiting:
                polled.register(number, select.EPOLLIN)
            while waiting:
                ready = polled.poll(PATIENCE)
                if not ready:
                    raise BenchFailed(f"{len(waiting)} clients wait in vain")
                for number, _ in ready:
                    listener = waiting[number]
                    _read(listener, buffer, size)
                    if listener.frames[-1] >= count:
                        polled.unregister(number)
                        del waiting[number]


def _read(listener: Listener, buffer: bytearray, size: int) -> None:
    length = listener.socket.recv_into(buffer)
    if not length:
        raise BenchFailed(f"a client was closed after {listener.received} bytes")
    listener.received += length
    listener.times.append(perf_counter())
    listener.frames.append(listener.received // size)
