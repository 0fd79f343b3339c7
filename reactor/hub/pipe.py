"""Words on their way from whoever has them to the one that reads them, between threads."""

from collections import deque
from math import inf
from threading import Condition
from typing import Generic, TypeVar

T = TypeVar("T")


class Pipe(Generic[T]):
    """Reads as a Log or a Terminal (reactor/hub/fleet.py) does. All of it may be called from any
    thread."""

    def __init__(self, most: float = inf) -> None:
        """`most` is how many wait before those who put more have to; without it, what is put into
        it must have a bound of its own."""
        self._most = most
        self._waiting: deque[T] = deque()
        self._changed = Condition()
        self._is_ended = False

    def put(self, *items: T) -> None:
        """Let them be read; after the end they are dropped. Blocks while too many wait."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < self._most or self._is_ended)
            if not self._is_ended:
                self._waiting.extend(items)
                self._changed.notify_all()

    def end(self) -> None:
        """No more will come; what is there can still be read."""
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()

    def read(self) -> list[T]:
        """What has come since. Blocks until there is something; nothing at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_ended)
            items = list(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
        return items

    def close(self) -> None:
        """What was not read never will be."""
        with self._changed:
            self._waiting.clear()
            self._is_ended = True
            self._changed.notify_all()
