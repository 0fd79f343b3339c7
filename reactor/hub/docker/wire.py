"""A connection to an engine whose answer is bytes that come as they come, and may go both ways."""

import json
import select
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock

from reactor.hub.fleet import NotAllowed, Unavailable
from reactor.platforms.docker.dial import Address, Dialed, Gone, Refusal, Tls, connect

_SECONDS = 10.0
"""For connecting and for the head of an answer."""

_BLOCK = 64 * 1024
_LONGEST_QUOTE = 300
_WOKEN_EVERY = 1000  # milliseconds; whoever waits looks then whether it was closed
_NOT_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where an engine is."""

    address: Address
    tls: Tls | None

    def open(self, line: str, body: object = None, **headers: str) -> "Wire":
        """Ask by the first line of a request, such as `GET /path HTTP/1.0`, with a body of JSON.
        Blocks for seconds. Raises NotAllowed with what the engine says, Unavailable without."""
        content = b"" if body is None else json.dumps(body).encode()
        fields = {
            "Host": "docker",
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
            **headers,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        try:
            dialed = connect(self.address, self.tls, _SECONDS)
            return _asked(dialed, f"{line}\r\n{head}\r\n".encode() + content)
        except (OSError, Gone, Refusal) as error:
            raise Unavailable(f"The Docker Engine cannot be reached: {error}.") from error


def _asked(dialed: Dialed, request: bytes) -> "Wire":
    """The connection once its answer has begun. Raises NotAllowed and OSError."""
    try:
        dialed.socket.sendall(request)
        body = _body(dialed.socket)
    except (OSError, NotAllowed):
        dialed.close()
        raise
    return Wire(dialed, body)


def _body(connection: socket.socket) -> bytes:
    """What came of an answer's body with its head. Raises NotAllowed and OSError."""
    received = b""
    while b"\r\n\r\n" not in received and (block := connection.recv(_BLOCK)):
        received += block
    if not received:
        raise ConnectionError("it hung up without an answer")
    head, _, body = received.partition(b"\r\n\r\n")
    if head.partition(b" ")[2][:3] not in (b"101", b"200"):
        raise NotAllowed(_said(body))
    return body


def _said(body: bytes) -> str:
    """An engine's own words."""
    try:
        return str(json.loads(body[body.find(b"{") : body.rfind(b"}") + 1])["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        said = " ".join(body.decode(errors="replace").split())[:_LONGEST_QUOTE]
        return f"The Docker Engine refuses: {said or 'it does not say why'}."


class Wire:
    """One connection. One thread reads while another writes, and any may close it: then both are
    let go. OpenSSL must not be used by two threads at once, so they wait outside of it."""

    def __init__(self, dialed: Dialed, first: bytes) -> None:
        """`first` is what came already."""
        self._dialed, self._first = dialed, first
        self._using = Lock()
        self._is_closed = False
        dialed.socket.settimeout(0.0)

    def read(self) -> bytes:
        """What has come since. Blocks until there is something; nothing at the end."""
        first: bytes | None = self._first
        self._first = b""
        while not first and (first := self._received()) == b"":
            self._wait(select.POLLIN)
        return first or b""

    def write(self, data: bytes) -> None:
        """Send it. Blocks while the other side does not read; after the end it is dropped."""
        while data and (count := self._sent(data)) is not None:
            data = data[count:]
            if not count:
                self._wait(select.POLLOUT)

    def close(self, last: bytes = b"") -> None:
        """Hang up, after these bytes if the other side takes them at once. Does not block."""
        if last:
            self._sent(last)
        with suppress(OSError):
            # Not TLS's own, which would wait for the other side.
            socket.socket.shutdown(self._dialed.socket, socket.SHUT_RDWR)
        with self._using:
            if not self._is_closed:
                self._is_closed = True
                self._dialed.close()

    def _received(self) -> bytes | None:
        """Empty while there is nothing, None at the end."""
        with self._using:
            if self._is_closed:
                return None
            try:
                return self._dialed.socket.recv(_BLOCK) or None
            except _NOT_YET:
                return b""
            except OSError:
                return None

    def _sent(self, data: bytes) -> int | None:
        """How many bytes were taken, None at the end."""
        with self._using:
            if self._is_closed:
                return None
            try:
                return self._dialed.socket.send(data)
            except _NOT_YET:
                return 0
            except OSError:
                return None

    def _wait(self, event: int) -> None:
        poller = select.poll()
        with suppress(ValueError):  # closed meanwhile
            poller.register(self._dialed.socket, event)
            poller.poll(_WOKEN_EVERY)
