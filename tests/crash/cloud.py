"""The REST API of a Docker Cloud that is slow, mute or treacherous, as an exam needs it."""

import json
import socket
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Condition, Thread

from tests.hub.served import KEY, USER, basic
from tests.service import PATIENCE

CREDENTIAL = basic(USER, KEY)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, its path as it was written; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request gets."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)


Respond = Callable[[Asked], Reply | None]
"""How a request is answered, in a thread of its own, as late as it likes. None closes the
connection without an answer."""


class Api(ThreadingHTTPServer):
    """Listens on loopback from construction on, and writes down what it is asked before it
    responds; see `serving_api`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, respond: Respond) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.respond = respond
        self._asked: list[Asked] = []
        self._changed = Condition()

    @property
    def url(self) -> str:
        """For `rest_host`."""
        return f"http://127.0.0.1:{self.server_port}/"

    def hear(self, asked: Asked) -> None:
        """Write it down."""
        with self._changed:
            self._asked.append(asked)
            self._changed.notify_all()

    @property
    def asked(self) -> list[Asked]:
        """Everything so far."""
        with self._changed:
            return list(self._asked)

    def wait(self, method: str, part: str, count: int = 1) -> list[Asked]:
        """The requests by this method whose path holds `part`, as soon as there are `count`."""

        def found() -> list[Asked]:
            return [each for each in self._asked if each.method == method and part in each.path]

        with self._changed:
            enough = self._changed.wait_for(lambda: len(found()) >= count, PATIENCE)
            assert enough, f"{method} {part} was not heard {count} times: {self._asked}"
            return found()


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave together: apart, each exchange takes 40 ms longer
    server: Api

    def _answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        # Of its path the base class takes slashes away.
        asked = Asked(self.command, self.requestline.split(" ")[1], headers, body)
        self.server.hear(asked)
        reply = self.server.respond(asked)
        if reply is None:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 -- the base class's names

    def handle(self) -> None:
        with suppress(ConnectionError):  # when the other side is killed, as these tests do
            super().handle()

    def log_message(self, *_: object) -> None:
        """What was asked tells it all."""


@contextmanager
def serving_api(respond: Respond) -> Iterator[Api]:
    """An API that answers until the block is left."""
    api = Api(respond)
    thread = Thread(target=api.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield api
    finally:
        api.shutdown()
        thread.join()
        api.server_close()


def relayed(address: tuple[str, int], asked: Asked) -> Reply:
    """The answer of the server at `address`."""
    with closing(HTTPConnection(*address, timeout=PATIENCE)) as connection:
        connection.request(asked.method, asked.path, asked.body, dict(asked.headers))
        answer = connection.getresponse()
        kept = {name: value for name, value in answer.getheaders() if name.lower() in _RELAYED}
        return Reply(answer.status, answer.read(), kept)


_RELAYED = {"date", "x-dockercloud-action-uri"}


def replied(value: Mapping[str, object]) -> Reply:
    """A JSON object."""
    return Reply(body=json.dumps(value).encode())


def listed(*objects: Mapping[str, object]) -> Reply:
    """A list that is all on one page."""
    return replied({"meta": {"next": None, "total_count": len(objects)}, "objects": objects})


def source(stream: str, rest: str) -> dict[str, object]:
    """The source of a rule file that reads `ws://…` and asks `http://…`."""
    return {
        "type": "dockercloud",
        "stream_host": stream,
        "rest_host": rest,
        "user": USER,
        "apikey": KEY,
    }


@contextmanager
def canary() -> Iterator[tuple[int, list[str]]]:
    """A port of loopback where nobody may come, and who came all the same."""
    heard: list[str] = []
    first = socket.create_server(("127.0.0.1", 0))
    port: int = first.getsockname()[1]
    listeners = [first]
    with suppress(OSError):  # not every machine has IPv6
        listeners.append(socket.create_server(("::1", port), family=socket.AF_INET6))
    for listener in listeners:
        Thread(target=_listen, args=(listener, heard), daemon=True).start()
    try:
        yield port, heard
    finally:
        for listener in listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()


def _listen(listener: socket.socket, heard: list[str]) -> None:
    with suppress(OSError):  # closed: the exam is over
        while True:
            connection, peer = listener.accept()
            heard.append(str(peer))
            connection.close()


def rows(data_dir: Path, query: str) -> list[tuple[object, ...]]:
    """What the journal says to a query. It may be running."""
    uri = f"file:{data_dir}/reactor.db?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=PATIENCE)) as db:
        return db.execute(query).fetchall()
