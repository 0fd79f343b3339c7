"""Receivers for many connections at once, which they keep open."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

from tests.delivery.servers import read_request

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def sink(note: Callable[[bytes], None]) -> Iterator[str]:
    """A server that answers every request with 200, after it was noted; yields its URL."""

    def serve(connection: socket.socket) -> None:
        with suppress(OSError):
            while request := read_request(connection):
                note(request)
                connection.sendall(ANSWER)

    with _listening(serve) as url:
        yield url


@contextmanager
def black_hole() -> Iterator[str]:
    """A server that takes every connection and never answers; yields its URL."""
    with _listening(lambda _: None) as url:
        yield url


@contextmanager
def _listening(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    held: list[socket.socket] = []

    def accept() -> None:
        with suppress(OSError):  # closed: the test is over
            while True:
                held.append(listener.accept()[0])
                Thread(target=serve, args=(held[-1],), daemon=True).start()

    Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        for each in (listener, *held):
            each.close()
