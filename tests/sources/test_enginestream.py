import json
from threading import Event

import pytest

from reactor.model.errors import SourceLost, SourceRefused
from reactor.sources.enginestream import DockerSource
from tests.fake_engine import docker_event, fake_engine
from tests.fakes import PATIENCE, RecordingFeed, Running

LIST = "/v1.41/containers/json"
REFUSABLE = ["/_ping", "/v1.41/events"]
RUNNING = {"Id": "c0ffee", "Names": ["/web-1"], "Image": "nginx:1.27", "State": "running"}
UP = {"Status": "running", "Running": True, "StartedAt": "2026-01-01T00:00:00Z"}
DOWN = {
    "Status": "exited",
    "StartedAt": "2026-01-01T00:00:00Z",
    "FinishedAt": "2026-01-02T00:00:00Z",
    "ExitCode": 137,
    "OOMKilled": True,
}


@pytest.fixture
def engine():
    with fake_engine() as running:
        has(running, UP)
        yield running


@pytest.fixture
def feed():
    return RecordingFeed()


def has(engine, state):
    """The engine has one container, in this state."""
    shown = {**RUNNING, "State": state["Status"], "Status": ""}
    inspected = {"Id": "c0ffee", "Name": "/web-1", "Created": "2026-01-01T00:00:00Z"}
    described = {**inspected, "Config": {"Image": "nginx:1.27"}, "State": state}
    engine.answers[LIST] = (200, json.dumps([shown]).encode())
    engine.answers["/v1.41/containers/c0ffee/json"] = (200, json.dumps(described).encode())


def a_source(engine, wishes=frozenset(), **options):
    return DockerSource({"host": engine.url, **options}, {}, wishes)


def happens(engine, action, seconds=0.0, **attributes):
    """An event of right now, by the engine's clock."""
    event = docker_event(action, int((engine.now() + seconds) * 10**9), **attributes)
    engine.publish(event)
    return event


def refuse(engine, path):
    """From now on, as a proxy before the engine does."""
    engine.answers[path] = (403, b"forbidden")
    engine.cut()


def let_in(engine, path):
    """Again."""
    del engine.answers[path]
    engine.answers["/_ping"] = (200, b"OK")


class LockedFeed:
    """A feed whose journal is locked until it is opened."""

    def __init__(self, feed):
        self.feed = feed
        self.opened, self.is_waiting = Event(), Event()
        self.recall, self.remember = feed.recall, feed.remember
        self.connected, self.say = feed.connected, feed.say

    def put(self, frame):
        self.is_waiting.set()
        self.opened.wait(PATIENCE)
        self.feed.put(frame)


def lines(frames):
    """Type, state and cause of each."""
    told = [(json.loads(frame.raw), frame.facts) for frame in frames]
    return [(data["type"], data.get("state"), facts.get("cause")) for data, facts in told]


def test_an_event_of_the_engine_comes_in_as_a_frame_with_facts(engine, feed):
    source = a_source(engine)
    with Running(source, feed):
        assert engine.asked.wait(PATIENCE)
        happens(engine, "die", exitCode="7")
        (put,) = feed.wait(1)

    frame = json.loads(put.raw)
    assert (frame["state"], frame["uuid"]) == ("Stopped", put.identity)
    assert put.facts["container"]["exit_code"] == 7
    assert (put.facts["node"]["name"], put.facts["cause"]) == ("dock", "crash")
    assert source.peer == f"Docker Engine 20.10.24 at {engine.url}"


def test_it_is_connected_once_the_past_was_read(engine):
    seen = []

    class Looking(RecordingFeed):
        def connected(self):
            seen.extend(path for _, path, _ in engine.requests if "/events" in path)
            super().connected()

    with Running(a_source(engine), feed := Looking()):
        assert feed.subscribed.wait(PATIENCE)

    assert seen
    assert "filters" not in seen[0]


def test_an_end_waits_for_what_belongs_to_it(engine, feed):
    with Running(a_source(engine), feed):
        assert engine.asked.wait(PATIENCE)
        happens(engine, "kill", signal="15")
        happens(engine, "die", exitCode="143")
        happens(engine, "stop")
        frames = feed.wait(3)

    assert lines(frames)[1] == ("container", "Stopped", "planned_stop")


def test_objects_may_be_split_joined_and_spaced_as_they_like(engine, feed):
    one, two = (json.dumps(docker_event(action)).encode() for action in ("start", "pause"))
    for chunk in (one[:30], one[30:] + b"\r\n\n" + two[:1], two[1:] + b"\n", b"\n"):
        engine.chunks.put(chunk)

    with Running(a_source(engine), feed):
        frames = [json.loads(put.raw)["docker"] for put in feed.wait(2)]

    assert frames == [docker_event("start"), docker_event("pause")]


def test_a_broken_line_goes_on_as_it_is(engine, feed):
    engine.chunks.put(b'{"Type": "contai\n')
    engine.say(docker_event("start"))

    with Running(a_source(engine), feed):
        broken, whole = feed.wait(2)

    assert broken.raw == b'{"Type": "contai'
    assert json.loads(whole.raw)["docker"] == docker_event("start")


def test_the_first_start_is_a_baseline_and_after_the_next_what_changed_is_told(engine, feed):
    with Running(a_source(engine), feed) as running:
        feed.wait_for_kept("baseline")
        running.stop.set()
        assert running.wait(1.0) is None
    assert feed.puts == []
    has(engine, DOWN)

    with Running(a_source(engine), feed):
        frames = feed.wait_until(lambda puts: ("container", "Stopped", "oom") in lines(puts))

    (inferred,) = (json.loads(put.raw) for put in frames if put.facts)
    assert inferred["inferred"] is True


