"""Keeps one source running: reconnects it with backoff and makes its state visible."""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Event as StopEvent

from reactor.model.errors import SourceLost, SourceRefused, Stopping
from reactor.model.event import Frame
from reactor.model.protocols import LONGEST_PAUSE, Feed, Source
from reactor.model.rule import SourceSpec
from reactor.model.signal import Linked

FIRST_PAUSE = timedelta(seconds=1)
REFUSED_PAUSE = timedelta(minutes=5)
STABLE = timedelta(minutes=1)
"""After so long a connection the next loss counts as the first."""

_TOLD_AGAIN = timedelta(minutes=1)
"""What goes on in the same way is told so often."""


class SourceState(StrEnum):
    """Where a source stands."""

    STARTING = "starting"  # its first connection is being made
    CONNECTED = "connected"  # subscribed; frames may come
    WAITING = "waiting"  # lost; it is tried again
    REFUSED = "refused"  # our credentials or our address were refused; tried again, seldom
    ENDED = "ended"  # the stream is over for good, as a file is at its end
    STOPPED = "stopped"  # we stopped it


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """What is visible of a source. `detail` says why, or to what it is connected. `received`
    counts frames since the start, `connections` how often it was connected."""

    name: str
    type: str
    state: SourceState
    since: datetime
    detail: str = ""
    received: int = 0
    connections: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What a supervisor needs from outside. `monotonic` is in seconds, `jitter` from 0 up to 1.
    `log` takes one line, `warn` one of a loss or a fault; without it `log` takes that too.
    `on_refused` is called at every refusal, `on_link` when a source connected or is connected no
    longer, and `on_frame` when the road took a frame, all from the source's thread."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    jitter: Callable[[], float]
    log: Callable[[str], None]
    on_refused: Callable[[SourceStatus], None]
    warn: Callable[[str], None] | None = None
    on_link: Callable[[Linked], None] = lambda _: None
    on_frame: Callable[[Frame], None] = lambda _: None


def backoff(failures: int, jitter: float, longest: timedelta = LONGEST_PAUSE) -> timedelta:
    """How long to wait after so many losses in a row (at least one): a random part of 1 s, 2 s,
    4 s … up to `longest`, which is at most 64 s ("full jitter"), so that many clients of one server
    do not come back together."""
    doubled = FIRST_PAUSE * (1 << min(failures - 1, 6))
    return min(doubled, longest) * jitter


