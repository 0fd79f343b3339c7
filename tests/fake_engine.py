"""A Docker Engine as its clients see it, over a real socket: it says what the test tells it to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Event, Thread
from urllib.parse import parse_qs, urlsplit

ENGINE_ID = "4O5R:TEST"
TIME = 1_893_456_000_123_456_789
"""2030-01-01T00:00:00.123456789Z in nanoseconds."""


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
    """Its stream carries the chunks put into it; `None` ends a stream and `cut` breaks it off.
    `left` is set when a client hung up."""

    def __init__(self) -> None:
        self.chunks: Queue[bytes | None] = Queue()
        self.answers: dict[str, tuple[int, bytes]] = {
            "/_ping": (200, b"OK"),
            "/v1.41/version": (200, b'{"Version": "20.10.24"}'),
            "/v1.41/info": (200, json.dumps({"ID": ENGINE_ID, "Name": "dock"}).encode()),
        }
        self.queries: list[dict[str, list[str]]] = []
        self.asked, self.left = Event(), Event()
        self.url = ""

    def say(self, *events: dict[str, object]) -> None:
        """Put events on the stream, each in a chunk of its own."""
        for event in events:
            self.chunks.put(json.dumps(event).encode() + b"\n")

    def end(self) -> None:
        """End the present stream in good order."""
        self.chunks.put(None)

    def cut(self) -> None:
        """Break the present stream off."""
        self.chunks.put(b"")


@contextmanager
def fake_engine() -> Iterator[FakeEngine]:
    """A running engine on a free port of loopback."""
    engine = FakeEngine()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(engine))
    server.daemon_threads = True  # a stream that nobody ends must not hold the test
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


def _handler(engine: FakeEngine) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path.endswith("/events") and parts.path not in engine.answers:
                engine.queries.append(parse_qs(parts.query))
                self._stream()
                return
            status, body = engine.answers.get(parts.path, (404, b'{"message":"page not found"}'))
            self.send_response(status)
            self.send_header("Api-Version", "1.41")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _stream(self) -> None:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            engine.asked.set()
            self.close_connection = True
            try:
                while chunk := engine.chunks.get():
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                if chunk is None:
                    self.wfile.write(b"0\r\n\r\n")
            except ConnectionError:
                engine.left.set()

        def log_message(self, *_: object) -> None:
            """Tests print nothing."""

    return Answering
