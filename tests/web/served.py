"""A web server in a thread, with one hook and with vitals that are what the test says."""

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import SimpleQueue
from threading import Event, Thread

from reactor.engine.inbound import PLAIN, guard_for
from reactor.model.event import Frame
from reactor.model.secret import Secret
from reactor.sources.webhook import WebhookSource
from reactor.web.complaints import Complaints
from reactor.web.hooks import SAFE_SECONDS, Hooks
from reactor.web.safety import Access
from reactor.web.server import WebServer
from reactor.web.status import StatusPages
from tests.fakes import PATIENCE, Running

NOW = datetime(2031, 5, 6, 17, 8, 9, tzinfo=UTC)
TOKEN = "a-token"
SHOWN = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}


@dataclass(slots=True)
class Journaled:
    """A feed whose frames are safe at once, unless `commits` is taken away; `room` is how many it
    takes."""

    frames: list[Frame] = field(default_factory=list)
    room: int = 1_000_000
    commits: bool = True
    subscribed: Event = field(default_factory=Event)

    def offer(self, frame: Frame) -> bool:
        if len(self.frames) >= self.room:
            return False
        self.frames.append(frame)
        if frame.acknowledge and self.commits:
            Thread(target=frame.acknowledge).start()
        return True

    def put(self, frame: Frame) -> None:
        raise AssertionError("a hook never waits for room")

    def remember(self, values: Mapping[str, object]) -> None:
        raise AssertionError("a hook has nothing to remember")

    def recall(self) -> Mapping[str, object]:
        return {}

    def say(self, text: str) -> None:
        pass

    def connected(self) -> None:
        self.subscribed.set()


@dataclass(slots=True)
class SaidVitals:
    """Vitals as the test says they are."""

    is_started: bool = True
    broken: bool = False

    def hung(self) -> Mapping[str, str]:
        return {}

    def unready(self) -> Mapping[str, str]:
        if self.broken:
            raise ZeroDivisionError("a mistake of ours")
        return {}

    def exposition(self) -> bytes:
        return b"reactor_build_info 1\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client got."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def data(self) -> object:
        """The body, which is JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A running server, and what it says."""

    server: WebServer
    vitals: SaidVitals
    lines: "SimpleQueue[str]"
    hooks: dict[str, WebhookSource]

    @property
    def said(self) -> list[str]:
        """The lines since the last look."""
        return [self.lines.get() for _ in range(self.lines.qsize())]

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request on a connection of its own."""
        client = http.client.HTTPConnection(*self.server.address, timeout=PATIENCE)
        try:
            client.request(method, path, body, dict(headers or {}))
            answer = client.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            client.close()

    def post(self, body: object, path: str = "/hooks/ci", **headers: str) -> Answer:
        """JSON, with the token of the hook `ci`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", path, json.dumps(body).encode(), {**SHOWN, **named})


def a_source() -> WebhookSource:
    """A hook for any sender of JSON."""
    return WebhookSource("ci", PLAIN, guard_for(PLAIN, token=Secret(TOKEN)))


@contextmanager
def served(
    feed: Journaled,
    *,
    port: int = 0,
    access: Access | None = None,
    now: Callable[[], datetime] = lambda: NOW,
    safe_seconds: float = SAFE_SECONDS,
) -> Iterator[Served]:
    """Serve the hook `ci` before this feed."""
    vitals, lines = SaidVitals(), SimpleQueue[str]()
    source = a_source()
    complaints, sources = Complaints(lines.put, now), {"ci": source}
    hooks = Hooks(
        sources.get,
        is_ready=lambda: vitals.is_started,
        now=now,
        complaints=complaints,
        safe_seconds=safe_seconds,
    )
    server = WebServer(
        ("127.0.0.1", port),
        access or Access(),
        status=StatusPages(vitals),
        hooks=hooks,
        complaints=complaints,
    )
    thread = Thread(target=server.serve)
    thread.start()
    with Running(source, feed):
        assert feed.subscribed.wait(PATIENCE)
        yield Served(server=server, vitals=vitals, lines=lines, hooks=sources)
    server.stop()
    thread.join(PATIENCE)
    assert not thread.is_alive()