def test_what_happened_between_two_connections_is_told_once(engine, feed):
    happens(engine, "create", -60)
    source = a_source(engine)
    with Running(source, feed) as first:
        assert engine.asked.wait(PATIENCE)
        happens(engine, "start")
        feed.wait(1)
        engine.cut()
        assert isinstance(first.wait(), SourceLost)
    happens(engine, "pause")

    with Running(source, feed):
        frames = feed.wait(2)

    actions = [json.loads(put.raw)["docker"]["Action"] for put in frames]
    assert actions == ["start", "pause"]


def test_an_engine_that_no_longer_has_all_events_is_a_gap_and_all_is_compared(engine, feed):
    happens(engine, "create", -60)
    source = a_source(engine)
    with Running(source, feed) as first:
        feed.wait_for_kept("baseline")
        engine.cut()
        first.wait()
    engine.past.clear()
    has(engine, DOWN)

    with Running(source, feed):
        gap, end = feed.wait(2)

    assert json.loads(gap.raw)["reason"] == "the engine no longer had all events"
    assert lines([end]) == [("container", "Stopped", "oom")]


def test_an_engine_that_cannot_be_reached_is_one_event_and_so_is_its_return(engine, feed):
    source = DockerSource({"host": "tcp://127.0.0.1:1"}, {})
    for _ in range(3):
        with Running(source, feed) as running:
            error = running.wait()
    assert isinstance(error, SourceLost)
    assert lines(feed.puts) == [("node", "Unreachable", "host_down")]

    with Running(a_source(engine), feed):
        frames = feed.wait(2)

    assert lines(frames)[1] == ("node", "Deployed", None)
    assert feed.puts[0].facts["node"] | {"state": ""} == feed.puts[1].facts["node"] | {"state": ""}


@pytest.mark.parametrize("path", REFUSABLE)
def test_an_engine_that_was_met_and_refuses_us_now_cannot_be_reached(engine, feed, path):
    source = a_source(engine)
    with Running(source, feed) as first:
        assert engine.asked.wait(PATIENCE)
        refuse(engine, path)
        assert isinstance(first.wait(), SourceLost)

    for _ in range(2):
        with Running(source, feed) as again:
            error = again.wait()
        assert isinstance(error, SourceLost)
        assert str(error).startswith(f"{engine.url}: the answer to {path} is 403")
    assert lines(feed.puts) == [("node", "Unreachable", "host_down")]

    let_in(engine, path)
    with Running(source, feed):
        assert lines(feed.wait(2))[1:] == [("node", "Deployed", None)]


def test_an_engine_that_the_journal_knows_was_met(engine, feed):
    with Running(a_source(engine), feed):
        feed.wait_for_kept("baseline")
    refuse(engine, "/_ping")

    with Running(a_source(engine), feed) as running:
        assert isinstance(running.wait(), SourceLost)

    assert lines(feed.puts) == [("node", "Unreachable", "host_down")]


@pytest.mark.parametrize("path", REFUSABLE)
def test_an_engine_that_was_never_met_and_refuses_us_is_no_event(engine, feed, path):
    refuse(engine, path)

    with Running(a_source(engine), feed) as running:
        assert isinstance(running.wait(), SourceRefused)

    assert not feed.subscribed.is_set()
    assert feed.puts == []


def test_an_engine_that_was_only_missed_was_not_met(engine, feed):
    engine.answers["/_ping"] = (500, b"")
    source = a_source(engine)
    with Running(source, feed) as running:
        assert isinstance(running.wait(), SourceLost)
    refuse(engine, "/_ping")

    with Running(source, feed) as running:
        assert isinstance(running.wait(), SourceRefused)


def test_evidence_is_gathered_if_rules_speak_of_it(engine, feed):
    engine.answers["/v1.41/containers/c0ffee/logs"] = (200, b"no memory left\n")
    with Running(a_source(engine, frozenset({"log_tail"})), feed):
        assert engine.asked.wait(PATIENCE)
        happens(engine, "die", exitCode="7")
        (put,) = feed.wait(1)

    assert "log_tail" in put.facts["container"]


def test_a_full_road_loses_nothing(engine):
    feed = LockedFeed(RecordingFeed())
    with Running(a_source(engine), feed):
        assert engine.asked.wait(PATIENCE)
        told = [happens(engine, "pause", n / 1000) for n in range(2_000)]
        assert feed.is_waiting.wait(PATIENCE)

        feed.opened.set()
        frames = feed.feed.wait(2_000)

    assert [json.loads(put.raw)["docker"] for put in frames] == told


def test_a_lost_engine_is_told_by_the_readers_last_words(feed):
    with Running(DockerSource({"host": "tcp://127.0.0.1:1"}, {}), feed) as running:
        error = running.wait()

    assert isinstance(error, SourceLost)
    assert str(error) == "tcp://127.0.0.1:1: connection refused"


def test_an_address_that_we_do_not_speak_is_refused(feed):
    with Running(DockerSource({"host": "npipe://dock"}, {}), feed) as running:
        error = running.wait()

    assert isinstance(error, SourceRefused)


def test_the_environment_names_an_engine_where_the_file_names_none(engine, feed):
    source = DockerSource({}, {"DOCKER_HOST": engine.url})

    with Running(source, feed):
        assert feed.subscribed.wait(PATIENCE)

    assert engine.url in source.peer
