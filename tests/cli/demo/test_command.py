"""`reactor demo` shows the whole road on a machine with nothing else installed."""

import re
import signal

import pytest

from tests.cli.program import Program
from tests.fake_engine import docker_event, fake_engine

NO_DOCKER = {"DOCKER_HOST": "unix:///nowhere"}


def demo(folder, span, environment=NO_DOCKER):
    temporary = folder / "temporary"
    temporary.mkdir()
    return Program(
        folder, "demo", "--for", span, environment={"TMPDIR": str(temporary), **environment}
    )


def told(lines, word):
    """How many lines of the story tell of `word`."""
    return sum(bool(re.match(rf"\d\d:\d\d:\d\d\.\d{{3}} +{word}  ", line)) for line in lines)


def totals(lines):
    """The summary's numbers by their names."""
    rows = [line.split() for line in lines[lines.index("The journal's own count of it:") + 1 : -1]]
    return {row[0]: int(row[1]) for row in rows}


@pytest.fixture(scope="module")
def performed(tmp_path_factory):
    """The lines of a whole demo, with an empty HOME."""
    folder = tmp_path_factory.mktemp("demo")
    with demo(folder, "8s") as program:
        assert program.ended() == 0
        assert program.err.all() == []
        assert list((folder / "temporary").iterdir()) == []
        return program.out.all()


@pytest.mark.parametrize(
    "sentence",
    [
        "event      recorded: container shop-web-1 of service web: Stopped, exit code 7",
        "fired      web container crashed → slack",
        "held back  web container crashed → slack: throttled, no more than 1 per 5m",
        'received   Slack message: "web stopped with exit code 7"',
        "received   signed webhook: rule any container failed, event ",
        "log        error: out of memory: shop-worker-1",
    ],
)
def test_the_story_tells_what_happened_what_fired_and_what_came_out(performed, sentence):
    assert any(sentence in line for line in performed)


def test_the_summary_is_what_was_told(performed):
    found = totals(performed)

    fired, held_back = told(performed, "fired"), told(performed, "held back")
    assert found["events"] == told(performed, "event") == 59
    assert found["matches"] == fired + held_back
    assert found["deliveries"] == fired == told(performed, "received") + told(performed, "log")
    assert f"= {fired} fired + {held_back} held back" in performed[-3]


def test_the_first_lines_say_what_is_to_be_seen(performed):
    assert performed[0] == "reactor demo, 8 seconds. Ctrl-C ends it sooner."
    assert any(line.startswith("lines:") and "fired" in line for line in performed)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "SIGTERM"])
def test_a_signal_ends_it_soon_with_its_summary(tmp_path, number):
    with demo(tmp_path, "1h") as program:
        program.out.hears("event      recorded")
        program.send(number)

        assert program.ended(seconds=3) == 0

        lines = program.out.all()
        assert totals(lines)["events"] == told(lines, "event")
        assert program.err.all() == []
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_docker_engine_that_is_there_joins_in(tmp_path):
    with fake_engine() as engine, demo(tmp_path, "1h", {"DOCKER_HOST": engine.url}) as program:
        program.out.hears(f"docker: your Docker Engine at {engine.url}; try")
        engine.say(docker_event(exitCode="3"))
        program.out.hears("event      docker: container web-1: Stopped, exit code 3")
        program.out.hears("received   signed webhook: rule any container failed")
        program.send(signal.SIGINT)

        assert program.ended(seconds=3) == 0


@pytest.mark.parametrize("span", ["nonsense", "0s", "-5s", "", "9999999d"])
def test_a_span_that_is_none_is_a_usage_error(cli, span):
    ran = cli("demo", "--for", span)

    assert (ran.code, ran.out) == (2, "")
    assert "is no duration such as 30s" in ran.err
