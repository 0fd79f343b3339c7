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
    """What the lines of the story that begin with `word` say."""
    found = (re.match(rf"\d\d:\d\d:\d\d\.\d{{3}} +{word}  +(.*)", line) for line in lines)
    return [line[1] for line in found if line]


def events_told(lines):
    """How many events the story has, in lines of their own and in lines for several."""
    several = [text.partition(": ")[2] for text in told(lines, "(?:events|caused)")]
    counts = re.findall(r"(?:^|, )(?:(\d+)x )?(?!exit code)", "\n".join(several), re.M)
    return len(told(lines, "event")) + sum(int(count or 1) for count in counts)


def summed_up(lines):
    """The summary: what stands behind each word, in order."""
    rows = lines[lines.index("The journal's own count of it:") + 1 : -1]
    return [tuple(row.strip().split(maxsplit=1)) for row in rows]


def number(lines, word):
    """The number that the summary has for `word`."""
    return int(dict(summed_up(lines))[word].split()[0])


@pytest.fixture(scope="module")
def performed(tmp_path_factory):
    """The lines of a whole demo, with an empty HOME."""
    folder = tmp_path_factory.mktemp("demo")
    with demo(folder, "13s") as program:
        assert program.ended() == 0
        assert program.err.all() == []
        assert list((folder / "temporary").iterdir()) == []
        return program.out.all()


@pytest.mark.parametrize(
    "sentence",
    [
        "1. A container of web crashes. Slack hears of it. Once is no reason to redeploy.",
        "world      web-2 is killed: exit code 137",
        "event      cloud: container web-2 of service web: Stopped, exit code 137",
        "fired      web container crashed → slack",
        "fired      web container crashed → redeploy",
        'received   Slack message: "web stopped with exit code 137"',
        "received   signed webhook: rule any container failed, event ",
        "called     redeploy of service web: 202 Accepted, action /api/audit/v1/action/",
        "held back  web container crashed → slack: throttled, no more than 1 per 5m",
        "held back  web container crashed → redeploy: it did not happen often enough yet",
        "held back  service runs → slack: in the shadow",
        "log        info: backup-1 is done",
    ],
)
def test_the_story_tells_what_happened_what_fired_and_what_came_out(performed, sentence):
    assert any(sentence in line for line in performed)


def test_the_redeploy_that_reactor_caused_is_seen_in_the_frames_that_follow(performed):
    caused = told(performed, "caused")[0]

    assert caused.startswith("by the redeploy of service web: new action Pending, ")
    for seen in (
        "service Redeploying",
        "3x container Terminated",
        "3x new container Starting",
        "3x container Running",
        "action Success",
    ):
        assert seen in caused


def test_the_summary_is_what_was_told(performed):
    fired, held_back = told(performed, "fired"), told(performed, "held back")

    assert number(performed, "events") == events_told(performed)
    assert dict(summed_up(performed))["matches"] == (
        f"{len(fired) + len(held_back)} = {len(fired)} fired + {len(held_back)} held back"
    )
    assert number(performed, "deliveries") == len(fired)
    assert len(fired) == sum(len(told(performed, word)) for word in ("received", "log", "called"))
    assert number(performed, "redeploys") == len(told(performed, "called")) >= 1


def test_the_summary_says_what_was_held_back_and_why(performed):
    held_back = [text for word, text in map(tuple, summed_up(performed)) if word == "held"]

    assert "back    2x web container crashed → slack: throttled, no more than 1 per 5m" in held_back


def test_the_first_lines_say_what_is_to_be_seen(performed):
    assert performed[0] == "reactor demo, 13 seconds. Ctrl-C ends it sooner."
    assert any(line.startswith("lines:") for line in performed)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "SIGTERM"])
def test_a_signal_ends_it_soon_with_its_summary(tmp_path, sent):
    with demo(tmp_path, "20s") as program:
        program.out.hears("called     redeploy")
        program.send(sent)

        assert program.ended(seconds=3) == 0

        lines = program.out.all()
        assert number(lines, "events") == events_told(lines)
        assert program.err.all() == []
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_docker_engine_that_is_there_joins_in(tmp_path):
    with fake_engine() as engine, demo(tmp_path, "1h", {"DOCKER_HOST": engine.url}) as program:
        program.out.hears(f"local: your Docker Engine at {engine.url}; try")
        engine.say(docker_event(exitCode="3"))
        program.out.hears("event      local: container web-1: Stopped, exit code 3")
        program.out.hears("received   signed webhook: rule any container failed")
        program.send(signal.SIGINT)

        assert program.ended(seconds=3) == 0


@pytest.mark.parametrize("span", ["nonsense", "0s", "-5s", "", "9999999d"])
def test_a_span_that_is_none_is_a_usage_error(cli, span):
    ran = cli("demo", "--for", span)

    assert (ran.code, ran.out) == (2, "")
    assert "is no duration such as 30s" in ran.err
