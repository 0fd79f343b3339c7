"""A server of HTTP/2 over TLS that answers in frames of the test's choice (RFC 9113)."""

import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock, Thread

from tests.delivery.certificates import Certificate

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
PREFACE = 24  # bytes with which a client begins
END_STREAM, END_HEADERS, ACK = 0x1, 0x4, 0x1
REFUSED_STREAM = 7
STATUS_200 = b"\x88"  # an index of HPACK's static table

Answer = Callable[[int, int], bytes]
"""The frames for a request, by the ordinal of its connection, from 1, and by its stream."""


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """One frame."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def ok(stream: int) -> bytes:
    """A 200 without a body."""
    return frame(HEADERS, END_STREAM | END_HEADERS, stream, STATUS_200)


def refused(stream: int) -> bytes:
    """The stream was not looked at, and may be tried anew."""
    return frame(RST_STREAM, 0, stream, struct.pack(">I", REFUSED_STREAM))


@dataclass
class Http2:
    """What has come: the ordinals of connections, and (connection, stream) of each request."""

    answer: Answer
    context: ssl.SSLContext
    connections: int = 0
    requests: list[tuple[int, int]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    url: str = ""

    def accept(self, listener: socket.socket) -> None:
        """Serve each connection in a thread, until the listener is closed."""
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with self.lock:
                    self.connections += 1
                    ordinal = self.connections
                Thread(target=self.serve, args=(connection, ordinal), daemon=True).start()

    def serve(self, connection: socket.socket, ordinal: int) -> None:
        """Read frames and answer, until either side has enough."""
        with (
            suppress(OSError, EOFError),
            self.context.wrap_socket(connection, server_side=True) as tls,
        ):
            _read(tls, PREFACE)
            tls.sendall(frame(SETTINGS, 0, 0))
            while True:
                tls.sendall(self._reply(ordinal, *_read_frame(tls)))

    def _reply(self, ordinal: int, kind: int, flags: int, stream: int, payload: bytes) -> bytes:
        if kind in (SETTINGS, PING) and not flags & ACK:
            return frame(kind, ACK, 0, payload if kind == PING else b"")
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            with self.lock:
                self.requests.append((ordinal, stream))
            return self.answer(ordinal, stream)
        return b""


@contextmanager
def serving_http2(certificate: Certificate, answer: Answer) -> Iterator[Http2]:
    """A server that offers HTTP/2 and nothing else."""
    context = certificate.context()
    context.set_alpn_protocols(["h2"])
    server = Http2(answer, context)
    listener = socket.create_server(("127.0.0.1", 0))
    server.url = f"https://127.0.0.1:{listener.getsockname()[1]}/secret-path"
    Thread(target=server.accept, args=(listener,), daemon=True).start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _read(connection: ssl.SSLSocket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        if not (chunk := connection.recv(count - len(received))):
            raise EOFError
        received += chunk
    return received


def _read_frame(connection: ssl.SSLSocket) -> tuple[int, int, int, bytes]:
    head = _read(connection, 9)
    length = int.from_bytes(head[:3], "big")
    return head[3], head[4], int.from_bytes(head[5:], "big"), _read(connection, length)
