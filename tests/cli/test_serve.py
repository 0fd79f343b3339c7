"""The main thread of a real service: what it hears, and what the service manager hears of it."""

import json
import signal
import socket

import pytest

from tests.cli.program import Program
from tests.fake_engine import fake_engine
from tests.fakes import PATIENCE
from tests.sources.cloud import fake_cloud

RULES = """\
sources: {lines: {type: file, path: events.jsonl, follow: true}}
rules: [{name: crash, match: {state: Stopped}, actions: [{log: warning}]}]
"""
WORDS = ("run", "--data-dir", "data", "--http", "off", "--log-format", "text")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "events.jsonl").touch()
    return tmp_path


@pytest.fixture
def manager(tmp_path):
    """The socket of a service manager."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(PATIENCE)
        manager.bind(str(tmp_path / "notify"))
        yield manager


def hears(manager, word):
    """All that is told up to a datagram that begins with the word."""
    told = []
    while not told or not told[-1].startswith(word):
        told.append(manager.recv(4096).decode())
    return told


def test_the_service_manager_hears_of_start_reload_and_stop(folder, manager):
    around = {"NOTIFY_SOCKET": str(folder / "notify")}
    with Program(folder, *WORDS, environment=around) as service:
        hears(manager, "READY=1")
        hears(manager, "STATUS=ready")
        service.send(signal.SIGHUP)

        assert hears(manager, "READY=1")[-2].startswith("RELOADING=1\nMONOTONIC_USEC=")
        service.send(signal.SIGTERM)
        assert hears(manager, "STOPPING=1")
        assert service.ended() == 0


def test_the_watchdog_is_fed(folder, manager):
    around = {"NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "1000000"}
    with Program(folder, *WORDS, environment=around):
        for _ in range(3):
            hears(manager, "WATCHDOG=1")


def test_a_changed_file_is_reloaded_without_a_signal_and_once(folder):
    with Program(folder, *WORDS) as service:
        service.err.hears("running")
        (folder / "rules.yaml").write_text(RULES.replace("Stopped", "Running"))
        service.err.hears("reloaded: rules: changed 'crash' (match)")

        service.send(signal.SIGTERM)
        assert service.ended() == 0
        assert len([line for line in service.err.all() if "reloaded" in line]) == 1


def test_what_was_read_by_a_signal_is_not_read_again_because_it_changed(folder):
    with Program(folder, *WORDS) as service:
        service.err.hears("running")
        (folder / "rules.yaml").write_text("rules: [")
        service.send(signal.SIGHUP)
        service.err.hears("not reloaded")
        (folder / "rules.yaml").write_text(RULES.replace("crash", "stop"))
        service.err.hears("reloaded: rules: added 'stop', removed 'crash'")

        service.send(signal.SIGTERM)
        assert service.ended() == 0
        assert len([line for line in service.err.all() if "not reloaded" in line]) == 1


def test_the_only_source_being_refused_ends_it_with_its_own_code(folder):
    (folder / "rules.yaml").write_text(
        RULES.replace("{type: file, path: events.jsonl, follow: true}", "{type: dockercloud}")
    )

    with Program(folder, *WORDS) as service:
        assert service.ended() == 5
        service.err.hears("it is the only source, so there is nothing to wait for")


def test_an_engine_that_refuses_us_later_is_an_event_and_no_end(folder):
    with fake_engine() as engine:
        (folder / "rules.yaml").write_text(
            f"sources: {{local: {{type: docker, host: '{engine.url}'}}}}\n"
            "rules: [{name: host down, match: {type: node, state: Unreachable}, for: 1s,\n"
            "  actions: [{log: error, text: '{{ node.name }} is away'}]}]\n"
        )
        with Program(folder, *WORDS) as service:
            service.err.hears("source local: connected")
            engine.answers["/_ping"] = (403, b"forbidden")
            engine.cut()

            service.err.hears("source local: no connection:", "403", "trying again in")
            service.err.hears("dock is away")
            service.send(signal.SIGTERM)
            assert service.ended() == 0


def test_a_key_that_is_refused_later_is_waited_for(folder):
    with fake_cloud() as cloud:
        entry = {"type": "dockercloud", **cloud.options}
        (folder / "rules.yaml").write_text(f"sources: {json.dumps({'cloud': entry})}\nrules: []\n")
        with Program(folder, *WORDS) as service:
            service.err.hears("source cloud: connected")
            cloud.status = "401 Unauthorized"
            cloud.hang_up()

            service.err.hears("source cloud: refused:", "trying again in 5 minutes")
            service.send(signal.SIGHUP)
            service.err.hears("reloaded")
            service.send(signal.SIGTERM)
            assert service.ended() == 0
            assert not [line for line in service.err.all() if "the only source" in line]
