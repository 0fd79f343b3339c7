"""The other end of the webhooks: writes what it hears into a ledger, before it answers."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Condition, Event, Thread

from tests.service import PATIENCE


@dataclass(frozen=True, slots=True)
class Heard:
    """One request: the id that it came with, its body, and the status that was answered."""

    id: str
    body: str
    status: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request gets: after how many seconds, and not before `gate` is open, if it has one."""

    status: int = 200
    delay: float = 0.0
    gate: Event | None = None


Manners = Callable[[int], Answer]
"""How the n-th request is answered."""


def polite(_: int) -> Answer:
    """Takes everything at once."""
    return Answer()


class Endpoint(ThreadingHTTPServer):
    """Listens on loopback from construction on; see `listening`."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, ledger: Path, manners: Manners) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.closing = Event()
        self._manners = manners
        self._heard: list[Heard] = []
        self._answered = 0
        self._changed = Condition()
        self._ledger = ledger.open("a", encoding="utf-8")

    @property
    def url(self) -> str:
        """Where webhooks go."""
        return f"http://127.0.0.1:{self.server_port}/hook"

    def hear(self, delivery_id: str, body: str) -> Answer:
        """Write it down; says how to answer."""
        with self._changed:
            answer = self._manners(len(self._heard))
            heard = Heard(delivery_id, body, answer.status)
            self._heard.append(heard)
            self._ledger.write(json.dumps(asdict(heard)) + "\n")
            self._ledger.flush()
            self._changed.notify_all()
        return answer

    def wait(self, count: int) -> list[Heard]:
        """What was heard, as soon as there are `count`."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._heard) >= count, PATIENCE), self._heard
            return list(self._heard)

    def told(self) -> None:
        """An answer has left."""
        with self._changed:
            self._answered += 1
            self._changed.notify_all()

    @property
    def answered(self) -> int:
        """How many answers have left."""
        with self._changed:
            return self._answered

    def wait_answered(self, count: int) -> None:
        """Return as soon as so many answers have left."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._answered >= count, PATIENCE), self._answered

    @property
    def heard(self) -> list[Heard]:
        """Everything so far."""
        with self._changed:
            return list(self._heard)

    def server_close(self) -> None:
        self.closing.set()
        super().server_close()
        with self._changed:
            self._ledger.close()


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Endpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        answer = self.server.hear(self.headers["webhook-id"], body.decode())
        self.server.closing.wait(answer.delay)
        if answer.gate is not None:
            answer.gate.wait(PATIENCE)
        self.send_response(answer.status)
        self.send_header("content-length", "0")
        self.end_headers()
        self.server.told()

    def handle(self) -> None:
        with suppress(ConnectionError):  # when the other side is killed, as these tests do
            super().handle()

    def log_message(self, *_: object) -> None:
        """The ledger tells it all."""


@contextmanager
def listening(ledger: Path, manners: Manners = polite) -> Iterator[Endpoint]:
    """An endpoint that answers until the block is left."""
    endpoint = Endpoint(ledger, manners)
    thread = Thread(target=endpoint.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield endpoint
    finally:
        endpoint.shutdown()
        thread.join()
        endpoint.server_close()


def read_ledger(ledger: Path) -> list[Heard]:
    """What the ledger holds, in the order it was heard; a line that is being written is not."""
    whole, _, _ = ledger.read_text("utf-8").rpartition("\n")
    return [Heard(**json.loads(line)) for line in whole.splitlines()]
