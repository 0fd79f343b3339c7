"""Hand-written stand-ins, each small: a feed that remembers, and one that is full."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Condition, Event, Thread

from reactor.model.errors import Stopping
from reactor.model.event import Frame
from reactor.model.protocols import Feed, Source

PATIENCE = 20.0
"""Seconds until a test gives up on something that happens within milliseconds."""


@dataclass(slots=True)
class RecordingFeed:
    """A feed with room for everything, over a journal that keeps `kept`."""

    puts: list[Frame] = field(default_factory=list)
    kept: dict[str, object] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    subscribed: Event = field(default_factory=Event)
    _changed: Condition = field(default_factory=Condition)

    def put(self, frame: Frame) -> None:
        with self._changed:
            self.puts.append(frame)
            self._keep(frame.remember)
        if frame.acknowledge:
            frame.acknowledge()

    def offer(self, frame: Frame) -> bool:
        with self._changed:
            self.puts.append(frame)
            self._keep(frame.remember)
        return True

    def remember(self, values: Mapping[str, object]) -> None:
        with self._changed:
            self._keep(values)

    def _keep(self, values: Mapping[str, object]) -> None:
        kept = {**self.kept, **values}
        self.kept = {key: value for key, value in kept.items() if value is not None}
        self._changed.notify_all()

    def recall(self) -> Mapping[str, object]:
        return dict(self.kept)

    def connected(self) -> None:
        self.subscribed.set()

    def say(self, text: str) -> None:
        with self._changed:
            self.said.append(text)
            self._changed.notify_all()

    def wait_for_said(self, part: str) -> str:
        """The first line with `part` in it, as soon as there is one."""

        def found() -> list[str]:
            return [line for line in self.said if part in line]

        with self._changed:
            assert self._changed.wait_for(lambda: bool(found()), PATIENCE), self.said
            return found()[0]

    @property
    def frames(self) -> list[bytes]:
        with self._changed:
            return [put.raw for put in self.puts]

    def wait(self, count: int) -> list[Frame]:
        """The frames, as soon as there are `count`."""
        return self.wait_until(lambda puts: len(puts) >= count)

    def wait_for_kept(self, key: str) -> object:
        """What is kept under `key`, as soon as it is."""
        with self._changed:
            assert self._changed.wait_for(lambda: key in self.kept, PATIENCE), self.kept
            return self.kept[key]

    def wait_until(self, enough: Callable[[list[Frame]], bool]) -> list[Frame]:
        """The frames, as soon as there are `enough`."""
        with self._changed:
            assert self._changed.wait_for(lambda: enough(self.puts), PATIENCE), self.puts
            return list(self.puts)


@dataclass(slots=True)
class FullFeed:
    """A feed that takes `room` frames and then makes its source wait until it is closed."""

    room: int
    taken: int = 0
    is_waiting: Event = field(default_factory=Event)
    closed: Event = field(default_factory=Event)

    def put(self, frame: Frame) -> None:
        if self.taken < self.room:
            self.taken += 1
            return
        self.is_waiting.set()
        self.closed.wait(PATIENCE)
        raise Stopping("closed")

    def offer(self, frame: Frame) -> bool:
        if self.closed.is_set():
            raise Stopping("closed")
        if self.taken < self.room:
            self.taken += 1
            return True
        self.is_waiting.set()
        return False

    def remember(self, values: Mapping[str, object]) -> None:
        pass

    def recall(self) -> Mapping[str, object]:
        return {}

    def connected(self) -> None:
        pass

    def say(self, text: str) -> None:
        pass


class Running:
    """A source in a thread of its own. What it raises is kept in `error`."""

    def __init__(self, source: Source, feed: Feed) -> None:
        self.stop = Event()
        self.error: Exception | None = None
        self._thread = Thread(target=self._run, args=(source, feed))
        self._thread.start()

    def _run(self, source: Source, feed: Feed) -> None:
        try:
            source.run(feed, self.stop)
        except Exception as error:  # noqa: BLE001 -- the test looks at it in its own thread
            self.error = error

    def wait(self, seconds: float = PATIENCE) -> Exception | None:
        """What it ended with; fails if it still runs after `seconds`."""
        self._thread.join(seconds)
        assert not self._thread.is_alive(), f"still running after {seconds} s"
        return self.error

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join(PATIENCE)


class CountingStop(Event):
    """A stop that never really waits: it remembers the pauses and is set after `most`."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.pauses: list[float] = []
        self._most = most

    def wait(self, timeout: float | None = None) -> bool:
        self.pauses.append(timeout or 0.0)
        if len(self.pauses) >= self._most:
            self.set()
        return self.is_set()


class Scarce:
    """A reserve that can be made again only when there is room."""

    def __init__(self) -> None:
        self.is_there, self.has_room = True, False

    def make(self) -> bool:
        self.is_there = self.is_there or self.has_room
        return self.is_there

    def give_up(self) -> bool:
        was_there, self.is_there = self.is_there, False
        return was_there
