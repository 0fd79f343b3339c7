"""What every source of the registry must do, whatever it reads from."""

import json
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event, Thread

import pytest

from reactor.model.problem import Place
from reactor.model.rule import SourceSpec
from reactor.sources import SOURCES
from reactor.sources.supervise import SourceState, Supervisor, World
from tests.fake_engine import docker_event, fake_engine
from tests.fakes import PATIENCE, FullFeed, RecordingFeed, Running


@dataclass(frozen=True)
class Outside:
    """What a source of one type reads from: `options` lead there, `send` hands in the n-th frame,
    `garble` one that is broken, `fail` breaks the connection so that it can be made again."""

    options: dict[str, object]
    send: Callable[[int], None]
    garble: Callable[[], None]
    fail: Callable[[], None]


@contextmanager
def docker_outside(_folder):
    with fake_engine() as engine:
        yield Outside(
            options={"host": engine.url},
            send=lambda number: engine.say(docker_event(time=number + 1)),
            garble=lambda: engine.chunks.put(b'{"Type": \n'),
            fail=engine.cut,
        )


@contextmanager
def file_outside(folder):
    path = folder / "events.jsonl"
    path.touch()

    def append(text):
        with path.open("a") as file:
            file.write(text + "\n")

    def fail():
        path.unlink()
        path.mkdir()  # not even root can read lines from that

    yield Outside(
        options={"path": str(path), "follow": True},
        send=lambda number: append(json.dumps({"n": number})),
        garble=lambda: append('{"Type":'),
        fail=fail,
    )


OUTSIDES = {"docker": docker_outside, "file": file_outside}


@pytest.fixture(params=list(SOURCES))
def kind(request):
    return request.param


@pytest.fixture
def outside(kind, tmp_path):
    with OUTSIDES[kind](tmp_path) as found:
        yield found


def spec_of(kind, outside):
    return SourceSpec(name="s", type=kind, options=outside.options, place=Place("f", 1, 1))


def opened(kind, outside):
    return SOURCES[kind].open(spec_of(kind, outside))


class Impatient(Event):
    """A stop whose waiting for the next try is cut short; `lost` is set when it comes to that."""

    def __init__(self):
        super().__init__()
        self.lost = Event()

    def wait(self, timeout=None):
        self.lost.set()
        return super().wait(min(timeout, 0.05))


def supervised(kind, outside, feed, lines):
    world = World(
        now=lambda: datetime(2030, 1, 7, tzinfo=UTC),
        monotonic=time.monotonic,
        jitter=lambda: 0.1,
        log=lines.put if hasattr(lines, "put") else lines.append,
        on_refused=lambda status: None,
    )
    return Supervisor(spec_of(kind, outside), opened(kind, outside), feed, world)


@contextmanager
def running(supervisor):
    stop = Impatient()
    thread = Thread(target=supervisor.run, args=(stop,))
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()
