"""Senders of webhooks that keep what was acknowledged: the other ledger of an exam."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from itertools import count
from pathlib import Path
from random import Random
from threading import Event, Lock, Thread

from tests.crash.hooks import Address, an_event, post
from tests.crash.judge import Case
from tests.service import PATIENCE, Service, eventually

TAKEN = 202


class Acknowledged:
    """What was answered with 202, one id a line: written as soon as the answer is there."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, Lock()
        self._path.touch()

    def add(self, identity: str) -> None:
        """One more."""
        with self._lock, self._path.open("a") as file:
            file.write(identity + "\n")

    @property
    def ids(self) -> list[str]:
        """All, in the order they were acknowledged."""
        with self._lock:
            return self._path.read_text().splitlines()


class Caller:
    """Sends event after event to the hook `ci`, each until it is taken, as a careful sender does.

    `unanswered` counts requests that got no answer, or another one, and were sent again.
    `is_asking` while a request is on its way.
    """

    def __init__(self, name: str, address: Address, ledger: Acknowledged, pause: float) -> None:
        self._name, self._address, self._ledger, self._pause = name, address, ledger, pause
        self._chance = Random(name)
        self._stop, self._abandon = Event(), Event()
        self.unanswered, self.is_asking = 0, False
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        for number in count(1):
            if self._stop.wait(self._chance.uniform(0, 2 * self._pause)):
                return
            self._send(f"{self._name}-{number}")

    def _send(self, identity: str) -> None:
        state = self._chance.choice(("Running", "Stopped"))
        group = f"service-{self._chance.randrange(8)}"
        while not self._is_taken(identity, state, group) and not self._abandon.wait(0.02):
            self.unanswered += 1

    def _is_taken(self, identity: str, state: str, group: str) -> bool:
        frame = an_event(identity, type="container", action="update", state=state, group_name=group)
        self.is_asking = True
        try:
            answer = post(self._address, "ci", frame)
        except (OSError, HTTPException):
            return False
        finally:
            self.is_asking = False
        if answer.status != TAKEN:
            return False
        assert answer.ids == [identity]
        self._ledger.add(identity)
        return True

    def stop(self) -> None:
        """After its present event, for which somebody must be there to take it."""
        self._stop.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def abandon(self) -> None:
        """At once, if it has not stopped."""
        self._stop.set()
        self._abandon.set()
        self._thread.join(PATIENCE)


def finish(
    service: Service, callers: list[Caller], case: Callable[[], Case], seconds: float = 60
) -> None:
    """The last life of a service: long enough to do all that was promised; it ends as it should."""
    service.hears("running")
    for caller in callers:
        caller.stop()
    eventually(lambda: case().is_over, "all was decided and delivered", seconds)
    assert service.stop() == 0


@contextmanager
def calling(
    address: Address, ledger: Acknowledged, callers: int, *, pause: float = 0.02
) -> Iterator[list[Caller]]:
    """So many callers, who pause between two events for `pause` seconds on an average."""
    all_ = [Caller(f"call{number}", address, ledger, pause) for number in range(callers)]
    try:
        yield all_
    finally:
        for caller in all_:
            caller.abandon()
