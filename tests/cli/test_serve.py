"""The main thread of a real service: what it hears, and what the service manager hears of it."""

import signal
import socket

import pytest

from tests.cli.program import Program
from tests.fakes import PATIENCE

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
