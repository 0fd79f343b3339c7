import json

import pytest

from reactor.model.errors import SourceLost, SourceRefused
from reactor.model.problem import Place
from reactor.model.rule import SourceSpec
from reactor.sources.docker import DEFAULT_HOST, DOCKER, DockerSource
from tests.fake_engine import TIME, docker_event, fake_engine
from tests.fakes import RecordingFeed, Running


@pytest.fixture
def engine():
    with fake_engine() as running:
        yield running


@pytest.fixture
def feed():
    return RecordingFeed()


def opened(options):
    return DOCKER.open(SourceSpec(name="s", type="docker", options=options, place=Place("f", 1, 1)))


def test_an_event_of_the_engine_comes_in_as_a_frame_with_facts(engine, feed):
    with Running(DockerSource(engine.url), feed):
        engine.say(docker_event("die", exitCode="7"))
        (put,) = feed.wait(1)

    frame = json.loads(put.raw)
    assert (frame["state"], frame["uuid"]) == ("Stopped", put.identity)
    assert put.facts["container"]["exit_code"] == 7
    assert put.facts["node"]["name"] == "dock"


def test_once_connected_it_says_to_what(engine, feed):
    source = DockerSource(engine.url)

    with Running(source, feed):
        assert feed.subscribed.wait(10)

    assert source.peer == f"Docker Engine 20.10.24 at {engine.url}"


def test_objects_may_be_split_joined_and_spaced_as_they_like(engine, feed):
    one, two = (json.dumps(docker_event(action)).encode() for action in ("start", "die"))
    for chunk in (one[:30], one[30:] + b"\r\n\n" + two[:1], two[1:] + b"\n", b"\n"):
        engine.chunks.put(chunk)

    with Running(DockerSource(engine.url), feed):
        frames = [json.loads(put.raw)["docker"] for put in feed.wait(2)]

    assert frames == [docker_event("start"), docker_event("die")]


def test_a_broken_line_goes_on_as_it_is(engine, feed):
    engine.chunks.put(b'{"Type": "contai\n')
    engine.say(docker_event())

    with Running(DockerSource(engine.url), feed):
        broken, whole = feed.wait(2)

    assert broken.raw == b'{"Type": "contai'
    assert json.loads(whole.raw)["docker"] == docker_event()


def test_a_reconnect_goes_on_from_the_last_event(engine, feed):
    source = DockerSource(engine.url)
    engine.say(docker_event(time=TIME))
    engine.end()
    with Running(source, feed) as first:
        assert isinstance(first.wait(), SourceLost)

    engine.say(docker_event(time=TIME), docker_event(time=TIME + 1))
    with Running(source, feed):
        again = feed.wait(3)

    assert "since" not in engine.queries[0]
    assert engine.queries[1]["since"] == ["1893456000.123456789"]
    assert again[0].identity == again[1].identity != again[2].identity


def test_the_moment_of_an_event_keeps_its_leading_zeros(engine, feed):
    source = DockerSource(engine.url)
    engine.say(docker_event(time=5_000_000_042))
    engine.end()
    with Running(source, feed) as first:
        first.wait()

    with Running(source, feed):
        engine.say(docker_event())
        feed.wait(2)

    assert engine.queries[1]["since"] == ["5.000000042"]


def test_a_lost_engine_is_told_by_the_readers_last_words(feed):
    with Running(DockerSource("tcp://127.0.0.1:1"), feed) as running:
        error = running.wait()

    assert isinstance(error, SourceLost)
    assert str(error) == "tcp://127.0.0.1:1: connection refused"


def test_an_address_that_we_do_not_speak_is_refused(feed):
    with Running(DockerSource("ssh://me@dock"), feed) as running:
        error = running.wait()

    assert isinstance(error, SourceRefused)
    assert "not yet supported" in str(error)


@pytest.mark.parametrize(
    ("options", "environment", "host"),
    [
        ({"host": "tcp://dock:2375"}, "tcp://other:1", "tcp://dock:2375"),
        ({}, "tcp://other:1", "tcp://other:1"),
        ({}, "", DEFAULT_HOST),
    ],
)
def test_the_host_is_the_files_else_the_environments_else_this_machines(
    monkeypatch, options, environment, host
):
    monkeypatch.setenv("DOCKER_HOST", environment)  # what is read is the process's environment

    assert opened(options).peer.endswith(f" at {host}")
