import json
from contextlib import closing
from datetime import timedelta
from threading import Event

import pytest

from reactor.clock import utc_now
from reactor.duration import from_micros
from reactor.engine.proof import clock_time
from reactor.platforms.docker.catchup import RING
from reactor.platforms.docker.client import Client
from reactor.platforms.docker.dial import parse_address
from reactor.platforms.docker.door import Door
from reactor.platforms.docker.model import Model
from reactor.platforms.docker.waiting import Ask
from reactor.platforms.pool import Pool
from reactor.sources.enginesession import Asking, Past, Session
from tests.fake_engine import docker_event, fake_engine
from tests.fakes import RecordingFeed
from tests.platforms.docker.story import ENGINE, MANAGER, SWARM, Story, a_container, at

SILENCE = [], [], []
"""Moments in which answers come in."""

WISHES = frozenset({"log_tail"})


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


def read(past, engine, feed, *blocks, wishes=frozenset()):
    """One connection, on which the reader says this."""
    address = parse_address(engine.url)
    with closing(Client(address, None)) as client, closing(Pool("test", 2)) as pool:
        asking = Asking(
            engine=past.model.engine,
            client=client,
            door=Door(client),
            wishes=wishes,
            pool=pool,
            skew=timedelta(),
        )
        Session(past, asking, Script(*blocks), feed, timedelta(minutes=5)).run([], Event())
    frames, feed.puts = feed.puts, []
    return [(json.loads(each.raw), each.facts) for each in frames]


def answered(value, status=200):
    return status, json.dumps(value).encode()


def ago(seconds, action="pause", **attributes):
    """An event of so many seconds ago."""
    nano = int((utc_now().timestamp() - seconds) * 10**9)
    return docker_event(action, nano, **attributes)


def ring(*events):
    return {"reactor": "ring", "events": list(events), "count": len(events)}


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
    read(past, engine, feed, [ring(ago(9))], a_stop(3), *SILENCE)

    told = read(past, engine, feed, [ring()])

    assert actions(told)[-2:] == ["gap", "revised"]


def a_stop(seconds):
    """What an engine tells of a stop so many seconds ago."""
    return [
        ago(seconds, "kill", signal="15"),
        ago(seconds - 0.1, "die", exitCode="0"),
        ago(seconds - 0.2, "stop"),
    ]


def causes(told):
    return [facts.get("cause") for data, facts in told if data.get("state") == "Stopped"]


def test_an_end_that_waits_when_the_connection_ends_is_judged_by_what_the_next_one_tells(
    past, engine, feed
):
    before, stop = ago(9), a_stop(3)

    assert causes(read(past, engine, feed, [ring(before)], stop)) == []
    assert causes(read(past, engine, feed, [], [ring(before, *stop)], *SILENCE)) == ["planned_stop"]


def test_an_end_that_waits_when_the_engine_is_restarted_came_with_it(past, engine, feed):
    read(past, engine, feed, [ring(ago(9))], a_stop(3))

    assert causes(read(past, engine, feed, [], [ring()], *SILENCE)) == ["host_down"]


def test_an_engine_that_starts_ends_what_it_finds(past, engine, feed):
    read(past, engine, feed, [ring(ago(9))], [ago(8, "start")])

    assert causes(read(past, engine, feed, [ring(*a_stop(3))], *SILENCE)) == ["host_down"]


@pytest.mark.parametrize("read_of_it", [RING, 5])
def test_an_engine_with_as_many_events_as_it_keeps_may_be_the_one_of_before(
    past, engine, feed, read_of_it
):
    read(past, engine, feed, [ring(ago(9))], [ago(8, "start")])
    full = [*(ago(5 - n / 1000, "rename") for n in range(RING - 3)), *a_stop(3)]

    told = read(past, engine, feed, [{**ring(*full[-read_of_it:]), "count": RING}], *SILENCE)

    assert causes(told) == ["planned_stop"]


@pytest.mark.parametrize(("away", "lost"), [(599, "heard"), (601, "began")])
def test_so_does_one_that_has_started_while_we_were_away(past, engine, feed, away, lost):
    heard, found = ago(away + 3, "start"), a_stop(3)
    read(past, engine, feed, [ring(ago(9999))], [heard])

    past = Past(Model(ENGINE, feed.kept))
    told = read(past, engine, feed, [ring(*found)], *SILENCE)

    (evidence,) = (facts["cause_evidence"] for _, facts in told if facts.get("cause"))
    moments = {"heard": heard, "began": found[0]}
    at = from_micros(moments[lost]["timeNano"] // 1000)
    assert f"{clock_time(at)} the engine was restarted" in evidence


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


def test_of_an_end_that_only_a_listing_shows_the_last_words_are_gathered(engine, feed):
    story = Story()
    story.listed(a_container(started_at=at(0)))
    past = Past(Model(ENGINE, story.kept, WISHES))
    state = {"Status": "exited", "ExitCode": 7, "FinishedAt": "2031-05-06T10:21:00Z"}
    engine.answers |= {
        "/v1.41/containers/json": answered([{"Id": "c0ffee", "State": "exited"}]),
        "/v1.41/containers/c0ffee/json": answered({"Id": "c0ffee", "State": state, "Config": {}}),
        "/v1.41/containers/c0ffee/logs": (200, b"no memory left\n"),
    }

    told = read(
        past, engine, feed, [{"reactor": "window", "at": 2 * 10**18}], [], [], wishes=WISHES
    )

    (end,) = (facts for data, facts in told if data.get("state") == "Stopped")
    assert (end["container"]["exit_code"], end["cause"]) == (7, "crash")
    assert end["container"]["log_tail"] == "no memory left"


def test_of_too_many_that_end_at_once_it_is_said_that_last_words_are_missing(engine, feed):
    past = Past(Model(ENGINE, {}, WISHES))
    ends = [
        {**ago(1, "die"), "Actor": {"ID": f"c{n}", "Attributes": {"exitCode": "1"}}}
        for n in range(1_100)
    ]

    told = read(past, engine, feed, ends, *SILENCE, wishes=WISHES)

    words = [facts["container"]["log_tail"] for _, facts in told]
    assert words.count("(not readable: too many ended at once)") == 100


def test_what_is_asked_later_than_anything_waits_for_it_is_not_asked(engine):
    with closing(Client(parse_address(engine.url), None)) as client:
        asking = Asking(
            engine=ENGINE,
            client=client,
            door=Door(client),
            wishes=WISHES,
            pool=Pool("test", 1),
            skew=timedelta(),
        )
        then = utc_now() - timedelta(seconds=2)

        answer = asking.look(Ask(id="c0ffee", until=then, at=then))

    assert answer.evidence == {"log_tail": "(not readable: too many ended at once)"}
    assert engine.requests == []


@pytest.mark.parametrize("status", [200, 403])
def test_a_service_of_the_swarm_is_asked_for_its_labels(engine, feed, status):
    spec = {"Labels": {"reactor.severity": "high"}}
    engine.answers["/v1.41/services/svc1"] = answered({"Spec": spec}, status)

    past = Past(Model(MANAGER, {}))
    told = read(past, engine, feed, [ago(0, "start", **SWARM)], [], [], [])

    (facts,) = (facts for _, facts in told)
    assert facts["labels"].get("reactor.severity") == ("high" if status == 200 else None)
