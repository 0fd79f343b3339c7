"""What systemd is told: that we are up, that we reload, that we are alive, that we stop.

The protocol of sd_notify(3): a datagram of NAME=VALUE lines to `$NOTIFY_SOCKET`.
"""

import socket
from collections.abc import Mapping
from contextlib import suppress

READY, STOPPING, ALIVE = "READY=1", "STOPPING=1", "WATCHDOG=1"
RELOADING = "RELOADING=1"
"""To be told together with `since`; READY ends it."""


def since(monotonic: float) -> str:
    """The moment of a RELOADING, in seconds of the monotonic clock: Type=notify-reload needs it."""
    return f"MONOTONIC_USEC={int(monotonic * 1_000_000)}"


def status(text: str) -> str:
    """A line for `systemctl status`."""
    return "STATUS=" + text.replace("\n", " ")


class Notifier:
    """Tells the service manager, if there is one. Never blocks, and never fails: who does not
    listen is told nothing."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        if self._address.startswith("@"):  # an abstract name, which the kernel spells with a NUL
            self._address = "\0" + self._address[1:]

    def tell(self, *states: str) -> None:
        """Send these together."""
        if not self._address:
            return
        kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK
        with suppress(OSError), socket.socket(socket.AF_UNIX, kind) as out:
            out.sendto("\n".join(states).encode(errors="backslashreplace"), self._address)


def watchdog_seconds(environment: Mapping[str, str], pid: int) -> float | None:
    """Within how many seconds the service manager wants to hear ALIVE from the process `pid`, or
    None if it does not want to (sd_watchdog_enabled(3))."""
    span, watched = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    is_meant = watched in ("", str(pid))
    return int(span) / 1_000_000 if span.isdecimal() and int(span) and is_meant else None
