from contextlib import contextmanager
from threading import Event, Lock, Thread

import pytest

from reactor.clock import monotonic, utc_now
from reactor.hub.docker.overhearing import MOST_REMEMBERED, Origin, Overhearing, Waiting
from reactor.model.errors import SourceLost
from reactor.model.event import Frame
from reactor.model.problem import Place
from reactor.model.rule import SourceSpec
from reactor.sources.relay import Relay
from reactor.sources.supervise import SourceState, SourceStatus, World
from tests.fakes import RecordingFeed, Running
from tests.service import eventually

LOCAL = SourceSpec(name="local", type="docker", options={}, place=Place("f", 1, 1))
HUB = SourceSpec(name="hub", type="docker", options={}, place=Place("f", 1, 1))


def a_frame(identity):
    return Frame(b"{}", identity)


def identities(feed):
    return [frame.identity for frame in feed.puts]


class Ear(RecordingFeed):
    """One that cannot hear everything, and counts how often it met an engine."""

    def __init__(self, *faults):
        super().__init__()
        self.faults, self.meetings = list(faults), 0
        self.busy = Lock()

    def connected(self):
        self.meetings += 1
        if self.faults:
            raise self.faults.pop()
        super().connected()

    def put(self, frame):
        if frame.identity == "odd":
            raise ZeroDivisionError
        with self.busy:
            super().put(frame)

    def forget(self):
        raise AssertionError


def a_waiting(most=9):
    forgotten = []
    return Waiting(lambda: forgotten.append("all"), most), forgotten


def test_what_was_told_is_handed_in_by_another_thread():
    waiting, _ = a_waiting()
    waiting.link(is_connected=True)
    feed = RecordingFeed()

    with Running(waiting, feed):
        waiting.hear(a_frame("1"))
        waiting.hear(a_frame("2"))
        feed.wait(2)

    assert identities(feed) == ["1", "2"]
    assert feed.subscribed.is_set()


def test_what_is_told_again_is_handed_in_once():
    waiting, _ = a_waiting()
    feed = RecordingFeed()

    with Running(waiting, feed):
        for identity in ("1", "2", "1", "2", "3"):
            waiting.hear(a_frame(identity))
        feed.wait(3)

    assert identities(feed) == ["1", "2", "3"]


def test_what_was_told_is_not_remembered_for_ever():
    waiting, _ = a_waiting(most=MOST_REMEMBERED + 9)
    feed = RecordingFeed()

    with Running(waiting, feed):
        for number in (*range(MOST_REMEMBERED + 1), 0):
            waiting.hear(a_frame(str(number)))
        feed.wait(MOST_REMEMBERED + 2)

    assert identities(feed)[-1] == "0"


def test_an_engine_that_could_not_be_asked_is_asked_again_before_more_is_heard():
    waiting, _ = a_waiting()
    waiting.link(is_connected=True)
    waiting.hear(a_frame("1"))
    ear = Ear(SourceLost("no answer"))

    with Running(waiting, ear) as first:
        assert isinstance(first.wait(), SourceLost)
    with Running(waiting, ear):
        ear.wait(1)

    assert ear.meetings == 2
    assert identities(ear) == ["1"]


def test_one_that_left_while_it_was_asked_is_not_asked_again():
    waiting, _ = a_waiting()
    waiting.link(is_connected=True)
    ear = Ear(SourceLost("no answer"))
    with Running(waiting, ear) as first:
        first.wait()
    waiting.link(is_connected=False)
    waiting.hear(a_frame("unreachable"))

    with Running(waiting, ear):
        ear.wait(1)

    assert (ear.meetings, identities(ear)) == (1, ["unreachable"])


def test_too_much_is_dropped_and_all_is_met_anew():
    waiting, forgotten = a_waiting(most=2)
    for number in range(9):
        waiting.hear(a_frame(str(number)))
    waiting.link(is_connected=True)
    ear = Ear()

    with Running(waiting, ear) as first:
        assert "2 frames wait" in str(first.wait())
    with Running(waiting, ear):
        waiting.hear(a_frame("later"))
        ear.wait(1)

    assert (forgotten, ear.meetings, identities(ear)) == (["all"], 1, ["later"])


@contextmanager
def overhearing(ear, relay, status=None):
    """A running one, and what it logs."""
    lines = []
    world = World(
        now=utc_now,
        monotonic=monotonic,
        jitter=lambda: 0.0,
        log=lines.append,
        on_refused=lambda _: None,
    )
    origin = Origin(
        attend=lambda hearer: relay.heard_by(hearer, LOCAL.name, LOCAL.options),
        status=lambda: status,
    )
    running, stop = Overhearing(HUB, origin, ear, world), Event()
    thread = Thread(target=running.run, args=(stop,))
    thread.start()
    try:
        yield running, lines
    finally:
        stop.set()
        thread.join()


def test_a_source_does_not_wait_for_an_ear_that_does():
    ear, relay = Ear(), Relay()
    with overhearing(ear, relay):
        with ear.busy:
            relay.link(LOCAL, is_connected=True)
            for number in range(1_000):
                relay.tell(LOCAL, a_frame(str(number)))
        ear.wait(1_000)

    assert identities(ear) == [str(number) for number in range(1_000)]


def test_a_fault_of_the_ear_reaches_neither_the_source_nor_what_comes_after_it():
    ear, relay = Ear(), Relay()
    relay.link(LOCAL, is_connected=True)

    with overhearing(ear, relay) as (running, lines):
        eventually(ear.subscribed.is_set, "it hears")
        relay.tell(LOCAL, a_frame("odd"))
        relay.tell(LOCAL, a_frame("1"))
        ear.wait(1)

    assert identities(ear) == ["1"]
    assert any("ZeroDivisionError" in line for line in lines)
    assert running.status.state is SourceState.STOPPED


@pytest.mark.parametrize("state", [SourceState.WAITING, SourceState.REFUSED])
def test_why_there_is_no_engine_the_source_knows(state):
    away = SourceStatus(
        name="local", type="docker", state=state, since=utc_now(), detail="no such socket"
    )

    with overhearing(Ear(), Relay(), away) as (running, _):
        assert running.status == away


def test_while_the_source_is_connected_it_tells_how_the_hub_gets_on():
    here = SourceStatus(name="local", type="docker", state=SourceState.CONNECTED, since=utc_now())

    with overhearing(Ear(), Relay(), here) as (running, _):
        assert running.status.state is SourceState.STARTING
