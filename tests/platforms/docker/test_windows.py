"""Windows of an engine's events: none is lost or doubled where they meet, and death is noticed."""

import json
from contextlib import closing
from urllib.parse import parse_qs, urlsplit

import pytest

from reactor.clock import monotonic
from reactor.platforms.docker.client import Client, Gone
from reactor.platforms.docker.dial import parse_address
from reactor.platforms.docker.reader import LOST
from reactor.platforms.docker.spool import Spool
from reactor.platforms.docker.windows import NANO, Follower, Paths, cut_lines
from tests.fake_engine import docker_event, fake_engine
from tests.fakes import PATIENCE
from tests.platforms.docker.running import is_event, is_window, reader

DOCKER = Paths(api="/v1.41", is_podman=False, is_manager=False)
MANAGER = Paths(api="/v1.41", is_podman=False, is_manager=True)
PODMAN = Paths(api="/v1.41", is_podman=True, is_manager=False)
MOMENT = 1_893_456_000 * NANO
HOUR = 3600.0


@pytest.fixture
def engine():
    with fake_engine() as running:
        yield running


def an_event(engine, number):
    """One that happens now."""
    return docker_event("start", int(engine.now() * NANO), n=str(number))


def query(path):
    return {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}


def filters(path):
    return json.loads(query(path)["filters"])


def test_a_window_reaches_from_a_moment_to_a_moment():
    asked = query(DOCKER.window(MOMENT + 42, MOMENT + NANO))

    assert (asked["since"], asked["until"]) == ("1893456000.000000042", "1893456001.000000000")


def test_it_asks_for_events_of_containers_and_not_for_commands_run_in_them():
    asked = filters(DOCKER.window(MOMENT, MOMENT))

    assert asked["type"] == ["container"]
    assert {"create", "die", "oom", "health_status"} <= set(asked["event"])
    assert not any(event.startswith("exec") for event in asked["event"])


def test_a_swarms_manager_is_asked_for_services_and_nodes_too():
    asked = filters(MANAGER.window(MOMENT, MOMENT))

    assert asked["type"] == ["container", "service", "node"]
    assert {"create", "update", "remove"} <= set(asked["event"])


def test_podman_is_asked_in_whole_seconds_and_for_every_action():
    asked = PODMAN.window(MOMENT + 1, MOMENT + 1)

    assert (query(asked)["since"], query(asked)["until"]) == ("1893456000", "1893456001")
    assert filters(asked) == {"type": ["container"]}


def test_the_past_is_asked_for_without_filters():
    assert query(DOCKER.past(MOMENT)) == {"since": "1.000000000", "until": "1893456000.000000000"}


def test_podmans_past_is_an_hour_for_its_log_is_without_end():
    assert query(PODMAN.past(MOMENT))["since"] == str(1_893_456_000 - 3600)


@pytest.mark.parametrize(
    ("blocks", "lines"),
    [
        ([b"one\ntwo\n"], [b"one", b"two"]),
        ([b"o", b"ne\nt", b"wo\n"], [b"one", b"two"]),
        ([b"one\r\n\n \n", b"two"], [b"one", b"two"]),
        ([], []),
    ],
)
def test_lines_may_be_split_joined_and_spaced_as_an_engine_likes(blocks, lines):
    assert list(cut_lines(blocks)) == lines


def test_of_a_body_that_breaks_off_the_last_line_is_not_told():
    def broken():
        yield b"one\ntw"
        raise Gone("the engine broke off the stream")

    told = []
    with pytest.raises(Gone):
        told.extend(cut_lines(broken()))
    assert told in ([], [b"one"])


@pytest.mark.parametrize("skew", [0.0, HOUR, -HOUR])
def test_where_windows_meet_no_event_is_lost_or_doubled(engine, skew):
    engine.skew = skew
    said = []
    with reader(engine.url, window=0.2) as running:
        assert engine.asked.wait(PATIENCE)
        for number in range(2000):
            said.append(an_event(engine, number))
            engine.publish(said[-1])
            engine.is_dead.wait(0.001)  # it is not: a millisecond goes by
        came = running.until(lambda value: value == said[-1])

    assert list(filter(is_event, came)) == said
    assert len(engine.queries) > 10


@pytest.mark.parametrize("skew", [HOUR, -HOUR])
def test_a_clock_far_from_ours_makes_windows_no_shorter(engine, skew):
    engine.skew = skew
    with reader(engine.url, window=0.6) as running:
        ends = [running.until(is_window)[-1]["at"] / NANO for _ in range(4)]

    assert ends[3] - ends[0] == pytest.approx(3 * 0.3, abs=0.3)


def test_a_window_says_up_to_when_all_was_told(engine):
    with reader(engine.url, window=0.4) as running:
        at = running.until(is_window)[-1]["at"] / NANO

    until = float(engine.queries[0]["until"][0])
    assert at == pytest.approx(until - 0.2, abs=0.001)


def test_commands_that_were_run_in_a_container_go_no_further(engine):
    engine.say(docker_event("exec_create: login --password x"), docker_event("die"))

    with reader(engine.url) as running:
        assert running.until(is_event)[-1] == docker_event("die")


def test_a_label_may_speak_of_commands(engine):
    said = docker_event("die", label='{"Action":"exec"}')
    engine.say(said)

    with reader(engine.url) as running:
        assert running.until(is_event)[-1] == said


def test_a_connection_that_died_without_a_word_is_noticed(engine):
    with reader(engine.url, window=1.0) as running:
        assert engine.asked.wait(PATIENCE)
        began = monotonic()
        engine.is_dead.set()

        assert running.ended() == (LOST, "timed out")
        assert monotonic() - began < 4


def test_with_ten_seconds_death_is_noticed_within_fifteen():
    with closing(Client(parse_address("tcp://127.0.0.1:1"))) as client:
        assert Follower(client, DOCKER, Spool(1), 10.0)._timeout <= 15


@pytest.mark.parametrize(
    ("end", "said"),
    [("end", "the engine ended the stream"), ("cut", "the engine broke off the stream")],
)
def test_a_stream_that_ends_before_its_time_is_a_loss(engine, end, said):
    with reader(engine.url) as running:
        assert engine.asked.wait(PATIENCE)
        getattr(engine, end)()

        assert running.ended() == (LOST, said)


def test_a_clock_that_is_set_forward_is_a_loss_and_no_busy_loop(engine):
    with reader(engine.url) as running:
        assert engine.asked.wait(PATIENCE)
        engine.skew = HOUR

        assert running.ended() == (LOST, "the engine ended the stream")
    assert len(engine.queries) == 1
