"""Points on the road of an event at which a kill hurts most, each told by what is seen from
outside: by who sends, by who receives, in the journal's file. The program has no hooks for it."""

import fcntl
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic

from tests.crash.callers import Caller
from tests.endpoint import Answer, Endpoint
from tests.service import PATIENCE, Service, eventually

WRITE_LOCK = 120
"""The byte of `-shm` that SQLite's writers lock (sqlite.org/walformat.html, §2.3.1)."""


class Gate:
    """Manners of an endpoint: it answers at once, or while shut only when it is open again."""

    def __init__(self) -> None:
        self._open = Event()
        self._open.set()

    def __call__(self, _: int) -> Answer:
        return Answer(gate=self._open)

    @contextmanager
    def shut(self) -> Iterator[None]:
        """What is heard meanwhile is answered after."""
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    def open(self) -> None:
        """Answer now."""
        self._open.set()


@dataclass(frozen=True, slots=True)
class Scene:
    """A service under load, and both ends of it."""

    data_dir: Path
    endpoint: Endpoint
    gate: Gate
    callers: list[Caller]


Mark = Callable[[Scene, Service], None]
"""Waits until the point is reached, and kills."""


def before_commit(scene: Scene, service: Service) -> None:
    """Every caller has asked, and what they sent waits for a transaction that never is."""
    with unwritable(scene.data_dir):
        eventually(lambda: all(caller.is_asking for caller in scene.callers), "all have asked")
        service.kill()


def after_commit(scene: Scene, service: Service) -> None:
    """An event is in the journal since a moment ago; its caller may have heard of it or not."""
    _grows(scene.data_dir, "select max(number) from events")
    service.kill()


def claimed(scene: Scene, service: Service) -> None:
    """A delivery was claimed a moment ago; its request may have left or not."""
    _grows(scene.data_dir, "select max(claimed_at) from deliveries")
    service.kill()


def sent(scene: Scene, service: Service) -> None:
    """The endpoint has heard a request, and has not answered."""
    with scene.gate.shut():
        scene.endpoint.wait(len(scene.endpoint.heard) + 1)
        service.kill()


def answered(scene: Scene, service: Service) -> None:
    """The endpoint has answered, and that cannot be recorded."""
    with scene.gate.shut():
        scene.endpoint.wait(len(scene.endpoint.heard) + 1)
        with unwritable(scene.data_dir):
            before = scene.endpoint.answered
            scene.gate.open()
            scene.endpoint.wait_answered(before + 1)
            service.kill()


def recorded(scene: Scene, service: Service) -> None:
    """The end of a delivery was recorded a moment ago."""
    _grows(scene.data_dir, "select count(*) from deliveries where state = 'succeeded'")
    service.kill()


@contextmanager
def unwritable(data_dir: Path) -> Iterator[None]:
    """Nobody begins a transaction that writes. The lock is taken without SQLite: a connection of
    ours that is closed last would write the log into the database, which a crash does not do."""
    with (data_dir / "reactor.db-shm").open("r+b") as file:
        fcntl.lockf(file, fcntl.LOCK_EX, 1, WRITE_LOCK)
        yield


def _grows(data_dir: Path, query: str) -> None:
    """Return as soon as a commit lets the figure grow. It asks without a pause: a commit is over,
    and what comes after it, within a millisecond."""
    uri = f"file:{data_dir}/reactor.db?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as db:
        before, deadline = _figure(db, query), monotonic() + PATIENCE
        while _figure(db, query) == before:
            assert monotonic() < deadline, query


def _figure(db: sqlite3.Connection, query: str) -> int:
    return int(db.execute(query).fetchone()[0] or 0)


MARKS = (before_commit, after_commit, claimed, sent, answered, recorded)
