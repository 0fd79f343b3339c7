import json
from contextlib import closing
from datetime import timedelta
from threading import Event

import pytest

from reactor.clock import utc_now
from reactor.platforms.docker.client import Client
from reactor.platforms.docker.dial import parse_address
from reactor.platforms.docker.model import Model
from reactor.platforms.pool import Pool
from reactor.sources.enginesession import Asking, Past, Session
from tests.fake_engine import docker_event, fake_engine
from tests.fakes import RecordingFeed
from tests.platforms.docker.story import ENGINE


class Script:
    """A reader that has these lines, block by block, and then ends."""

    def __init__(self, *blocks):
        self._blocks = list(blocks)
        self._woken = Event()

    def wake(self):
        self._woken.set()

    def lines(self, stop, patience):
        """An empty block is a moment of silence, ended by an answer."""
        if not self._blocks:
            return None
        block = self._blocks.pop(0)
        if not block:
            self._woken.wait(min(patience, 0.2))
            self._woken.clear()
        return [json.dumps(each).encode() for each in block]


@pytest.fixture
def engine():
    with fake_engine() as running:
        yield running


@pytest.fixture
def feed():
    return RecordingFeed()


@pytest.fixture
def past():
    return Past(Model(ENGINE, {}))


def read(past, engine, feed, *blocks):
    """One connection, on which the reader says this."""
    address = parse_address(engine.url)
    with closing(Client(address, None)) as client, closing(Pool("test", 2)) as pool:
        asking = Asking(
            engine=ENGINE, client=client, wishes=frozenset(), pool=pool, skew=timedelta()
        )
        Session(past, asking, Script(*blocks), feed, timedelta(minutes=5)).run([], Event())
    frames, feed.puts = feed.puts, []
    return [(json.loads(each.raw), each.facts) for each in frames]


def ago(seconds, action="pause", **attributes):
    """An event of so many seconds ago."""
    nano = int((utc_now().timestamp() - seconds) * 10**9)
    return docker_event(action, nano, **attributes)


def ring(*events):
    return {"reactor": "ring", "events": list(events)}


def actions(told):
    return [data.get("docker", {}).get("Action", data["type"]) for data, _ in told]


def test_at_the_first_start_nothing_that_was_before_is_told(past, engine, feed):
    told = read(past, engine, feed, [ring(ago(9), ago(5, "start"))], [ago(1, "unpause")])

    assert actions(told) == ["unpause"]


def test_what_was_missed_between_two_connections_is_in_the_ring(past, engine, feed):
    before, missed, after = ago(9), ago(5, "start"), ago(1, "unpause")
    read(past, engine, feed, [ring(before)])

    told = read(past, engine, feed, [ring(before, missed)], [missed, after])

    assert actions(told) == ["start", "unpause"]


def test_of_the_ring_only_what_an_engine_is_asked_for_is_told(past, engine, feed):
    before = ago(9)
    read(past, engine, feed, [ring(before)])

    told = read(past, engine, feed, [ring(before, ago(5, "exec_create"), ago(4, "start"))])

    assert actions(told) == ["start"]


def test_a_stop_right_before_the_engine_was_restarted_is_revised(past, engine, feed):
    stop = [ago(3, "kill", signal="15"), ago(2.9, "die", exitCode="0"), ago(2.8, "stop")]
    read(past, engine, feed, [ring(ago(9))], stop)

    told = read(past, engine, feed, [ring()])

    assert actions(told)[-2:] == ["gap", "revised"]


@pytest.mark.parametrize("still_there", [[], ["start"]])
def test_a_ring_that_does_not_reach_back_is_a_gap(past, engine, feed, still_there):
    read(past, engine, feed, [ring(ago(9))])

    told = read(past, engine, feed, [ring(*(ago(1, action) for action in still_there))])

    assert actions(told) == ["gap", *still_there]


def test_what_the_reader_dropped_is_a_gap_with_its_time(past, engine, feed):
    drop = {"reactor": "dropped", "count": 3, "from": 1_893_456_000 * 10**9, "to": None}

    ((gap, _),) = read(past, engine, feed, [drop])

    assert gap["reason"] == "3 events came faster than they were taken"
    assert gap["from"].startswith("2030-01-01T00:00:00")


def test_an_event_that_is_told_twice_is_one(past, engine, feed):
    twice = ago(1)

    assert actions(read(past, engine, feed, [twice, twice], [twice])) == ["pause"]


def test_what_is_read_late_is_judged_by_its_own_time(past, engine, feed):
    end = [ago(61, "kill", signal="15"), ago(60.9, "die", exitCode="137")]

    told = read(past, engine, feed, end, [], [], [], [ago(60.8, "stop")])

    assert [facts.get("cause") for data, facts in told if data.get("state") == "Stopped"] == [
        "planned_stop"
    ]


def test_windows_tell_up_to_when_all_was_read(past, engine, feed):
    at = 1_893_456_000 * 10**9

    read(past, engine, feed, [{"reactor": "window", "at": at}])

    assert feed.kept["since"] == str(at)


def test_what_is_no_event_and_no_word_goes_on_as_it_is(past, engine, feed):
    told = read(past, engine, feed, [{"what": "is this"}, {"reactor": "news"}])

    assert [data for data, _ in told] == [{"what": "is this"}, {"reactor": "news"}]


def test_events_of_what_is_not_read_are_left_out(past, engine, feed):
    assert read(past, engine, feed, [{**ago(1), "Type": "network"}]) == []


def test_an_engine_that_cannot_be_listed_is_said_and_tried_again(past, engine, feed):
    read(past, engine, feed, [], [], [])

    assert feed.wait_for_said("the containers could not be listed").endswith("again in 60 s")
