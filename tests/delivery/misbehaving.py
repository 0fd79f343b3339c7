"""What the other side of a request can do wrong: each takes the connection after the request."""

import gzip
import socket
import struct
import threading

from tests.delivery.servers import Behaviour, answering, status

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
HUGE_CHUNK = CHUNKED + b"1" + b"0" * 20 + b"\r\n"


def reset(connection: socket.socket) -> None:
    linger_nothing = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_nothing)
    connection.close()


def hang(connection: socket.socket) -> None:
    connection.recv(1)


def saying(words: bytes, then: Behaviour) -> Behaviour:
    """Say something, and then misbehave."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(words)
        then(connection)

    return behave


def dripping(words: bytes) -> Behaviour:
    """A byte every 20 ms, for ever."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(words)
        pause = threading.Event()
        while not pause.wait(0.02):
            connection.sendall(b".")

    return behave


def half_close(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_WR)
    connection.recv(1)


def repeating(words: bytes, piece: bytes) -> Behaviour:
    """The same piece without end."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(words)
        while True:
            connection.sendall(piece)

    return behave


def send_many_headers(connection: socket.socket) -> None:
    connection.sendall(HEAD)
    for number in range(10_000):
        connection.sendall(b"X-%d: %s\r\n" % (number, b"y" * 40))


def flood_with_hints(connection: socket.socket) -> None:
    for _ in range(20_000):
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
    connection.sendall(status("200 OK"))


def with_length(length: str, body: bytes = b"") -> Behaviour:
    return answering(HEAD + f"Content-Length: {length}\r\n\r\n".encode() + body)


BOMB = gzip.compress(bytes(10_000_000))
NESTED = b"Content-Encoding: " + b", ".join([b"gzip"] * 50) + b"\r\n"

TEN_GIGABYTES = repeating(HEAD + b"Content-Length: 10000000000\r\n\r\n", b"x" * 65536)
ENDLESS_CHUNKS = repeating(CHUNKED, b"10000\r\n" + b"x" * 65536 + b"\r\n")
LONG_HEADER = answering(HEAD + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n")

CLOSED = "the connection was closed without an answer"
BROKEN = "the connection broke before the answer was complete"
NOT_HTTP = "the answer is not HTTP as we know it"
LATE = "no complete answer within 300ms"
LARGE = "the answer's headers are too large"

FAULTS: dict[str, tuple[Behaviour, str, str]] = {
    "closes without a word": (answering(b""), "receive", CLOSED),
    "closes its half": (half_close, "receive", CLOSED),
    "resets": (reset, "receive", BROKEN),
    "resets after a byte": (saying(b"H", reset), "receive", BROKEN),
    "resets after the status": (saying(HEAD, reset), "receive", BROKEN),
    "resets within the body": (
        saying(HEAD + b"Content-Length: 9\r\n\r\n1", reset), "receive", BROKEN,
    ),
    "ends within the body": (with_length("9", b"1"), "receive", BROKEN),
    "ends within a chunk": (answering(CHUNKED + b"9\r\n1"), "receive", BROKEN),
    "breaks a chunk": (answering(CHUNKED + b"zzz\r\n"), "receive", BROKEN),
    "has a chunk of 2^80 bytes": (answering(HUGE_CHUNK), "receive", BROKEN),
    "says good morning": (answering(b"good morning\r\n\r\n"), "protocol", NOT_HTTP),
    "speaks SSH": (answering(b"SSH-2.0-OpenSSH_9.2\r\n"), "protocol", NOT_HTTP),
    "has a status of letters": (answering(b"HTTP/1.1 abc OK\r\n\r\n"), "protocol", NOT_HTTP),
    "has a length of letters": (with_length("many"), "protocol", NOT_HTTP),
    "has a length below zero": (with_length("-1"), "protocol", NOT_HTTP),
    "has a header of 1 MB": (LONG_HEADER, "protocol", LARGE),
    "has 10,000 headers": (send_many_headers, "protocol", LARGE),
    "sends hints without end": (flood_with_hints, "protocol", LARGE),
    "hangs": (hang, "timeout", "no answer within 300ms"),
    "hangs within the headers": (
        saying(HEAD + b"X: ", hang), "timeout", LATE,
    ),
    "hangs within the body": (
        saying(HEAD + b"Content-Length: 9\r\n\r\n1", hang), "timeout", LATE,
    ),
    "drips its headers": (dripping(HEAD + b"X: "), "timeout", LATE),
    "drips its body": (
        dripping(HEAD + b"Content-Length: 100\r\n\r\n"), "timeout", LATE,
    ),
}  # fmt: skip
"""What it does → the fault, and what is said of it."""

ANSWERS: dict[str, tuple[Behaviour, int, bytes]] = {
    "compresses what nobody asked it to": (
        answering(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"), 200, b"abc",
    ),
    "sends a bomb": (
        answering(
            HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB
        ),
        200, BOMB,
    ),
    "encodes fifty times": (
        answering(HEAD + NESTED + b"Content-Length: 1\r\n\r\nx"), 200, b"x",
    ),
    "sends a body with 204": (answering(b"HTTP/1.1 204 No\r\n\r\nbody"), 204, b""),
    "sends more than its length": (with_length("2", b"okay"), 200, b"ok"),
    "closes in place of a length": (answering(HEAD + b"\r\nok"), 200, b"ok"),
    "sends a hundred hints": (
        answering(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100 + status("200 OK")), 200, b"",
    ),
    "names no reason": (answering(b"HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n"), 503, b""),
    "ends its lines with LF": (answering(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok"), 200, b"ok"),
    "has a status that nobody knows": (answering(status("799 Odd")), 799, b""),
}  # fmt: skip
"""What it does → the status and the body that are an answer all the same."""
