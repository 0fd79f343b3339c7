"""Streams that end badly, for the exams of the `dockercloud` source: a server that drops every
connection, a proxy that forwards nothing any more; and what a process holds meanwhile."""

import gc
import json
import os
import tracemalloc
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from socket import SHUT_RDWR, create_connection, create_server, socket
from sys import intern
from threading import Condition, Event, Thread
from uuid import UUID

from reactor.model.event import Frame
from reactor.model.uri import object_uri
from tests.fakes import PATIENCE
from tests.sources.cloud import PING, FakeCloud, a_frame

Change = tuple[int, str]
"""The number of a container and the state that it went to."""


@dataclass(slots=True)
class Tally:
    """A feed that keeps the numbers of frames and none of their bytes. `inferred` has the changes
    that were inferred at each connection."""

    numbers: list[int] = field(default_factory=list)
    inferred: list[list[Change]] = field(default_factory=list)
    kept: dict[str, object] = field(default_factory=dict)
    _changed: Condition = field(default_factory=Condition)

    def connected(self) -> None:
        self.inferred.append([])

    def say(self, text: str) -> None:
        raise AssertionError(text)

    def offer(self, frame: Frame) -> bool:
        data = json.loads(frame.raw)
        with self._changed:
            if "n" in data:
                self.numbers.append(data["n"])
            else:
                assert data["inferred"] is True
                self.inferred[-1].append((_number(data["resource_uri"]), intern(data["state"])))
            self._keep(frame.remember)
        return True

    def put(self, frame: Frame) -> None:
        raise AssertionError("a stream without replay offers")

    def remember(self, values: Mapping[str, object]) -> None:
        with self._changed:
            self._keep(values)

    def _keep(self, values: Mapping[str, object]) -> None:
        kept = {**self.kept, **values}
        self.kept = {key: value for key, value in kept.items() if value is not None}
        self._changed.notify_all()

    def recall(self) -> Mapping[str, object]:
        return dict(self.kept)

    def has_inferred(self, count: int, seconds: float) -> bool:
        """Whether within so many seconds the last connection had its baseline, or told of so many
        changes."""
        with self._changed:
            return self._changed.wait_for(
                lambda: "baseline" in self.kept and len(self.inferred[-1]) >= count, seconds
            )


