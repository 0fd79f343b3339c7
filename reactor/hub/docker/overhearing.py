"""An engine that is read for the rules already: the hub hears what its source hands in."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event as StopEvent

from reactor.hub.docker.hearing import Ear
from reactor.model.errors import SourceLost
from reactor.model.event import Frame
from reactor.model.protocols import Feed
from reactor.model.rule import SourceSpec
from reactor.sources.relay import Hearer
from reactor.sources.supervise import SourceState, SourceStatus, Supervisor, World

MOST_WAITING = 10_000
"""Frames that may wait while the engine is asked. An engine answers faster than things happen to
its containers: so many wait only where it hardly answers."""

MOST_REMEMBERED = 4_000
"""Frames that are known again. A source that a reload begins anew tells again what the journal did
not have yet: twice what the road holds."""

_LOOK_SECONDS = 0.2  # how soon a stop is noticed


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The source that is heard. `attend` has somebody hear it, `status` tells how it stands, None
    before it was started."""

    attend: Callable[[Hearer], AbstractContextManager[None]]
    status: Callable[[], SourceStatus | None]


class Overhearing:
    """Satisfies `Following` (reactor/hub/docker/fleet.py). The ear listens in the thread that calls
    `run`: the source never waits for it, and a fault here stays here."""

    def __init__(self, spec: SourceSpec, origin: Origin, ear: Ear, world: World) -> None:
        """`spec` is what the log calls it."""
        self._origin, self._waiting = origin, Waiting(ear.forget)
        self._supervisor = Supervisor(spec, self._waiting, ear, world)

    @property
    def status(self) -> SourceStatus:
        """That of the source as long as it is not connected, then how we get on."""
        source = self._origin.status()
        is_away = source is not None and source.state is not SourceState.CONNECTED
        return source if source and is_away else self._supervisor.status

    def run(self, stop: StopEvent) -> None:
        """Hear the source until `stop` is set. Never raises."""
        with self._origin.attend(self._waiting):
            self._supervisor.run(stop)


class Waiting:
    """What was told and not heard yet. Satisfies `Hearer` for the source's thread, and is itself a
    source for another. `forget` is called before all is looked at anew."""

    peer = "the engine's source"

    def __init__(self, forget: Callable[[], None], most: int = MOST_WAITING) -> None:
        self._forget, self._most = forget, most
        self._waiting: SimpleQueue[Frame | bool] = SimpleQueue()
        self._told: dict[str, None] = {}
        self._is_full = self._is_connected = self._is_linked = False

    def link(self, *, is_connected: bool) -> None:
        """Keep that in its place among the frames."""
        self._is_connected = is_connected
        self._waiting.put(is_connected)

    def hear(self, frame: Frame) -> None:
        """Keep the frame; none any more once too many wait."""
        if self._is_full or self._waiting.qsize() >= self._most:
            self._is_full = True
        else:
            self._waiting.put(frame)

    def run(self, feed: Feed, stop: StopEvent) -> None:
        """Hand in what was told until `stop` is set. Raises SourceLost when too much was."""
        if self._is_linked and self._is_connected:
            feed.connected()  # after a fault: the engine may not have been met
        while not stop.is_set():
            if self._is_full:
                self._give_up()
            told = self._next()
            if isinstance(told, Frame):
                self._hand_in(told, feed)
            elif told is not None:
                self._is_linked = told
                if told:
                    feed.connected()

    def _hand_in(self, frame: Frame, feed: Feed) -> None:
        """Once, as the journal has it."""
        if frame.identity not in self._told:
            self._told[frame.identity] = None
            if len(self._told) > MOST_REMEMBERED:
                del self._told[next(iter(self._told))]
            feed.put(frame)

    def _next(self) -> Frame | bool | None:
        """None when nothing comes for a moment."""
        try:
            return self._waiting.get(timeout=_LOOK_SECONDS)
        except Empty:
            return None

    def _give_up(self) -> None:
        """Drop what waits, so that the engine is looked at anew."""
        while not self._waiting.empty():
            told = self._waiting.get()
            self._is_linked = told if isinstance(told, bool) else self._is_linked
        self._forget()
        self._is_full = False
        raise SourceLost(f"{self._most} frames wait for answers of the engine, which is met anew")
