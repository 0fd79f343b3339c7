"""Gives the frames of a fleet to all who listen, in the order in which they were made."""

from collections import deque
from collections.abc import Callable
from threading import Lock

from reactor.hub.fleet import Frame

Listener = Callable[[Frame], None]


class Announcer:
    """`add` is for whoever holds the fleet's lock, `tell` for after it: a listener may ask the
    fleet. May be used by any thread."""

    def __init__(self) -> None:
        self._untold: deque[Frame] = deque()
        self._telling, self._changing = Lock(), Lock()
        self._listeners: tuple[Listener, ...] = ()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Hear every frame from now on; the result ends that."""
        with self._changing:
            self._listeners = (*self._listeners, listener)

        def end() -> None:
            with self._changing:
                self._listeners = tuple(each for each in self._listeners if each is not listener)

        return end

    def add(self, frame: Frame) -> None:
        """Let a frame wait to be told."""
        self._untold.append(frame)

    def tell(self) -> None:
        """Tell what waits. Who finds another telling leaves its own frames to that one."""
        while self._untold and self._telling.acquire(blocking=False):
            try:
                while self._untold:
                    frame = self._untold.popleft()
                    for listener in self._listeners:
                        listener(frame)
            finally:
                self._telling.release()
