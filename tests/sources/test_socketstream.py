"""Frames from a WebSocket of which nothing is known, on a real socket."""

import json

import pytest

from reactor.model.errors import SourceLost, SourceRefused
from reactor.model.event import Arrival
from reactor.sources.intake import Intake, IntakeFeed
from reactor.sources.socketstream import WebSocketSource
from tests.fakes import PATIENCE, RecordingFeed, Running
from tests.sources.cloud import fake_cloud


@pytest.fixture
def server():
    with fake_cloud() as server:
        yield server


@pytest.fixture
def feed():
    return RecordingFeed()


def a_source(server, **more):
    return WebSocketSource(
        f"ws://{server.address}/hidden?token=hidden", headers={}, subprotocols=(), **more
    )


def told(feed):
    return [json.loads(put.raw) for put in feed.puts]


def test_frames_are_handed_in_exactly_as_they_came(server, feed):
    frames = [b'{ "type": "auth" }', b'{"type": "error"}', b"not json", b'{"n": 1.0}']
    server.say(*frames)

    with Running(a_source(server), feed):
        feed.wait(4)

    assert feed.frames == frames
    assert server.listings == []


def test_two_frames_that_are_equal_are_two_events(server, feed):
    server.say({"n": 1}, {"n": 1})

    with Running(a_source(server), feed):
        first, second = feed.wait(2)

    assert first.identity != second.identity


def test_after_a_lost_connection_a_gap_comes_first(server, feed):
    source = a_source(server)
    with Running(source, feed) as running:
        server.say({"n": 1})
        feed.wait(1)
        server.hang_up()
        assert isinstance(running.wait(), SourceLost)
    server.say({"n": 2})

    with Running(source, feed):
        feed.wait(3)

    _, gap, after = told(feed)
    assert (gap["type"], gap["reason"]) == ("gap", "the connection was lost")
    assert gap["from"] < gap["to"]
    assert after == {"n": 2}


def test_after_a_restart_too_but_nobody_knows_since_when(server, feed):
    with Running(a_source(server), feed):
        feed.wait_for_kept("stream")

    with Running(a_source(server), feed):
        feed.wait(1)

    (gap,) = told(feed)
    assert (gap["reason"], gap["from"]) == ("reactor was not connected", None)


def test_another_stream_has_no_gap(server, feed):
    feed.kept = {"stream": "wss://elsewhere/…"}
    server.say({"n": 1})

    with Running(a_source(server), feed):
        feed.wait(1)

    assert told(feed) == [{"n": 1}]
    assert feed.kept["stream"] == f"ws://{server.address}/…"


def test_a_refusal_is_one_of_the_credentials_and_shows_none(server, feed):
    server.status = "403 Forbidden"

    with Running(a_source(server), feed) as running:
        error = running.wait()

    assert isinstance(error, SourceRefused)
    assert "hidden" not in str(error)
    assert feed.kept == {}


def test_what_waits_when_the_connection_is_lost_is_handed_in_at_the_next(server):
    intake = Intake(max_frames=1)
    feed, source = IntakeFeed(intake=intake, source="ws", platform=False), a_source(server)
    with Running(source, feed) as running:
        assert server.connected.wait(PATIENCE)
        assert intake.take(1, PATIENCE)  # the note of what it is connected to
        server.say({"n": 0}, {"n": 1}, {"n": 2})
        server.hang_up()
        assert isinstance(running.wait(), SourceLost)

    taken = []
    with Running(source, feed):
        while len(taken) < 4:
            taken += [item for item in intake.take(1, PATIENCE) if isinstance(item, Arrival)]

    assert [json.loads(each.raw).get("n") for each in taken] == [0, 1, 2, None]
