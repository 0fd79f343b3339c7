"""A server that answers one connection with bytes as they are, and keeps what it is told."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from reactor.hub.docker.wire import Way
from reactor.platforms.docker.dial import parse_address
from tests.fakes import PATIENCE

OK = b"HTTP/1.0 200 OK\r\nContent-Type: x\r\n\r\n"


class Speaker:
    """`heard` is all that came. It says `first`, and then what the test has it say."""

    def __init__(self, first: bytes) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._first = first
        self._met, self.heard = Event(), b""
        self._thread = Thread(target=self._serve)
        self._thread.start()

    @property
    def way(self) -> Way:
        """Where it is."""
        port = self._listener.getsockname()[1]
        return Way(address=parse_address(f"tcp://127.0.0.1:{port}"), tls=None)

    def _serve(self) -> None:
        self._connection, _ = self._listener.accept()
        self.heard += self._connection.recv(65536)
        self._connection.sendall(self._first)
        self._met.set()
        with suppress(OSError):
            while block := self._connection.recv(65536):
                self.heard += block

    def say(self, data: bytes) -> None:
        """Send more."""
        assert self._met.wait(PATIENCE)
        self._connection.sendall(data)

    def end(self) -> None:
        """Hang up; all that was sent to it was heard."""
        assert self._met.wait(PATIENCE)
        self._connection.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Gone."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        self._connection.close()
        self._listener.close()


@contextmanager
def speaking(first: bytes = OK) -> Iterator[Speaker]:
    """A running one. Whoever connects has to hang up."""
    speaker = Speaker(first)
    try:
        yield speaker
    finally:
        speaker.close()
