"""The bounded queue between the sources' threads and the pipeline: full, it makes sources wait."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Condition, Lock

from reactor.model.errors import Stopping
from reactor.model.event import Arrival, Frame, Note
from reactor.model.lookup import Answer
from reactor.model.signal import Signal

MAX_FRAMES = 2_000
MAX_BYTES = 32 * 1024 * 1024

BATCH_BYTES = 1024 * 1024
"""What `take` gives at once: a firing may hold its frame whole, once for every rule."""


Item = Arrival | Note | Answer | Signal
"""What goes down the road to the pipeline."""


class Intake:
    """What is on its way to the pipeline, at most MAX_FRAMES items and about MAX_BYTES of frames.

    When it is full the sources wait until it is half empty, so that they wake seldom. Answers to
    lookups and signals are always let in: what is here already waits for them.
    """

    def __init__(self, max_frames: int = MAX_FRAMES, max_bytes: int = MAX_BYTES) -> None:
        self._max_frames, self._max_bytes = max_frames, max_bytes
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._held: frozenset[str] = frozenset()
        self._closed = False
        lock = Lock()
        self._has_items, self._has_room = Condition(lock), Condition(lock)

    def put(self, item: Arrival | Note) -> None:
        """Hand in a frame or a note; blocks while the queue is full or its source is held. Raises
        Stopping once the intake is closed."""
        with self._has_items:
            while not self._has_room_for(item) and not self._closed:
                self._has_room.wait()
            self._append(item)

    def offer(self, arrival: Arrival) -> bool:
        """Hand in a frame if there is room now, and say whether there was. Raises Stopping once
        the intake is closed."""
        with self._has_items:
            if self._has_room_for(arrival) or self._closed:
                self._append(arrival)
                return True
            return False

    def _has_room_for(self, item: Arrival | Note) -> bool:
        is_full = len(self._items) >= self._max_frames or self._bytes >= self._max_bytes
        return not is_full and item.source not in self._held

    def _append(self, item: Arrival | Note) -> None:
        if self._closed:
            raise Stopping("the intake is closed")
        self._items.append(item)
        self._bytes += _size(item)
        self._has_items.notify()

    def tell(self, told: Answer | Signal) -> None:
        """Let an answer to a lookup or a signal in. Never blocks; once the intake is closed it is
        dropped."""
        with self._has_items:
            if not self._closed:
                self._items.append(told)
                self._has_items.notify()

    def hold(self, sources: frozenset[str]) -> None:
        """Let nothing in from these sources until this is called without them."""
        with self._has_items:
            if sources != self._held:
                self._held = sources
                self._has_room.notify_all()

    def take(self, most: int, timeout: float | None = None) -> list[Item] | None:
        """What waits, at most `most`; blocks until there is something, `timeout` seconds pass and
        it is nothing, or the intake is closed. None after it was closed and emptied."""
        with self._has_items:
            if not self._items and not self._closed:
                self._has_items.wait(timeout)
            if not self._items and self._closed:
                return None
            taken: list[Item] = []
            size = 0
            while self._items and len(taken) < most and size < BATCH_BYTES:
                taken.append(self._items.popleft())
                size += _size(taken[-1])
            self._bytes -= size
            if len(self._items) <= self._max_frames // 2 and self._bytes <= self._max_bytes // 2:
                self._has_room.notify_all()
            return taken

    def close(self) -> None:
        """Take nothing more in; what is in the queue can still be taken."""
        with self._has_items:
            self._closed = True
            self._has_items.notify_all()
            self._has_room.notify_all()

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def __len__(self) -> int:
        return len(self._items)


def _size(item: Item) -> int:
    """The bytes of a frame; beside frames all else is small."""
    return len(item.raw) if isinstance(item, Arrival) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeFeed:
    """One source's way into the intake: a Feed that puts its name on every frame.

    `recall` reads what the journal keeps for this source.
    """

    intake: Intake
    source: str
    platform: bool
    recall: Callable[[], Mapping[str, object]] = dict

    def put(self, frame: Frame) -> None:
        """Hand in one frame; blocks while the road is full. Raises Stopping."""
        self.intake.put(self._arrival(frame))

    def offer(self, frame: Frame) -> bool:
        """Hand in one frame if there is room now, and say whether there was. Raises Stopping."""
        return self.intake.offer(self._arrival(frame))

    def _arrival(self, frame: Frame) -> Arrival:
        return Arrival(
            source=self.source,
            raw=frame.raw,
            identity=frame.identity,
            is_named=frame.is_named,
            platform=self.platform,
            facts=frame.facts,
            subject=frame.subject,
            time=frame.time,
            remember=frame.remember,
            acknowledge=frame.acknowledge,
        )

    def remember(self, values: Mapping[str, object]) -> None:
        """Have the journal keep these; blocks while the road is full. Raises Stopping."""
        self.intake.put(Note(source=self.source, remember=values))

    def connected(self) -> None:
        """The source is subscribed: the supervisor keeps its state, nothing is to be done here."""

    def say(self, text: str) -> None:
        """The supervisor writes it: it goes no further."""
