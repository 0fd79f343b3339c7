"""The register, for many threads: one changes it at a time, and what comes of that is told when
it is done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Condition

from reactor.hub.announcing import Announcer
from reactor.hub.docker.register import Register
from reactor.hub.written import Written


class Holding:
    """`now` tells the time, UTC. `written` is what clients wrote."""

    def __init__(
        self, *, namespace: str | None, now: Callable[[], datetime], written: Written
    ) -> None:
        self.now, self.written = now, written
        self._announcer = Announcer()
        self._changed = Condition()
        self._register = Register(
            namespace=namespace, announce=self._announcer.add, written=written
        )
        self.listen = self._announcer.listen

    @contextmanager
    def reading(self) -> Iterator[Register]:
        """The register, which nobody changes meanwhile. Ask nothing that blocks."""
        with self._changed:
            yield self._register

    @contextmanager
    def changing(self) -> Iterator[Register]:
        """The same to change it; what clients then see differently is told."""
        with self._changed:
            yield self._register
            self._changed.notify_all()
        self._announcer.tell()

    def wait(self, is_so: Callable[[Register], bool], timeout: float) -> bool:
        """Whether something is so, within `timeout` seconds. Blocks until then."""
        with self._changed:
            return self._changed.wait_for(lambda: is_so(self._register), timeout)
