"""`DATA_DIR/reactor.sock`: how commands ask the running service, since it alone may write.

One JSON object a line each way, one request a connection. Only the owner can connect (0600).
"""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

import msgspec

from reactor.model.errors import JournalUnavailable, ReactorError

NAME = "reactor.sock"
PATIENCE = 10.0
"""Seconds that either side waits for the other."""
MAX_REQUEST = 1024 * 1024
MAX_ANSWER = 64 * MAX_REQUEST
"""An answer may name every rule of a large file."""

_BREATH = 0.1  # seconds until it is tried again to let somebody in

Answer = Callable[[dict[str, object]], dict[str, object]]


class NobodyThere(JournalUnavailable):
    """No service runs on this data directory."""


class ControlServer:
    """Answers requests one at a time; `serve` is the body of its thread."""

    def __init__(self, data_dir: Path, answer: Answer) -> None:
        self._path, self._answer = data_dir / NAME, answer
        self._closed = Event()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._path.unlink(missing_ok=True)  # the lock is ours, so a socket here is a dead one's
        before = os.umask(0o177)
        try:
            with _short(self._path) as address:
                self._socket.bind(address)
        finally:
            os.umask(before)
        self._socket.listen(16)

    def serve(self) -> None:
        """Answer until closed."""
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:  # closed by `close`, or no descriptor is free at present
                if self._closed.wait(_BREATH):
                    return
                continue
            with connection, suppress(OSError):
                connection.settimeout(PATIENCE)
                self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        line = _read_line(connection, MAX_REQUEST)
        try:
            request = msgspec.json.decode(line, type=dict[str, object])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            answer: dict[str, object] = {"error": "the request is not a JSON object on one line"}
        else:
            try:
                answer = self._answer(request)
            except ReactorError as fault:
                answer = {"error": str(fault)}
        connection.sendall(msgspec.json.encode(answer) + b"\n")

    def close(self) -> None:
        """Stop answering and remove the socket."""
        self._closed.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._path.unlink(missing_ok=True)


def ask(data_dir: Path, request: dict[str, object]) -> dict[str, object]:
    """Send a request to the service that holds this journal and return its answer.

    Raises NobodyThere when none runs, JournalUnavailable when it does not answer, or answers with
    an error.
    """
    path = data_dir / NAME
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(PATIENCE)
            with _short(path) as address:
                connection.connect(address)
            connection.sendall(msgspec.json.encode(request) + b"\n")
            answer = msgspec.json.decode(_read_line(connection, MAX_ANSWER), type=dict[str, object])
    except (FileNotFoundError, ConnectionRefusedError) as fault:
        raise NobodyThere(f"the running reactor does not answer on {path}: {fault}") from fault
    except (OSError, msgspec.DecodeError) as fault:
        raise JournalUnavailable(
            f"the running reactor does not answer on {path}: {fault}"
        ) from fault
    if "error" in answer:
        raise JournalUnavailable(str(answer["error"]))
    return answer


def _read_line(connection: socket.socket, most: int) -> bytes:
    received = bytearray()
    while not received.endswith(b"\n") and len(received) < most:
        chunk = connection.recv(65536)
        if not chunk:
            break
        received += chunk
    return bytes(received)


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """An address for the socket that fits into the 108 bytes of sun_path, however long the path."""
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
