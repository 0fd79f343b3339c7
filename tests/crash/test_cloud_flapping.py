"""A stream that breaks again and again costs nothing that lasts, and loses nothing that came."""

import os
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import active_count

import pytest

from reactor.clock import monotonic, utc_now
from reactor.model.problem import Place
from reactor.model.rule import SourceSpec
from reactor.sources.cloudstream import DockerCloudSource
from reactor.sources.supervise import Supervisor, World
from tests.crash.streams import Flapping, Tally, footprint
from tests.fakes import CountingStop
from tests.service import eventually
from tests.sources.cloud import fake_cloud


@pytest.fixture
def seed():
    """SEED=… repeats a run, as far as threads can be repeated."""
    seed = int(os.environ.get("SEED", Random().randrange(1_000_000)))
    print(f"SEED={seed}")  # noqa: T201 -- pytest shows it when the test fails
    return seed


@pytest.fixture
def cloud():
    with fake_cloud() as cloud:
        yield cloud


@pytest.fixture
def feed():
    return Tally()


@pytest.fixture
def supervisor(cloud, feed):
    spec = SourceSpec(name="s", type="dockercloud", options=cloud.options, place=Place("f", 1, 1))
    world = World(
        now=utc_now,
        monotonic=monotonic,
        jitter=lambda: 0.0,  # it never waits before it connects again
        log=lambda line: None,
        on_refused=lambda status: None,
    )
    return Supervisor(spec, DockerCloudSource(cloud.options, {}), feed, world)


@pytest.fixture
def flap(cloud, feed, supervisor, seed):
    """Has the source connect so many times; returns what became of it, and what is held then."""
    flapping = Flapping(cloud, feed, seed)
    threads = active_count()

    def flap(connections):
        with ThreadPoolExecutor(1) as pool:
            stop, serving = CountingStop(connections), pool.submit(flapping.serve, connections)
            serving.add_done_callback(lambda done: stop.set() if done.exception() else None)
            supervisor.run(stop)
            serving.result()
        eventually(lambda: active_count() == threads, "no thread of a connection is left")
        return flapping, footprint()

    tracemalloc.start()
    yield flap
    tracemalloc.stop()


@pytest.mark.long
def test_three_hundred_connections_cost_as_much_as_fifty_and_lose_and_repeat_nothing(
    flap, feed, supervisor
):
    _, early = flap(50)
    flapping, late = flap(250)

    print(f"after 50: {early}, after 300: {late}, {len(flapping.sent)} frames")  # noqa: T201 -- the finding
    assert supervisor.status.connections == 300
    assert feed.numbers == flapping.sent
    assert [sorted(changes) for changes in feed.inferred if changes] == flapping.missed[1:]
    assert late.descriptors <= early.descriptors
    assert late.memory < early.memory + 100_000  # 400 bytes a connection; the tally grows by 150
