"""What goes to the service manager's socket, and what its variables mean."""

import os
import socket

import pytest

from reactor.observe.systemd import (
    ALIVE,
    READY,
    RELOADING,
    Notifier,
    since,
    status,
    watchdog_seconds,
)
from tests.fakes import PATIENCE


def listening(address):
    """A service manager's end."""
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.settimeout(PATIENCE)
    manager.bind(address)
    return manager


def test_states_are_lines_of_one_datagram(tmp_path):
    with listening(str(tmp_path / "notify")) as manager:
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        notifier.tell(RELOADING, since(12.3456789))
        notifier.tell(READY)

        assert manager.recv(4096) == b"RELOADING=1\nMONOTONIC_USEC=12345678"
        assert manager.recv(4096) == b"READY=1"


def test_a_status_that_is_no_text_is_told_all_the_same(tmp_path):
    with listening(str(tmp_path / "notify")) as manager:
        Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")}).tell(status("lost: \udcff"))

        assert manager.recv(4096) == rb"STATUS=lost: \udcff"


def test_an_address_may_be_abstract():
    name = f"reactor-test-{os.getpid()}"
    with listening(f"\0{name}") as manager:
        Notifier({"NOTIFY_SOCKET": f"@{name}"}).tell(ALIVE)

        assert manager.recv(4096) == b"WATCHDOG=1"


def test_a_status_is_one_line():
    assert status("not ready:\nthe disk") == "STATUS=not ready: the disk"


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": "/nonexistent/notify"}])
def test_without_a_listener_nothing_happens(environment):
    Notifier(environment).tell(READY)


def test_a_manager_that_does_not_read_holds_nobody_up(tmp_path):
    with listening(str(tmp_path / "notify")):
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})

        for _ in range(5000):  # more than any socket keeps
            notifier.tell(ALIVE)


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, None),  # it is meant for our parent
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_there_when_the_manager_says_so(environment, seconds):
    assert watchdog_seconds(environment, 7) == seconds
