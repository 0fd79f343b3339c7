"""A proxy before an engine that can be made to fail in the ways of a network."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Lock, Thread

from tests.live.operations import dial

_BLOCK = 64 * 1024


class Proxy:
    """Stands at `host`, on loopback or at a socket with this path, for the engine behind it."""

    def __init__(self, engine: str, path: Path | None) -> None:
        self._engine = engine
        if path is None:
            self._server = socket.create_server(("127.0.0.1", 0))
            self.host = f"tcp://127.0.0.1:{self._server.getsockname()[1]}"
        else:
            self._server = socket.socket(socket.AF_UNIX)
            self._server.bind(str(path))
            self._server.listen()
            self.host = f"unix://{path}"
        self._lock = Lock()
        self._links: list[_Link] = []
        self._refuses = False

    def serve(self) -> None:
        """Let clients through until `close`; the body of a thread."""
        with suppress(OSError):  # what `close` leads to
            while True:
                client, _ = self._server.accept()
                with self._lock:
                    if self._refuses:
                        client.close()
                    else:
                        self._links.append(_Link(client, dial(self._engine)))

    def cut(self) -> None:
        """Break every connection off."""
        for link in self._taken():
            link.cut()

    def half_open(self) -> None:
        """Carry nothing more over the present connections, and tell nobody."""
        for link in self._taken():
            link.halt()

    def refuse(self) -> None:
        """Break every connection off, and let nobody in until `admit`."""
        with self._lock:
            self._refuses = True
        self.cut()

    def admit(self) -> None:
        """Let clients in again."""
        with self._lock:
            self._refuses = False

    def _taken(self) -> list["_Link"]:
        with self._lock:
            return list(self._links)

    def close(self) -> None:
        """End it."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.cut()


class _Link:
    """A client, the engine, and what goes to and fro."""

    def __init__(self, client: socket.socket, engine: socket.socket) -> None:
        self._ends = client, engine
        self._halted = Event()
        for source, drain in ((client, engine), (engine, client)):
            Thread(target=self._carry, args=(source, drain), daemon=True).start()

    def _carry(self, source: socket.socket, drain: socket.socket) -> None:
        with suppress(OSError):
            while block := source.recv(_BLOCK):
                if not self._halted.is_set():
                    drain.sendall(block)
            drain.shutdown(socket.SHUT_WR)

    def halt(self) -> None:
        self._halted.set()

    def cut(self) -> None:
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def proxy_before(engine: str, path: Path | None = None) -> Iterator[Proxy]:
    """A running proxy before the engine at that address."""
    proxy = Proxy(engine, path)
    thread = Thread(target=proxy.serve)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join()
