"""The docker source against a real engine: every end of a container is told as it was."""

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from reactor.model.errors import SourceLost
from reactor.sources.enginestream import DockerSource
from tests.fakes import PATIENCE, RecordingFeed, Running
from tests.live.deeds import DEAF, GREEDY, LIMIT, OBEYS, member, ready
from tests.live.engine import IMAGE


class Watched:
    """What the source tells of the containers of one engine."""

    def __init__(self, feed):
        self._feed = feed

    def until(self, container, *actions):
        """(engine's action, state, exit code) of each frame of a container, until each of these
        actions of the engine was told of it."""

        def found(puts):
            return [told[1:] for told in map(story, puts) if told[0] == container]

        def enough(puts):
            return set(actions) <= {told[0] for told in found(puts)}

        told = found(self._feed.wait_until(enough))
        last = max(index for index, (action, *_) in enumerate(told) if action in actions)
        return told[: last + 1]


def story(put):
    frame, container = json.loads(put.raw), put.facts.get("container", {})
    action = frame.get("docker", {}).get("Action")
    return container.get("docker_id"), action, frame.get("state"), container.get("exit_code")


@pytest.fixture
def feed():
    return RecordingFeed()


@pytest.fixture
def watched(engine, feed):
    with Running(DockerSource({"host": engine.host}, {}), feed):
        assert feed.subscribed.wait(PATIENCE)
        yield Watched(feed)


def test_a_crash_is_one_frame_stopped_with_its_exit_code(engine, watched):
    container = engine.run("exit 7")

    assert watched.until(container, "die") == [
        ("create", "Starting", None),
        ("start", "Running", None),
        ("die", "Stopped", 7),
    ]


def test_an_end_without_fault_has_exit_code_0(engine, watched):
    container = engine.run("exit 0")

    assert watched.until(container, "die")[-1] == ("die", "Stopped", 0)


def test_a_stop_is_first_stopping_and_then_stopped(engine, watched):
    container = ready(engine, OBEYS)
    engine.docker("stop", container)

    told = watched.until(container, "die", "stop")
    assert told[2] == ("kill", "Stopping", None)
    # The order of these two is the engine's secret.
    assert sorted(told[3:]) == [("die", "Stopped", 0), ("stop", None, None)]


def test_a_stop_that_is_not_heard_ends_by_force(engine, watched):
    container = ready(engine, DEAF)
    engine.docker("stop", "--time", "1", container)

    told = watched.until(container, "die")
    assert told[2:4] == [("kill", "Stopping", None)] * 2
    assert told[-1] == ("die", "Stopped", 137)


def test_a_kill_is_stopping_and_stopped(engine, watched):
    container = ready(engine, DEAF)
    engine.docker("kill", container)

    assert watched.until(container, "die")[2:] == [
        ("kill", "Stopping", None),
        ("die", "Stopped", 137),
    ]


def test_a_signal_that_ends_nothing_has_no_state(engine, watched):
    container = ready(engine, "trap '' HUP; " + OBEYS)
    engine.docker("kill", "--signal", "HUP", container)

    assert watched.until(container, "kill")[-1] == ("kill", None, None)


@pytest.mark.long  # who has survived is known after the ten seconds of a stop
def test_what_survives_a_signal_is_running_again(engine, watched):
    container = ready(engine, DEAF)
    engine.docker("kill", "--signal", "TERM", container)

    # What a listing found has no event of the engine.
    assert watched.until(container, None)[-2:] == [
        ("kill", "Stopping", None),
        (None, "Running", None),
    ]


@pytest.mark.long
def test_what_could_not_be_started_has_stopped(engine, watched):
    with pytest.raises(subprocess.CalledProcessError):
        engine.docker("run", "--network", "none", "--name", "nosuch", IMAGE, "/nosuch")
    container = engine.docker("inspect", "--format", "{{.Id}}", "nosuch")
    try:
        told = watched.until(container, None)
    finally:
        engine.docker("rm", container)

    assert told == [("create", "Starting", None), (None, "Stopped", 127)]


def test_an_end_for_lack_of_memory_is_told_before_the_end(engine, watched):
    container = engine.run(GREEDY, *LIMIT)

    told = watched.until(container, "die")
    assert ("oom", None, None) in told
    assert told[-1] == ("die", "Stopped", 137)


def test_a_removal_is_terminated(engine, watched):
    container = engine.run("exit 0")
    watched.until(container, "die")
    engine.docker("rm", container)

    assert watched.until(container, "destroy")[-1] == ("destroy", "Terminated", None)


def test_the_container_is_described_with_what_it_belongs_to(engine, watched, feed):
    container = engine.run("exit 7", "--name", "reactor-shop-web-1", *member("shop", "web"))
    watched.until(container, "die")

    facts = next(put.facts for put in feed.puts if story(put)[:2] == (container, "die"))
    assert facts["container"]["name"] == "reactor-shop-web-1"
    assert (facts["service"]["name"], facts["stack"]["name"]) == ("web", "shop")
    assert facts["node"]["name"] == engine.docker("info", "--format", "{{.Name}}")
    assert facts["labels"]["com.docker.compose.service"] == "web"


def test_a_reconnect_brings_what_happened_meanwhile(engine, feed):
    source = DockerSource({"host": engine.host}, {})
    with Running(source, feed):
        assert feed.subscribed.wait(PATIENCE)
        first = engine.run("exit 1")
        Watched(feed).until(first, "die")
    second = engine.run("exit 2")
    engine.docker("wait", second)

    with Running(source, feed):
        assert Watched(feed).until(second, "die")[-1] == ("die", "Stopped", 2)


def test_a_daemon_that_restarts_is_lost_and_found(own_engine, feed):
    source = DockerSource({"host": own_engine.host}, {})
    with Running(source, feed) as running:
        assert feed.subscribed.wait(PATIENCE)
        own_engine.stop()
        assert isinstance(running.wait(), SourceLost)

    own_engine.start()
    with Running(source, feed):
        container = own_engine.run("exit 3")
        assert Watched(feed).until(container, "die")[-1] == ("die", "Stopped", 3)


PARENT = """
import sys
from threading import Event
from reactor.sources.enginestream import DockerSource
class Feed:
    def recall(self): return {}
    def connected(self): print("connected", flush=True)
    def remember(self, values): pass
    def put(self, frame): pass
DockerSource({"host": sys.argv[1]}, {}).run(Feed(), Event())
"""


def children(pid):
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in found.split()]


def test_the_reader_ends_with_its_parent_even_when_that_is_killed(engine):
    command = [sys.executable, "-c", PARENT, engine.host]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout.readline() == b"connected\n"
        (reader,) = children(parent.pid)
        ended = os.pidfd_open(reader)
        parent.send_signal(signal.SIGKILL)

    assert select.select([ended], [], [], PATIENCE)[0]
    os.close(ended)


def test_a_stop_leaves_nothing_running(engine, feed):
    before = children(os.getpid())
    with Running(DockerSource({"host": engine.host}, {}), feed) as running:
        assert feed.subscribed.wait(PATIENCE)
        running.stop.set()
        assert running.wait(seconds=1.0) is None

    assert children(os.getpid()) == before