class Flapping:
    """Has a FakeCloud drop connection after connection, each in another way.

    `sent` are the numbers of all frames that were sent whole. `missed` has, for each connection
    that lasted until the objects were compared, what had changed without a frame that told of it.
    """

    def __init__(self, cloud: FakeCloud, feed: Tally, seed: int) -> None:
        self._cloud, self._feed, self._chance = cloud, feed, Random(seed)
        self._endings = (self._compared, self._at_once, self._compared, self._torn, self._unheard)
        self.sent: list[int] = []
        self.missed: list[list[Change]] = []
        self._objects = dict.fromkeys(range(20), "Running")
        self._told = dict(self._objects)
        cloud.answers_pings = False
        self._change()
        self._told = dict(self._objects)  # the first listing is taken as it is

    def serve(self, connections: int) -> None:
        """Accept so many, one after the other. Blocks until the last was dropped; raises
        AssertionError when the source does not do its part."""
        for number in range(connections):
            assert self._cloud.connected.wait(PATIENCE)
            self._say(self._chance.randrange(10))
            self._endings[number % len(self._endings)]()
            self._cloud.listable.clear()
            self._cloud.hang_up()
            self._change()

    def _change(self) -> None:
        """What happens while nobody looks: always something, often more, and there and back."""
        for number in self._chance.sample(sorted(self._objects), 3):
            self._objects[number] = self._chance.choice(("Running", "Stopped", "Starting"))
        youngest = max(self._objects)
        del self._objects[min(self._objects)]
        self._objects[youngest + 1] = "Starting"
        self._list()

    def _list(self) -> None:
        self._cloud.objects = {
            "container": [
                {"resource_uri": _uri(number), "state": state}
                for number, state in self._objects.items()
            ]
        }

    def _say(self, count: int) -> None:
        """Some frames that tell of an object, each followed by a PING; the listing waits."""
        for _ in range(count):
            number = self._chance.choice(list(self._objects))
            self._objects[number] = self._told[number] = self._chance.choice(("Running", "Stopped"))
            self._list()
            self.sent.append(len(self.sent))
            self._cloud.say(
                {
                    "n": self.sent[-1],
                    "type": "container",
                    "resource_uri": _uri(number),
                    "state": self._objects[number],
                }
            )
            self._cloud.send(a_frame(b"", PING))

    def _compared(self) -> None:
        """It lasts until the differences were told."""
        self.missed.append(self._differences())
        self._cloud.answers_pings = True
        self._cloud.listable.set()
        self._nudge(lambda: self._feed.has_inferred(len(self.missed[-1]), 0.01))
        self._cloud.answers_pings = False
        self._told = dict(self._objects)

    def _differences(self) -> list[Change]:
        gone = {(number, "Terminated") for number in self._told.keys() - self._objects}
        return sorted(gone | (self._objects.items() - self._told.items()))

    def _at_once(self) -> None:
        """It is dropped behind its frames, while the objects are being listed."""

    def _torn(self) -> None:
        """It is dropped in the middle of a frame."""
        self._cloud.send(a_frame(b'{"n": -1, "type": "container", "state": "Running"}')[:-9])

    def _unheard(self) -> None:
        """It is dropped when the objects were listed, and before the comparison."""
        self._cloud.received.clear()
        self._cloud.listable.set()
        self._nudge(lambda: any(opcode == PING for opcode, _ in list(self._cloud.received)))

    def _nudge(self, is_enough: Callable[[], bool]) -> None:
        """Let no time pass until the client looks again how far its listing is."""
        never = Event()
        for _ in range(1_000):
            if is_enough():
                return
            self._cloud.send(a_frame(b"", PING))
            never.wait(0.005)
        raise AssertionError("the source never got so far")


def _uri(number: int) -> str:
    return object_uri("container", str(UUID(int=number, version=4)))


def _number(uri: str) -> int:
    return int(uri.rstrip("/").rpartition("-")[2], base=16)


class BlackHole:
    """A proxy that one day takes all that it is sent, forwards nothing, and closes nothing."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._upstream = address
        self._swallows = Event()
        self._listening = create_server(("127.0.0.1", 0), backlog=64)
        self._open = [self._listening]
        self._threads = [Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        host, port = self._listening.getsockname()
        return host, port

    def swallow(self) -> None:
        """From now on nothing is forwarded, in either direction."""
        self._swallows.set()

    def _accept(self) -> None:
        with suppress(OSError):  # we close it
            while True:
                ours, theirs = self._listening.accept()[0], create_connection(self._upstream)
                self._open += [ours, theirs]
                for ends in ((ours, theirs), (theirs, ours)):
                    self._threads.append(Thread(target=self._forward, args=ends))
                    self._threads[-1].start()

    def _forward(self, source: socket, sink: socket) -> None:
        with suppress(OSError):  # one of them is gone
            while block := source.recv(64 * 1024):
                if not self._swallows.is_set():
                    sink.sendall(block)

    def __enter__(self) -> "BlackHole":
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._open:
            with suppress(OSError):  # the other side was quicker
                each.shutdown(SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(PATIENCE)


@dataclass(frozen=True, slots=True)
class Footprint:
    """What this process holds; `memory` is in bytes, without what tests allocated themselves."""

    descriptors: int
    memory: int


def footprint() -> Footprint:
    """What is held at this moment; tracemalloc must be running."""
    gc.collect()
    taken = tracemalloc.take_snapshot().filter_traces(
        [
            tracemalloc.Filter(inclusive=False, filename_pattern="*/tests/*"),
            tracemalloc.Filter(inclusive=False, filename_pattern="*/tracemalloc.py"),
        ]
    )
    return Footprint(
        descriptors=sum(1 for _ in Path("/proc/self/fd").iterdir()),
        memory=sum(trace.size for trace in taken.traces),
    )


def resident(pid: int) -> int:
    """The bytes of memory that a process has at this moment."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")
