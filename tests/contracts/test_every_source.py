"""What every source of the registry must do, whatever it reads from."""

import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import count
from queue import Queue
from threading import Event, Thread

import pytest

from reactor.engine.inbound import Inbound, Refused
from reactor.model.errors import SourceLost
from reactor.model.problem import Place
from reactor.model.rule import SourceSpec
from reactor.model.secret import Secret
from reactor.sources import SOURCES
from reactor.sources.supervise import SourceState, Supervisor, World
from tests.contracts.outsides import OUTSIDES, Gate
from tests.fakes import PATIENCE, FullFeed, RecordingFeed, Running
from tests.service import eventually

REACHED = {"webhook"}
"""What others send is handed to these: they have no connection that can be lost or half-open. What
holds for them is at the end."""

MADE_HERE = {"schedule"}
"""What never was outside cannot be lost, nor garbled, nor come too fast."""

READ = [kind for kind in OUTSIDES if kind not in MADE_HERE]
SOCKETS = ["dockercloud", "tutum", "websocket"]


def test_every_source_is_examined():
    assert set(OUTSIDES) == set(SOURCES) - REACHED


@pytest.fixture(params=list(OUTSIDES))
def kind(request):
    return request.param


@pytest.fixture
def outside(kind, tmp_path):
    with OUTSIDES[kind](tmp_path) as found:
        yield found


def a_spec(kind, outside):
    return SourceSpec(name="s", type=kind, options=outside.options, place=Place("f", 1, 1))


@pytest.fixture
def spec(kind, outside):
    return a_spec(kind, outside)


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


@contextmanager
def supervised(spec, source, feed, lines):
    """The source of an entry, run as the service runs it."""
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
    try:
        yield supervisor
    finally:
        stop.set()
        thread.join(PATIENCE)
    assert supervisor.status.state is SourceState.STOPPED


@pytest.fixture
def supervisor(spec, source, feed, lines):
    with supervised(spec, source, feed, lines) as supervisor:
        yield supervisor
    assert supervisor.status.received == len(feed.puts)


def wait_for(lines, words):
    while words not in lines.get(timeout=PATIENCE):
        pass


def test_a_source_stops_within_a_second(source, feed, outside):
    with Running(source, feed) as running:
        outside.send(0, 0)
        feed.wait(1)

        running.stop.set()
        assert running.wait(seconds=1.0) is None


def test_a_source_that_waits_for_its_first_frame_stops_as_well(source, feed):
    with Running(source, feed) as running:
        assert feed.subscribed.wait(PATIENCE)

        running.stop.set()
        assert running.wait(seconds=1.0) is None


@pytest.mark.parametrize("kind", READ, indirect=True)
def test_a_lost_source_comes_back_and_goes_on(supervisor, feed, outside, lines):
    outside.send(0, 0)
    feed.wait(1)

    outside.fail()
    wait_for(lines, "trying again in ")
    outside.mend()
    outside.send(1, 0)

    feed.wait(2 + outside.gaps)
    assert supervisor.status.connections == 2


@pytest.mark.parametrize("kind", READ, indirect=True)
def test_a_broken_frame_is_handed_on_as_it_is_and_not_fatal(source, feed, outside):
    with Running(source, feed):
        outside.garble()
        outside.send(1, 0)

        assert feed.wait(2)[0].raw == b'{"Type":'


def test_a_full_road_makes_the_source_wait(source, outside):
    feed = FullFeed(room=2)
    for number in range(5):
        outside.send(number, 0)

    with Running(source, feed) as running:
        assert feed.is_waiting.wait(PATIENCE)
        assert feed.taken == 2

        feed.closed.set()
        running.wait()


LAST = 180


def flood(outside):
    """Much more than may wait in memory, as fast as it is taken."""
    for number in range(LAST):
        outside.send(number, 800_000)


