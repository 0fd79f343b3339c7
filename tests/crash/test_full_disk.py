"""A full disk: nothing is sent that is not recorded, the service says so, and goes on after."""

import os
import re
import subprocess
from collections import Counter
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from threading import Event

import pytest

from tests.crash import hooks
from tests.crash.judge import faults, read_case, read_sent, unrecorded
from tests.crash.load import Sender, write_rules
from tests.endpoint import Answer, listening, read_ledger
from tests.live.conftest import unavailable
from tests.service import Service, eventually

FULL = "the journal cannot be written: database or disk is full"
AGAIN = "the journal can be written again"
GIVEN_UP = "the reserve was given up, to record what is under way"
MIB = 1024 * 1024

UNDER_WAY = 200
"""Attempts that have left and are not answered when the disk is full."""


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64m", "reactor-test", str(disk)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        unavailable(f"no file system can be mounted here: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.fixture
def sender(tmp_path):
    return Sender(tmp_path, seed=1)


@pytest.fixture
def endpoint(tmp_path):
    with listening(tmp_path / "ledger") as endpoint:
        yield endpoint


@pytest.fixture
def service(tmp_path, small_disk, endpoint):
    rules = write_rules(tmp_path, endpoint.url)
    with Service(rules, small_disk / "data", "--http", "127.0.0.1:0") as service:
        service.hears("running")
        yield service


def fill(disk, leave=0):
    """Leave not a byte, or so many; returns what to delete to have room again."""
    ballast = disk / "ballast"
    descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT)
    if leave:
        room = os.statvfs(disk)
        os.posix_fallocate(descriptor, 0, room.f_bavail * room.f_frsize - leave)
    for size in () if leave else (MIB, 4096, 1):
        with suppress(OSError):  # no space left
            while os.write(descriptor, bytes(size)):
                pass
    os.close(descriptor)
    return ballast


def the_case(folder, disk):
    sent, heard = read_sent(folder / "events.jsonl"), read_ledger(folder / "ledger")
    return read_case(disk / "data", sent, heard)


def asked(service, path):
    """What it answers: the status, and the text."""
    host, port = re.search(r"http://([\d.]+):(\d+)/healthz", service.hears("running")).groups()
    with closing(HTTPConnection(host, int(port), timeout=5)) as client:
        client.request("GET", path)
        answer = client.getresponse()
        return answer.status, answer.read().decode()


def states(folder, disk):
    """How many deliveries are in each state."""
    return Counter(state for _, state, _, _ in the_case(folder, disk).deliveries)


def test_a_full_disk_stops_everything_and_loses_nothing(
    tmp_path, small_disk, sender, endpoint, service
):
    sender.send(50)
    endpoint.wait(50)
    ballast = fill(small_disk)
    sender.send(5_000)
    service.hears(FULL, "nothing is accepted or sent until it can be")

    assert asked(service, "/healthz")[0] == 200
    assert asked(service, "/readyz")[0] == 503
    assert list(unrecorded(the_case(tmp_path, small_disk))) == []
    assert len(the_case(tmp_path, small_disk).events) < 5_050

    ballast.unlink()
    service.hears(AGAIN)
    eventually(lambda: not faults(the_case(tmp_path, small_disk), rules=2), "all was done")
    assert service.stop() == 0


@pytest.mark.long
def test_a_service_that_is_stopped_on_a_full_disk_goes_on_at_the_next_start(
    tmp_path, small_disk, sender, endpoint, service
):
    ballast = fill(small_disk)
    sender.send(3_000)
    service.hears(FULL)
    service.reload()
    service.hears("not reloaded, the old rules stay")  # and did not wait for room: a stop is heard

    assert service.stop() == 0
    service.hears("some frames were not decided")
    assert not any("Traceback" in line for line in service.said)
    assert list(unrecorded(the_case(tmp_path, small_disk))) == []

    ballast.unlink()
    with Service(tmp_path / "rules.yaml", small_disk / "data", "--http", "off"):
        eventually(lambda: not faults(the_case(tmp_path, small_disk), rules=2), "all was done")


