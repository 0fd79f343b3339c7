"""Real HTTP servers on loopback, well-behaved and not, for the tests of sending."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Behaviour = Callable[[socket.socket], None]


@contextmanager
def serving(behave: Behaviour, received: list[bytes] | None = None) -> Iterator[str]:
    """A server that reads one request per connection, keeps it in `received`, and then behaves;
    yields its URL."""

    def serve(connection: socket.socket) -> None:
        request = read_request(connection)
        if received is not None:
            received.append(request)
        behave(connection)

    with connecting(serve) as url:
        yield url


@contextmanager
def connecting(behave: Behaviour) -> Iterator[str]:
    """A server that behaves from the connection on; yields its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    connections: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # closed: the test is over
                return
            connections.append(connection)
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    def serve(connection: socket.socket) -> None:
        with suppress(OSError):  # the client has gone, which some of these tests are about
            behave(connection)

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/secret-path"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in connections:
            connection.close()


def read_request(connection: socket.socket) -> bytes:
    """The bytes of one request with a Content-Length; empty when the client has gone."""
    received = b""
    while b"\r\n\r\n" not in received:
        if not (chunk := connection.recv(65536)):
            return b""
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def answering(answer: bytes) -> Behaviour:
    """Send `answer` and close."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()

    return behave


def status(line: str, headers: str = "") -> bytes:
    """A whole answer without a body: `status("410 Gone")`."""
    return f"HTTP/1.1 {line}\r\nContent-Length: 0\r\n{headers}\r\n".encode()


def header(request: bytes, name: bytes) -> str | None:
    """The value of a header, by its lower-case name; None if the request has none."""
    for line in request.split(b"\r\n"):
        if line.lower().startswith(name + b": "):
            return line.partition(b": ")[2].decode()
    return None