class Supervisor:
    """Runs one source for as long as we run; `run` is the body of its thread.

    Towards the source it is the feed: it counts the frames on their way to `feed`.
    """

    def __init__(
        self,
        spec: SourceSpec,
        source: Source,
        feed: Feed,
        world: World,
        *,
        longest_pause: timedelta = LONGEST_PAUSE,
    ) -> None:
        self._name, self._source, self._feed, self._world = spec.name, source, feed, world
        self._longest_pause = longest_pause
        self._status = SourceStatus(
            name=spec.name, type=spec.type, state=SourceState.STARTING, since=world.now()
        )
        self._received = 0
        self._connections = 0
        self._connected_at: float | None = None
        self._failures = 0
        self._told_loss = "", 0.0
        self._tracebacks: dict[str, float] = {}

    @property
    def status(self) -> SourceStatus:
        """The state at this moment. May be asked by any thread."""
        return replace(self._status, received=self._received, connections=self._connections)

    def run(self, stop: StopEvent) -> None:
        """Receive until `stop` is set or the stream is over; never raises."""
        self._link(is_connected=False)  # of what no word came it is assumed that it is connected
        while not stop.is_set():
            pause = self._receive(stop)
            if pause is None:
                return
            stop.wait(pause.total_seconds())
        self._end(SourceState.STOPPED)

    def _receive(self, stop: StopEvent) -> timedelta | None:
        """One connection, to its end: how long to wait for the next, or None if it is over."""
        self._connected_at = None
        try:
            self._source.run(self, stop)
        except Stopping:
            state = SourceState.STOPPED
        except SourceRefused as error:
            return self._refused(str(error))
        except SourceLost as error:
            return self._lost(str(error), stop)
        except Exception as error:  # noqa: BLE001 -- a fault in one source must not end it for good
            self._tell_traceback(error)
            return self._lost(f"{type(error).__name__}: {error}", stop)
        else:
            state = SourceState.STOPPED if stop.is_set() else SourceState.ENDED
        self._end(state)
        return None

    def put(self, frame: Frame) -> None:
        """Hand a frame on; blocks while the road is full. Raises Stopping."""
        self._feed.put(frame)
        self._taken(frame)

    def offer(self, frame: Frame) -> bool:
        """Hand a frame on if there is room now, and say whether there was. Raises Stopping."""
        was_taken = self._feed.offer(frame)
        if was_taken:
            self._taken(frame)
        return was_taken

    def _taken(self, frame: Frame) -> None:
        self._received += 1
        self._world.on_frame(frame)

    def remember(self, values: Mapping[str, object]) -> None:
        """Have the journal keep these; blocks while the road is full. Raises Stopping."""
        self._feed.remember(values)

    def recall(self) -> Mapping[str, object]:
        """What the journal keeps for the source."""
        return self._feed.recall()

    def connected(self) -> None:
        """The source is subscribed; said again during one connection it means nothing new here."""
        if self._connected_at is None:
            self._connected_at = self._world.monotonic()
            self._connections += 1
            self._told_loss = "", 0.0
            self._move(SourceState.CONNECTED, self._source.peer)
            self._say(f"connected to {self._source.peer}")
        self._feed.connected()

    def say(self, text: str) -> None:
        """Write a line that the source has to tell."""
        self._say(text)

    def _end(self, state: SourceState) -> None:
        self._move(state)
        self._say(state.value)

    def _refused(self, detail: str) -> timedelta:
        self._move(SourceState.REFUSED, detail)
        self._warn(f"refused: {detail}; trying again in 5 minutes")
        self._world.on_refused(self.status)
        return REFUSED_PAUSE

    def _lost(self, detail: str, stop: StopEvent) -> timedelta:
        self._failures = 1 if self._was_stable() else self._failures + 1
        pause = backoff(self._failures, self._world.jitter(), self._longest_pause)
        self._move(SourceState.WAITING, detail)
        if not stop.is_set():  # a connection that breaks while we stop is no news
            self._tell_loss(detail, pause)
        return pause

    def _tell_loss(self, detail: str, pause: timedelta) -> None:
        """Once a minute as long as nothing changes, however often it is tried."""
        now = self._world.monotonic()
        what = f"{'no connection' if self._connected_at is None else 'lost'}: {detail}"
        told, at = self._told_loss
        if what != told or now - at >= _TOLD_AGAIN.total_seconds():
            self._told_loss = what, now
            self._warn(f"{what}; trying again in {pause.total_seconds():.1f} s")

    def _was_stable(self) -> bool:
        if self._connected_at is None:
            return False
        return self._world.monotonic() - self._connected_at >= STABLE.total_seconds()

    def _tell_traceback(self, error: Exception) -> None:
        """Where the fault is, once a minute for each kind of error."""
        kind, now = type(error).__name__, self._world.monotonic()
        told = self._tracebacks.get(kind)
        if told is None or now - told >= _TOLD_AGAIN.total_seconds():
            self._tracebacks[kind] = now
            self._warn("".join(traceback.format_exception(error)).rstrip())

    def _move(self, state: SourceState, detail: str = "") -> None:
        was_connected = self._status.state is SourceState.CONNECTED
        self._status = replace(self._status, state=state, since=self._world.now(), detail=detail)
        is_connected = state is SourceState.CONNECTED
        if is_connected is not was_connected:
            self._link(is_connected=is_connected)

    def _link(self, *, is_connected: bool) -> None:
        self._world.on_link(Linked(self._name, is_connected))

    def _say(self, text: str) -> None:
        self._world.log(f"source {self._name}: {text}")

    def _warn(self, text: str) -> None:
        (self._world.warn or self._world.log)(f"source {self._name}: {text}")