def test_a_reload_that_finds_the_disk_full_leaves_the_rules_and_hears_a_stop(service, small_disk):
    fill(small_disk)

    service.reload()  # the first to write since

    service.hears("not reloaded, the old rules stay: the journal cannot be written")
    assert service.stop() == 0


@pytest.mark.long
def test_a_hook_accepts_nothing_that_a_full_disk_does_not_take(tmp_path, small_disk):
    rules = hooks.write_rules(tmp_path, {"ci": hooks.PLAIN})
    with Service(rules, small_disk / "data", "--http", "127.0.0.1:0") as service:
        address = hooks.address_of(service)
        ballast = fill(small_disk)

        refused = hooks.post(address, "ci", hooks.an_event("event-1"))  # after ten seconds

        assert refused.status == 503
        ballast.unlink()
        service.hears(AGAIN)
        assert hooks.post(address, "ci", hooks.an_event("event-1")).ids == ["event-1"]
        assert hooks.journaled(small_disk / "data") == ["event-1"]
        assert service.stop() == 0


def test_a_disk_without_room_for_a_journal_is_said_at_the_start(tmp_path, small_disk):
    fill(small_disk)

    with Service(write_rules(tmp_path, "http://127.0.0.1:9"), small_disk / "data") as service:
        assert service.ended() == 1
        assert "cannot be used: No space left on device" in service.said[-1]


@contextmanager
def under_way(folder, disk, sender):
    """A service with many attempts that nobody has answered, and the event that lets them be."""
    gate = Event()
    with listening(folder / "ledger", lambda _: Answer(gate=gate)) as endpoint:
        rules = write_rules(folder, endpoint.url, timeout="60s")
        with Service(rules, disk / "data", "--http", "127.0.0.1:0") as service:
            service.hears("running")
            sender.send(UNDER_WAY)
            endpoint.wait(UNDER_WAY)
            yield service, endpoint, gate


def test_what_is_under_way_when_the_disk_is_full_is_recorded_and_nothing_more_is_sent(
    tmp_path, small_disk, sender
):
    with under_way(tmp_path, small_disk, sender) as (service, _, gate):
        ballast = fill(small_disk)
        gate.set()
        service.hears(GIVEN_UP)

        eventually(lambda: not states(tmp_path, small_disk)["running"], "all of it is recorded")

        before = the_case(tmp_path, small_disk)
        sender.send(100)
        Event().wait(3.0)  # long enough for three more tries
        after = the_case(tmp_path, small_disk)
        assert (after.heard, after.events) == (before.heard, before.events)
        assert "reactor_journal_reserve 0.0" in asked(service, "/metrics")[1]

        ballast.unlink()
        service.hears(AGAIN)
        eventually(lambda: not faults(the_case(tmp_path, small_disk), rules=2), "all was done")
        assert (small_disk / "data" / "reserve").stat().st_size == 16 * MIB
        assert asked(service, "/readyz")[0] == 200


def test_without_the_reserve_it_could_not_be(tmp_path, small_disk, sender):
    """So that the test above is known to see it."""
    with under_way(tmp_path, small_disk, sender) as (service, endpoint, gate):
        (small_disk / "data" / "reserve").unlink()
        fill(small_disk)
        gate.set()
        endpoint.wait_answered(UNDER_WAY)
        service.hears(FULL)

        assert states(tmp_path, small_disk)["running"] >= UNDER_WAY - 1


def test_a_stop_on_a_full_disk_records_what_was_under_way(tmp_path, small_disk, sender):
    with under_way(tmp_path, small_disk, sender) as (service, _, gate):
        fill(small_disk)
        gate.set()

        assert service.stop() == 0

        assert not states(tmp_path, small_disk)["running"]


def test_a_disk_that_will_soon_be_full_is_said_at_the_start(tmp_path, small_disk):
    fill(small_disk, leave=20 * MIB)
    rules = write_rules(tmp_path, "http://127.0.0.1:9")

    with Service(rules, small_disk / "data", "--http", "127.0.0.1:0") as service:
        service.hears("warning: the disk has no room for the reserve of 16 MiB")

        status, why = asked(service, "/readyz")
        assert status == 503
        assert "no room for the reserve" in why
        assert service.stop() == 0
