"""The process that reads an engine's events: what it writes, what it costs, and how it ends."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from reactor.platforms.docker.dial import parse_address
from reactor.platforms.docker.reader import LOST, REFUSED, Order, command, reduced
from tests.fake_engine import ENGINE_ID, RING, docker_event, fake_engine
from tests.fakes import PATIENCE
from tests.platforms.docker.certificates import make_certificates
from tests.platforms.docker.running import is_event, reader
from tests.platforms.docker.sshd import install_ssh

MOST_MEGABYTES = 32
"""What a reader may take; it takes 21, of which 10 are Python's own."""


@pytest.fixture
def engine():
    with fake_engine() as running:
        yield running


def children(pid):
    """The processes that a process started."""
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for thread in threads for child in thread.read_text().split()]


def now(engine):
    return int(engine.now() * 10**9)


def test_the_first_line_describes_the_engine(engine):
    with reader(engine.url) as running:
        first = running.next()

    assert (first["reactor"], first["id"], first["api"]) == ("engine", ENGINE_ID, "/v1.41")


def test_the_second_line_is_all_that_the_engine_still_has(engine):
    past = [docker_event("die", now(engine) - 1000 + n, n=str(n)) for n in range(RING + 1)]
    for event in past:
        engine.publish(event)

    with reader(engine.url) as running:
        running.next()
        ring = running.next()

    assert ring == {"reactor": "ring", "events": past[1:], "count": RING}


def test_a_ring_of_very_long_events_is_cut_to_the_newest_that_fit_in_a_line(engine):
    for number in range(4):
        engine.publish(docker_event("die", now(engine), label="x" * 400_000, n=str(number)))

    with reader(engine.url) as running:
        running.next()
        events = running.next()["events"]

    assert [event["Actor"]["Attributes"]["n"] for event in events] == ["2", "3"]


def test_events_follow_as_the_engine_writes_them(engine):
    said = b'{"Type": "container", "Action": "die", "odd": [1.0, "\\u00e4"]}'
    engine.chunks.put(said + b"\r\n")

    with reader(engine.url) as running:
        running.next()
        running.next()
        assert running.process.stdout.readline() == said + b"\n"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (docker_event("die"), docker_event("die")),
        ({"Type": "service", "Action": "update"}, {"Type": "service", "Action": "update"}),
        (
            docker_event("exec_create: login -p x", 7) | {"status": "exec_create: login -p x"},
            {
                "Type": "container",
                "Action": "exec_create",
                "Actor": {"ID": "c0ffee"},
                "timeNano": 7,
            },
        ),
        (
            {
                "Type": "network",
                "Action": "connect",
                "Actor": {"ID": "n", "Attributes": {"a": "b"}},
            },
            {"Type": "network", "Action": "connect", "Actor": {"ID": "n"}, "timeNano": None},
        ),
        ({}, {"Type": None, "Action": "", "Actor": {"ID": None}, "timeNano": None}),
    ],
)
def test_of_events_that_nobody_reads_only_what_they_are_goes_further(event, expected):
    assert reduced(event) == expected


def test_what_is_no_event_does_not_spoil_the_ring(engine):
    engine.answers["/v1.41/events"] = (200, b'{"Type":\n[]\n{"Type": "service"}')

    with reader(engine.url) as running:
        running.next()
        assert running.next()["events"] == [{"Type": "service"}]


def test_a_parent_that_does_not_read_costs_events_that_are_counted(engine):
    with reader(engine.url, limit=10_000) as running:
        assert engine.asked.wait(PATIENCE)
        for number in range(1000):
            engine.publish(docker_event("start", now(engine), n=str(number)))
        while not engine._listeners[0].empty():
            engine.is_dead.wait(0.01)  # it is not: the reader reads, and we do not

        told = dropped = 0
        while told + dropped < 1000:
            value = running.next()
            told += is_event(value)
            dropped += value.get("count", 0)

    assert told + dropped == 1000
    assert dropped > 0


def test_it_ends_with_its_parent(engine):
    with reader(engine.url) as running:
        running.next()
        running.process.stdin.close()

        assert running.process.wait(PATIENCE) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_that_reach_the_whole_group_are_left_to_the_parent(engine, number):
    with reader(engine.url) as running:
        running.next()
        running.process.send_signal(number)
        engine.say(docker_event())

        assert running.until(is_event)[-1] == docker_event()


def test_everything_is_written_before_it_ends(engine):
    engine.say(docker_event())
    engine.cut()

    with reader(engine.url) as running:
        assert running.until(is_event)[-1] == docker_event()
        assert running.ended() == (LOST, "the engine broke off the stream")


@pytest.mark.parametrize(("status", "code"), [(429, LOST), (403, REFUSED), (500, LOST)])
def test_an_engine_that_says_no_is_quoted(engine, status, code):
    engine.answers["/v1.41/events"] = (status, b'{"message":"not you"}')

    with reader(engine.url) as running:
        assert running.ended() == (code, f"the answer to /v1.41/events is {status}: not you")


def test_why_it_cannot_connect_is_its_last_word():
    with reader("tcp://127.0.0.1:1") as running:
        assert running.ended() == (LOST, "connection refused")


def test_an_engine_behind_tls_is_read(tmp_path):
    certificates = make_certificates(tmp_path)

    with (
        fake_engine(certificates.engine()) as engine,
        reader(engine.url, tls=certificates.ours) as running,
    ):
        engine.say(docker_event())
        assert running.until(is_event)[-1] == docker_event()


def test_an_engine_behind_ssh_is_read_until_ssh_dies(engine, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))  # where programs are found
    install_ssh(tmp_path, engine.url)
    engine.say(docker_event())

    with reader("ssh://me@dock") as running:
        assert running.until(is_event)[-1] == docker_event()
        for pid in children(running.process.pid):
            os.kill(pid, signal.SIGKILL)

        assert running.ended() == (LOST, "the engine broke off the stream")


def test_the_order_goes_through_one_argument():
    order = Order(address=parse_address("ssh://me@dock:1"), window=0.5, limit=9)

    assert json.loads(command(order)[-1]) == asdict(order)


def test_it_takes_little_memory(engine):
    with reader(engine.url) as running:
        running.next()
        running.next()
        status = Path(f"/proc/{running.process.pid}/status").read_text()

    kilobytes = int(status.partition("VmRSS:")[2].split()[0])
    assert kilobytes < MOST_MEGABYTES * 1024


def test_it_imports_little_and_of_ours_only_what_it_is_made_of():
    program = "import reactor.platforms.docker.reader, sys; print(*sys.modules)"
    root = command(Order(address=parse_address("unix:///x")))[-2]

    loaded = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.append({root!r}); {program}"],
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split()

    ours = {name.rpartition(".")[2] for name in loaded if name.startswith("reactor")}
    packages = {"reactor", "platforms", "docker"}
    assert ours == packages | {"clock", "client", "dial", "reader", "spool", "windows"}
    assert not {"asyncio", "msgspec", "requests", "yaml"} & set(loaded)