@pytest.mark.parametrize("kind", READ, indirect=True)
def test_a_road_that_stays_full_costs_no_more_memory_and_what_may_be_lost_is_told(
    spec, source, outside, kind, lines
):
    gate = Gate()
    with supervised(spec, source, gate, lines), ThreadPoolExecutor(1) as pool:
        assert gate.subscribed.wait(PATIENCE)
        tracemalloc.start()
        flooding = pool.submit(flood, outside)
        assert gate.is_waiting.wait(PATIENCE)
        eventually(lambda: outside.is_over_full(source), "more came than can wait")
        gate.opened.set()
        flooding.result(PATIENCE)
        numbers = count(LAST)
        gate.wait_past(LAST, lambda: outside.send(next(numbers), 0))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert peak < 100_000_000
    assert gate.numbers == sorted(set(gate.numbers))
    assert bool(gate.gaps) == (kind != "file")  # a file waits, however long it takes
    assert gate.numbers == list(range(len(gate.numbers))) or kind == "docker"


def time_to_loss(kind, outside):
    """Seconds until a source notices that nobody is there any more."""
    feed = RecordingFeed()
    with Running(SOURCES[kind].open(a_spec(kind, outside)), feed) as running:
        assert feed.subscribed.wait(PATIENCE)
        outside.fall_silent()
        begin = time.monotonic()
        assert isinstance(running.wait(), SourceLost)
        return time.monotonic() - begin


def test_a_connection_that_is_only_half_open_is_noticed_within_15_seconds(tmp_path):
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        outsides = [stack.enter_context(OUTSIDES[kind](tmp_path)) for kind in SOCKETS]

        assert all(seconds < 15 for seconds in pool.map(time_to_loss, SOCKETS, outsides))


def test_the_state_of_a_source_is_visible(supervisor, feed, outside, spec):
    outside.send(0, 0)
    feed.wait(1)
    assert feed.subscribed.wait(PATIENCE)

    status = supervisor.status
    assert (status.name, status.type) == ("s", spec.type)
    assert status.state is SourceState.CONNECTED
    assert status.detail
    assert status.connections == 1


HOOK = SourceSpec(
    name="s", type="webhook", options={"token": Secret("a-token")}, place=Place("f", 1, 1)
)


def hand(source, body):
    """What a request gets."""
    headers = (("content-type", "application/json"), ("authorization", "Bearer a-token"))
    now = datetime(2030, 1, 7, tzinfo=UTC)
    return source.receive(Inbound(headers=headers, body=body), now, lambda: None)


def test_a_source_that_is_reached_shows_its_state_counts_and_stops_within_a_second(feed, lines):
    source = SOURCES["webhook"].open(HOOK)
    with supervised(HOOK, source, feed, lines) as supervisor:
        assert feed.subscribed.wait(PATIENCE)
        assert hand(source, b'{"n": 1}')
        status = supervisor.status
        assert (status.state, status.received) == (SourceState.CONNECTED, 1)
        begin = time.monotonic()

    assert time.monotonic() - begin < 1.0


def test_a_source_that_is_reached_refuses_what_is_broken_and_goes_on(feed):
    source = SOURCES["webhook"].open(HOOK)
    with Running(source, feed):
        assert feed.subscribed.wait(PATIENCE)

        assert isinstance(hand(source, b'{"n":'), Refused)
        assert hand(source, b'{"n": 1}')

    assert len(feed.puts) == 1


def test_on_a_full_road_a_source_that_is_reached_takes_nothing_and_keeps_nothing():
    source, feed = SOURCES["webhook"].open(HOOK), FullFeed(room=1)
    with Running(source, feed):
        eventually(lambda: hand(source, b"{}") is not None, "one has room")
        tracemalloc.start()

        flood = b'{"n": "' + b"x" * 800_000 + b'"}'
        told = {hand(source, flood) for _ in range(180)}

        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert told == {None}
    assert feed.taken == 1
    assert peak < 20_000_000
