"""A hub that is served in a thread, and the clients that ask it: requests and websocket-client."""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from queue import Queue
from threading import Lock, Thread

import requests
from websocket import WebSocket, create_connection

from reactor.hub.auth import Credentials
from reactor.hub.fleet import (
    Call,
    Frame,
    Line,
    Log,
    NoSuchObject,
    Object,
    Output,
    Terminal,
    TimedFleet,
)
from reactor.hub.pipe import Pipe
from reactor.hub.server import Hub
from reactor.hub.written import Written
from tests.fakes import PATIENCE

NOW = datetime(2031, 5, 6, 17, 8, 9, tzinfo=UTC)
USER, KEY = "acme", "s3cret"
CREDENTIALS = Credentials(user=USER, key=KEY)
EVENTS = "/api/audit/v1/events"


def basic(user: str, key: str) -> str:
    """An Authorization header's value."""
    return f"Basic {b64encode(f'{user}:{key}'.encode()).decode()}"


def a_frame(**changes: object) -> dict[str, object]:
    """A frame with all that frames have."""
    return {
        "type": "container",
        "action": "update",
        "parents": ["/api/app/v1/service/11111111-1111-4111-8111-111111111111/"],
        "resource_uri": "/api/app/v1/container/22222222-2222-4222-8222-222222222222/",
        "state": "Running",
        "uuid": "33333333-3333-4333-8333-333333333333",
        "datetime": "2031-05-06T17:08:09Z",
        **changes,
    }


class SpokenTerminal(Pipe[Output]):
    """A command that says what the test says, and keeps what is typed."""

    def __init__(self) -> None:
        super().__init__()
        self.typed: Queue[bytes] = Queue()

    def write(self, typed: bytes) -> None:
        self.typed.put(typed)


class SpokenFleet:
    """A fleet that is what the test says: its `things` by type, and the frames that it tells."""

    def __init__(self, **things: list[Object]) -> None:
        self.things: Mapping[str, list[Object]] = things
        self.times: list[datetime] = []
        self.due: datetime | None = None
        self.error: Exception | None = None
        self.written = Written()
        self.log: Pipe[Line] = Pipe()
        self.terminal = SpokenTerminal()
        self.asked: list[object] = []
        self._listeners: list[Callable[[Frame], None]] = []
        self._lock = Lock()

    def objects(self, kind: str) -> list[Object]:
        if self.error:
            raise self.error
        return list(self.things.get(kind, []))

    def find(self, kind: str, uuid: str) -> Object:
        for thing in self.objects(kind):
            if thing["uuid"] == uuid:
                return thing
        raise NoSuchObject(f"There is no {kind} {uuid}.")

    def operate(self, kind: str, uuid: str, call: Call) -> str | None:
        self.find(kind, uuid)
        return None

    def logs(self, kind: str, uuid: str, *, tail: int, follow: bool) -> Log:
        self.find(kind, uuid)
        self.asked.append((tail, follow))
        return self.log

    def execute(self, uuid: str, command: Sequence[str]) -> Terminal:
        self.find("container", uuid)
        self.asked.append(list(command))
        return self.terminal

    def advance(self, now: datetime) -> None:
        self.times.append(now)
        self.due = None

    def next_due(self) -> datetime | None:
        return self.due

    def listen(self, listener: Callable[[Frame], None]) -> Callable[[], None]:
        with self._lock:
            self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    @property
    def is_heard(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    def tell(self, *frames: Frame) -> None:
        """Frames for all who listen."""
        for frame in frames:
            for listener in list(self._listeners):
                listener(frame)


class Served:
    """A hub at work. Its clock stands still unless `now` says otherwise."""

    def __init__(
        self,
        fleet: TimedFleet,
        now: Callable[[], datetime] = lambda: NOW,
        *,
        read_only: bool = False,
    ) -> None:
        self.hub = Hub(
            fleet,
            credentials=CREDENTIALS,
            listen=("127.0.0.1", 0),
            now=now,
            read_only=read_only,
        )
        self.thread = Thread(target=self.hub.serve)
        self.thread.start()
        self.session = requests.Session()
        self.session.auth = (USER, KEY)

    def ask(
        self,
        method: str,
        path: str,
        *,
        data: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> requests.Response:
        """A request with the right credentials, and its answer."""
        return self.session.request(
            method, self.url(path), data=data, headers=headers, timeout=PATIENCE
        )

    def listed(self, path: str) -> list[str]:
        """The names of what a list has."""
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return [thing["name"] for thing in answer.json()["objects"]]

    def url(self, path: str, scheme: str = "http") -> str:
        """The URL of a path."""
        host, port = self.hub.address
        return f"{scheme}://{host}:{port}{path}"

    def connect(self, path: str = EVENTS, header: str | None = None) -> WebSocket:
        """A stream, its `auth` frame not yet read. `header` is the Authorization header."""
        value = basic(USER, KEY) if header is None else header
        return create_connection(
            self.url(path, "ws"),
            timeout=PATIENCE,
            header={"Authorization": value},
            skip_utf8_validation=True,  # done letter by letter, it takes longer than all the rest
        )

    def __enter__(self) -> "Served":
        return self

    def __exit__(self, *_: object) -> None:
        self.hub.stop()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()
        self.session.close()
