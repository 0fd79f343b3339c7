"""The bounded queue between the sources' threads and the pipeline: full, it makes sources wait."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Condition, Lock

from reactor.model.errors import Stopping
from reactor.model.event import Arrival

MAX_FRAMES = 2_000
MAX_BYTES = 32 * 1024 * 1024

BATCH_BYTES = 1024 * 1024
"""What `take` gives at once: a firing may hold its frame whole, once for every rule."""


class Intake:
    """Frames on their way to the pipeline, at most MAX_FRAMES of them and about MAX_BYTES.

    When it is full the sources wait until it is half empty, so that they wake seldom.
    """

    def __init__(self, max_frames: int = MAX_FRAMES, max_bytes: int = MAX_BYTES) -> None:
        self._max_frames, self._max_bytes = max_frames, max_bytes
        self._frames: deque[Arrival] = deque()
        self._bytes = 0
        self._closed = False
        lock = Lock()
        self._has_frames, self._has_room = Condition(lock), Condition(lock)

    def put(self, arrival: Arrival) -> None:
        """Hand in a frame; blocks while the queue is full. Raises Stopping once it is closed."""
        with self._has_frames:
            while self._is_full() and not self._closed:
                self._has_room.wait()
            if self._closed:
                raise Stopping("the intake is closed")
            self._frames.append(arrival)
            self._bytes += len(arrival.raw)
            self._has_frames.notify()

    def _is_full(self) -> bool:
        return len(self._frames) >= self._max_frames or self._bytes >= self._max_bytes

    def take(self, most: int, timeout: float | None = None) -> list[Arrival]:
        """What waits, at most `most`; blocks until there is something, `timeout` seconds pass,
        or the intake is closed. Empty after it was closed and emptied."""
        with self._has_frames:
            if not self._frames and not self._closed:
                self._has_frames.wait(timeout)
            taken: list[Arrival] = []
            size = 0
            while self._frames and len(taken) < most and size < BATCH_BYTES:
                taken.append(self._frames.popleft())
                size += len(taken[-1].raw)
            self._bytes -= size
            if len(self._frames) <= self._max_frames // 2 and self._bytes <= self._max_bytes // 2:
                self._has_room.notify_all()
            return taken

    def close(self) -> None:
        """Take no more frames; what is in the queue can still be taken."""
        with self._has_frames:
            self._closed = True
            self._has_frames.notify_all()
            self._has_room.notify_all()

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def __len__(self) -> int:
        return len(self._frames)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeFeed:
    """One source's way into the intake: a Feed that puts its name on every frame."""

    intake: Intake
    source: str
    platform: bool

    def put(
        self,
        raw: bytes,
        identity: str,
        *,
        facts: Mapping[str, object] | None = None,
        acknowledge: Callable[[], None] | None = None,
    ) -> None:
        """Hand in one frame; blocks while the road is full. Raises Stopping."""
        arrival = Arrival(
            source=self.source,
            raw=raw,
            identity=identity,
            platform=self.platform,
            facts=facts or {},
            acknowledge=acknowledge,
        )
        self.intake.put(arrival)

    def connected(self) -> None:
        """The source is subscribed: the supervisor keeps its state, nothing is to be done here."""
