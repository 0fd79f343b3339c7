"""What every source of the registry must do, whatever it reads from."""

import json
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import Queue
from threading import Event, Thread

import pytest

from reactor.model.problem import Place
from reactor.model.rule import SourceSpec
from reactor.sources import SOURCES
from reactor.sources.supervise import SourceState, Supervisor, World
from tests.fake_engine import docker_event, fake_engine
from tests.fakes import PATIENCE, FullFeed, RecordingFeed, Running
from tests.sources.cloud import fake_cloud


@dataclass(frozen=True)
class Outside:
    """What a source of one type reads from: `options` lead there, `send` hands in the n-th frame,
    `garble` a broken one; `fail` breaks the connection and `mend` lets it be made again."""

    options: dict[str, object]
    send: Callable[[int], None]
    garble: Callable[[], None]
    fail: Callable[[], None]
    mend: Callable[[], None]


@contextmanager
def docker_outside(_folder):
    with fake_engine() as engine:
        yield Outside(
            options={"host": engine.url},
            send=lambda number: engine.say(docker_event(time=number + 1)),
            garble=lambda: engine.chunks.put(b'{"Type":\n'),
            fail=engine.cut,
            mend=lambda: None,
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
        path.mkdir()  # not even root reads lines from a folder

    yield Outside(
        options={"path": str(path), "follow": True},
        send=lambda number: append(json.dumps({"n": number})),
        garble=lambda: append('{"Type":'),
        fail=fail,
        mend=path.rmdir,
    )


@contextmanager
def dockercloud_outside(_folder):
    with fake_cloud() as cloud:

        def fail():
            cloud.status = "503 Service Unavailable"
            cloud.hang_up()

        def mend():
            cloud.status = ""

        yield Outside(
            options=cloud.options,
            send=lambda number: cloud.say({"n": number}),
            garble=lambda: cloud.say(b'{"Type":'),
            fail=fail,
            mend=mend,
        )


OUTSIDES = {"docker": docker_outside, "dockercloud": dockercloud_outside, "file": file_outside}


@pytest.fixture(params=list(SOURCES))
def kind(request):
    return request.param


@pytest.fixture
def outside(kind, tmp_path):
    with OUTSIDES[kind](tmp_path) as found:
        yield found


@pytest.fixture
def spec(kind, outside):
    return SourceSpec(name="s", type=kind, options=outside.options, place=Place("f", 1, 1))


@pytest.fixture
def source(kind, spec):
    return SOURCES[kind].open(spec)


@pytest.fixture
def lines():
    """What the supervisor says."""
    return Queue()


@pytest.fixture
def feed():
    return RecordingFeed()


@pytest.fixture
def supervisor(spec, source, feed, lines):
    world = World(
        now=lambda: datetime(2030, 1, 7, tzinfo=UTC),
        monotonic=time.monotonic,
        jitter=lambda: 0.1,
        log=lines.put,
        on_refused=lambda status: None,
    )
    supervisor, stop = Supervisor(spec, source, feed, world), Event()
    thread = Thread(target=supervisor.run, args=(stop,))
    thread.start()
    yield supervisor
    stop.set()
    thread.join(PATIENCE)
    assert supervisor.status.state is SourceState.STOPPED


def wait_for(lines, words):
    while words not in lines.get(timeout=PATIENCE):
        pass


def test_a_source_stops_within_a_second(source, feed, outside):
    with Running(source, feed) as running:
        outside.send(0)
        feed.wait(1)

        running.stop.set()
        assert running.wait(seconds=1.0) is None


def test_a_source_that_waits_for_its_first_frame_stops_as_well(source, feed):
    with Running(source, feed) as running:
        assert feed.subscribed.wait(PATIENCE)

        running.stop.set()
        assert running.wait(seconds=1.0) is None


def test_a_lost_source_comes_back_and_goes_on(supervisor, feed, outside, lines):
    outside.send(0)
    feed.wait(1)

    outside.fail()
    wait_for(lines, "trying again in ")
    outside.mend()
    outside.send(1)

    feed.wait(2)
    assert supervisor.status.connections == 2


def test_a_broken_frame_is_handed_on_as_it_is_and_not_fatal(source, feed, outside):
    with Running(source, feed):
        outside.garble()
        outside.send(1)

        assert feed.wait(2)[0].raw == b'{"Type":'


def test_a_full_road_makes_the_source_wait(source, outside):
    feed = FullFeed(room=2)
    for number in range(5):
        outside.send(number)

    with Running(source, feed) as running:
        assert feed.is_waiting.wait(PATIENCE)
        assert feed.taken == 2

        feed.closed.set()
        running.wait()


def test_the_state_of_a_source_is_visible(supervisor, feed, outside, spec):
    outside.send(0)
    feed.wait(1)
    assert feed.subscribed.wait(PATIENCE)

    status = supervisor.status
    assert (status.name, status.type) == ("s", spec.type)
    assert status.state is SourceState.CONNECTED
    assert status.detail
