"""What sources read from, one for each type of source, to be told what to do; and a road that is
closed at first."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Condition, Event

from reactor.model.errors import Stopping
from reactor.model.event import Frame
from reactor.model.protocols import Source
from reactor.model.secret import Secret
from reactor.sources.cloudstream import DockerCloudSource
from reactor.sources.socketstream import WebSocketSource
from tests.fake_engine import docker_event, fake_engine
from tests.fakes import PATIENCE
from tests.service import eventually
from tests.sources.cloud import FakeCloud, fake_cloud


def nothing() -> None:
    """What cannot be done to a source of that type."""


@dataclass(frozen=True)
class Outside:
    """What a source of one type reads from: `options` lead there, `send` hands in the n-th frame,
    with so many bytes in it. `garble` hands in a broken one; `fail` breaks the connection and
    `mend` lets it be made again, after which so many `gaps` are told; `fall_silent` makes it
    half-open. Of a flood it takes so much that something may be lost once `is_over_full` holds."""

    options: dict[str, object]
    send: Callable[[int, int], None]
    garble: Callable[[], None] = nothing
    fail: Callable[[], None] = nothing
    mend: Callable[[], None] = nothing
    fall_silent: Callable[[], None] = nothing
    is_over_full: Callable[[Source], bool] = lambda source: True
    gaps: int = 0


MORE_THAN_A_READER_HOLDS = 100_000_000


@contextmanager
def docker_outside(_: Path) -> Iterator[Outside]:
    with fake_engine() as engine:
        sizes = [0]

        def send(number: int, size: int) -> None:
            event = docker_event(time=number + 1, n=str(number), padding="x" * size)
            # What the engine has not written yet lies in our own memory, which is measured.
            eventually(lambda: engine.chunks.qsize() < 10, "the engine's stream is read")
            engine.say(event)
            sizes[0] += size

        yield Outside(
            options={"host": engine.url},
            send=send,
            garble=lambda: engine.chunks.put(b'{"Type":\n'),
            fail=engine.cut,
            is_over_full=lambda _: sizes[0] > MORE_THAN_A_READER_HOLDS and engine.chunks.empty(),
            gaps=1,  # what an engine does not have any more it may have had
        )


@contextmanager
def file_outside(folder: Path) -> Iterator[Outside]:
    path = folder / "events.jsonl"
    path.touch()

    def append(text: str) -> None:
        with path.open("a") as file:
            file.write(text + "\n")

    def fail() -> None:
        path.unlink()
        path.mkdir()  # not even root reads lines from a folder

    yield Outside(
        options={"path": str(path), "follow": True},
        send=lambda number, size: append(json.dumps({"n": number, "padding": "x" * size})),
        garble=lambda: append('{"Type":'),
        fail=fail,
        mend=path.rmdir,
    )


def _is_resting(source: Source) -> bool:
    assert isinstance(source, DockerCloudSource | WebSocketSource)
    return source._spool._full_since is not None


def websocket_outside(cloud: FakeCloud, options: dict[str, object], gaps: int = 0) -> Outside:
    """Of any source that reads a WebSocket."""

    def fail() -> None:
        cloud.status = "503 Service Unavailable"
        cloud.hang_up()

    def mend() -> None:
        cloud.status = ""

    def fall_silent() -> None:
        cloud.answers_pings = False

    return Outside(
        options=options,
        send=lambda number, size: cloud.say({"n": number, "padding": "x" * size}),
        garble=lambda: cloud.say(b'{"Type":'),
        fail=fail,
        mend=mend,
        fall_silent=fall_silent,
        is_over_full=_is_resting,
        gaps=gaps,
    )


@contextmanager
def cloud_outside(_: Path) -> Iterator[Outside]:
    with fake_cloud() as cloud:
        yield websocket_outside(cloud, cloud.options)


@contextmanager
def stream_outside(_: Path) -> Iterator[Outside]:
    with fake_cloud() as cloud:
        url = Secret(f"ws://{cloud.address}/stream")
        yield websocket_outside(cloud, {"url": url}, gaps=1)


@contextmanager
def schedule_outside(_: Path) -> Iterator[Outside]:
    every = timedelta(milliseconds=20)
    yield Outside(options={"every": every}, send=lambda number, size: None)


OUTSIDES: Mapping[str, Callable[[Path], AbstractContextManager[Outside]]] = {
    "docker": docker_outside,
    "dockercloud": cloud_outside,
    "file": file_outside,
    "schedule": schedule_outside,
    "tutum": cloud_outside,
    "websocket": stream_outside,
}


@dataclass(slots=True)
class Gate:
    """A feed that is full until it is opened. It keeps the numbers of frames, not their bytes."""

    numbers: list[int] = field(default_factory=list)
    gaps: list[Mapping[str, object]] = field(default_factory=list)
    subscribed: Event = field(default_factory=Event)
    opened: Event = field(default_factory=Event)
    is_waiting: Event = field(default_factory=Event)
    closed: Event = field(default_factory=Event)
    _changed: Condition = field(default_factory=Condition)

    def put(self, frame: Frame) -> None:
        self.is_waiting.set()
        self.opened.wait(PATIENCE)
        self.offer(frame)

    def offer(self, frame: Frame) -> bool:
        if self.closed.is_set():
            raise Stopping("closed")
        if not self.opened.is_set():
            self.is_waiting.set()
            return False
        try:
            data = json.loads(frame.raw)
        except ValueError:
            return True  # what was cut off by a connection's end
        with self._changed:
            if data.get("type") == "gap":
                self.gaps.append(data)
            else:
                self.numbers.append(_number(data))
            self._changed.notify_all()
        return True

    def remember(self, values: Mapping[str, object]) -> None:
        pass

    def recall(self) -> Mapping[str, object]:
        return {}

    def say(self, text: str) -> None:
        pass

    def connected(self) -> None:
        self.subscribed.set()

    def wait_past(self, number: int, send: Callable[[], None]) -> None:
        """Until a frame of at least this number has come. `send` sends one, again and again: what
        is sent between two connections comes nowhere."""
        for _ in range(int(PATIENCE)):
            send()
            with self._changed:
                if self._changed.wait_for(lambda: max(self.numbers, default=0) >= number, 1.0):
                    return
        raise AssertionError(self.numbers)


def _number(data: Mapping[str, object]) -> int:
    """As `send` gave it; of an engine it is an attribute of the container."""
    docker = data.get("docker")
    if isinstance(docker, dict):
        return int(docker["Actor"]["Attributes"]["n"])
    number = data["n"]
    assert isinstance(number, int)
    return number
