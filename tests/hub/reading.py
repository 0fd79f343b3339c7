"""Reading that may have to wait, on a thread of its own."""

from collections.abc import Callable, Sequence
from threading import Thread
from typing import Protocol

from tests.fakes import PATIENCE


class Readable(Protocol):
    """A log, a terminal, a pipe."""

    def read(self) -> Sequence[object]: ...


def read_later(pipe: Readable) -> Callable[[], Sequence[object]]:
    """What a thread reads that has begun before there is anything: call the result for it."""
    found: list[Sequence[object]] = []
    thread = Thread(target=lambda: found.append(pipe.read()))
    thread.start()

    def read() -> Sequence[object]:
        thread.join(PATIENCE)
        return found[0]

    return read
