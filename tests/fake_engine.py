"""A Docker Engine as its clients see it, over a real socket: it says what the test tells it to."""

import json
import select
import ssl
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import formatdate
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue, SimpleQueue
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from reactor.clock import utc_now

ENGINE_ID = "4O5R:TEST"
TIME = 1_893_456_000_123_456_789
"""2030-01-01T00:00:00.123456789Z in nanoseconds."""

RING = 256
"""How many published events an engine keeps."""

_NAP = 0.02  # seconds in which a stream notices that it should end, or that its client left


def docker_event(action: str = "die", time: int = TIME, **attributes: str) -> dict[str, object]:
    """An event of a container `c0ffee` named web-1, as an engine writes it."""
    described = {"image": "nginx:1.27", "name": "web-1", **attributes}
    return {
        "Type": "container",
        "Action": action,
        "Actor": {"ID": "c0ffee", "Attributes": described},
        "scope": "local",
        "time": time // 10**9,
        "timeNano": time,
    }


class FakeEngine:
    """Its streams carry the chunks put into it, each by whichever stream takes it first; `None`
    ends a stream and `cut` breaks it off. What is published is carried by every stream, as a real
    engine does it: streams end when they were asked to, and what they have not written by then is
    lost. `queries` are those of streams; those for the past alone are not among them. `asked` is
    set when a stream was opened, `left` when a client hung up. Its clock runs `skew` seconds ahead
    of ours. Once `is_dead` is set nothing comes from it, but its connections stay."""

    def __init__(self) -> None:
        self.chunks: Queue[bytes | None] = Queue()
        self.api, self.skew = "1.41", 0.0
        self.info: dict[str, object] = {"ID": ENGINE_ID, "Name": "dock"}
        self.answers: dict[str, tuple[int, bytes]] = {
            "/_ping": (200, b"OK"),
            "/v1.41/version": (200, b'{"Version": "20.10.24"}'),
        }
        self.past: deque[dict[str, object]] = deque(maxlen=RING)
        self.queries: list[dict[str, list[str]]] = []
        self.requests: list[tuple[str, str, bytes]] = []
        self.connections = 0
        self.asked, self.left, self.is_dead = Event(), Event(), Event()
        self.url = ""
        self._listeners: list[SimpleQueue[bytes]] = []
        self._lock = Lock()

    def now(self) -> float:
        """Its clock, in seconds since 1970."""
        return utc_now().timestamp() + self.skew

    def say(self, *events: dict[str, object]) -> None:
        """Put events on a stream, each in a chunk of its own."""
        for event in events:
            self.chunks.put(_line(event))

    def publish(self, event: dict[str, object]) -> None:
        """Tell an event to every stream, and, as long as it is among the last 256, to later ones
        that ask for its time."""
        with self._lock:
            self.past.append(event)
            for listener in self._listeners:
                listener.put(_line(event))

    def end(self) -> None:
        """End the present stream in good order."""
        self.chunks.put(None)

    def cut(self) -> None:
        """Break the present stream off."""
        self.chunks.put(b"")

    def listen(self, since: float, until: float) -> tuple[list[bytes], SimpleQueue[bytes]]:
        """What was published between two moments, and what will be."""
        listener: SimpleQueue[bytes] = SimpleQueue()
        with self._lock:
            self._listeners.append(listener)
            told = [_line(event) for event in self.past if since <= _seconds(event) <= until]
        return told, listener

    def forget(self, listener: SimpleQueue[bytes]) -> None:
        """It hears no more."""
        with self._lock:
            self._listeners.remove(listener)

    def answer(self, path: str) -> tuple[int, bytes]:
        """Status and body; of `/info` what the test did not say otherwise, and its clock."""
        if path.endswith("/info") and path not in self.answers:
            time = datetime.fromtimestamp(self.now(), UTC).isoformat()
            return 200, json.dumps({"SystemTime": time, **self.info}).encode()
        return self.answers.get(path, (404, b'{"message":"page not found"}'))


def _line(event: dict[str, object]) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode() + b"\n"


def _seconds(event: dict[str, object]) -> float:
    time = event["timeNano"]
    assert isinstance(time, int)
    return time / 10**9


def readers() -> list[str]:
    """How the processes were called by which this one reads engines."""
    lists = (path.read_text() for path in Path("/proc/self/task").glob("*/children"))
    lines = [Path(f"/proc/{pid}/cmdline").read_text() for each in lists for pid in each.split()]
    return [line for line in lines if "docker.reader" in line]


@contextmanager
def fake_engine(tls: ssl.SSLContext | None = None) -> Iterator[FakeEngine]:
    """A running engine on a free port of loopback."""
    engine = FakeEngine()
    server = _Server(("127.0.0.1", 0), partial(_Answering, engine))
    if tls:  # each connection shakes hands in its own thread
        server.socket = tls.wrap_socket(server.socket, True, do_handshake_on_connect=False)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    engine.url = f"tcp://127.0.0.1:{server.server_port}"
    try:
        yield engine
    finally:
        engine.cut()
        server.shutdown()
        thread.join()
        server.socket.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # a stream that nobody ends must not hold the test

    def handle_error(self, *_: object) -> None:
        """Tests print nothing of clients that hang up."""


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, engine: FakeEngine, *of_the_server: Any) -> None:
        self._engine = engine
        engine.connections += 1
        super().__init__(*of_the_server)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self._take_request()
        if parts.path.endswith("/events") and parts.path not in self._engine.answers:
            self._events(parse_qs(parts.query))
            return
        status, answer = self._engine.answer(parts.path)
        self.send_response(status)
        self.send_header("Api-Version", self._engine.api)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_POST(self) -> None:
        self.do_GET()

    def _take_request(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._engine.requests.append((self.command, self.path, body))
        self._play_dead()

    def _play_dead(self) -> None:
        if self._engine.is_dead.is_set():
            Event().wait()

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate(self._engine.now(), usegmt=True)

    def _events(self, query: dict[str, list[str]]) -> None:
        since, until = float(query["since"][0]), float(query["until"][0])
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        told, listener = self._engine.listen(since, until)
        try:
            for line in told:
                self._write(line)
            if "filters" in query:
                self._engine.queries.append(query)
                self._engine.asked.set()
                self._stream(until, listener)
            self.wfile.write(b"0\r\n\r\n")
        except ConnectionError:
            self._engine.left.set()
            self.close_connection = True
        finally:
            self._engine.forget(listener)

    def _stream(self, until: float, listener: SimpleQueue[bytes]) -> None:
        """Until the time is up, or a test ends it. Raises ConnectionError."""
        while self._engine.now() < until:
            self._play_dead()
            while not listener.empty():
                self._write(listener.get())
            self._mind_the_client()
            with suppress(Empty):
                chunk = self._engine.chunks.get(timeout=_NAP)
                if chunk is None:
                    return
                if not chunk:
                    raise ConnectionError("cut")
                self._write(chunk)

    def _mind_the_client(self) -> None:
        """Raises ConnectionError when it left: it has nothing to say while it listens."""
        if select.select([self.connection], [], [], 0)[0]:
            raise ConnectionError("the client left")

    def _write(self, chunk: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""
