"""A few threads for what blocks on a server: they never hold up the exit."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from threading import Condition, Thread
from types import TracebackType
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Work:
    """What was submitted: one of the two is called."""

    run: Callable[[], None]
    cancel: Callable[[], bool]


class Pool:
    """At most `size` threads, each started when none is idle that could do what was submitted.

    They are daemons, unlike those of ThreadPoolExecutor, which Python waits for at its end. All
    of it may be called from any thread.
    """

    def __init__(self, name: str, size: int) -> None:
        """`name` is what its threads are called."""
        self._name, self._size = name, size
        self._waiting = deque[_Work]()
        self._changed = Condition()
        self._threads = 0
        self._idle = 0
        self._is_closed = False

    def submit(self, function: Callable[[], Result]) -> Future[Result]:
        """Have `function` called by one of the threads; its result, or what it raised, is the
        future's. Does not block. After `close` the future is cancelled."""
        future = Future[Result]()
        with self._changed:
            if not self._is_closed:
                self._waiting.append(_Work(partial(_settle, future, function), future.cancel))
                self._staff()
                self._changed.notify()
                return future
        future.cancel()
        return future

    def _staff(self) -> None:
        if len(self._waiting) > self._idle and self._threads < self._size:
            self._threads += 1
            Thread(target=self._run, name=f"{self._name}-{self._threads}", daemon=True).start()

    def close(self) -> None:
        """Begin nothing more: what has not begun is cancelled, the threads end with what they are
        at. Does not wait for them."""
        with self._changed:
            self._is_closed = True
            left, self._waiting = self._waiting, deque[_Work]()
            self._changed.notify_all()
        for work in left:
            work.cancel()

    def _run(self) -> None:
        while work := self._take():
            work.run()
            del work  # a thread that waits for the next keeps nothing of this one alive

    def _take(self) -> _Work | None:
        with self._changed:
            self._idle += 1
            self._changed.wait_for(lambda: self._waiting or self._is_closed)
            self._idle -= 1
            return self._waiting.popleft() if self._waiting else None


def _settle(future: Future[Result], function: Callable[[], Result]) -> None:
    if future.set_running_or_notify_cancel():
        with ExitStack() as stack:
            stack.push(partial(_keep, future))
            future.set_result(function())


def _keep(
    future: Future[Result],
    _kind: type[BaseException] | None,
    error: BaseException | None,
    _trace: TracebackType | None,
) -> bool:
    """What a function raises belongs to whoever asks its future, not to the thread."""
    if error is not None:
        future.set_exception(error)
    return True
