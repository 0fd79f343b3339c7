"""What a process is given by the system: Python, descriptors, systemd, time zones."""

import platform
import resource
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from reactor.cli.doctor.finding import Finding, doubtful, well
from reactor.config.interpolate import CREDENTIALS
from reactor.observe.systemd import watchdog_seconds

FILES = 4096
"""File descriptors for 512 deliveries under way, 1,000 clients, and twice that to spare."""

_SHORTEST_WATCHDOG = 10.0  # seconds: a part that waits for a slow disk looks hung for some
_SOME_ZONE = "Europe/Berlin"


def look_around(environment: Mapping[str, str], pid: int) -> Iterator[Finding]:
    """The surroundings of the process `pid`, which is ours."""
    yield well("Python", f"{platform.python_version()} at {sys.executable}")
    yield judge_files(resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    yield from judge_systemd(environment, pid)
    yield from judge_credentials(environment)
    yield judge_zones()


def judge_files(most: float) -> Finding:
    """So many descriptors the service may have: it raises its own limit to that."""
    if most == resource.RLIM_INFINITY or most >= FILES:
        told = "any number" if most == resource.RLIM_INFINITY else f"{most:,.0f}"
        return well("open files", f"{told} allowed")
    return doubtful(
        "open files",
        f"{most:,.0f} allowed: each delivery under way and each client takes one",
        f"LimitNOFILE={FILES} or more in the unit, or `ulimit -Hn`",
    )


def judge_systemd(environment: Mapping[str, str], pid: int) -> Iterator[Finding]:
    """What systemd expects of us; nothing where we are no service of it."""
    span = watchdog_seconds(environment, pid)
    if span is None and "NOTIFY_SOCKET" in environment:
        remedy = "WatchdogSec=30 in the unit, so that what hangs is started again"
        yield doubtful("systemd", "it does not watch over us", remedy)
    elif span is not None and span < _SHORTEST_WATCHDOG:
        told = f"it expects a sign of life every {span:g} s: a slow disk will look like a hang"
        yield doubtful("systemd", told, "WatchdogSec=30 in the unit")
    elif span is not None:
        yield well("systemd", f"it expects a sign of life every {span:g} s")


def judge_credentials(environment: Mapping[str, str]) -> Iterator[Finding]:
    """What `${cred:NAME}` can be; nothing where systemd gave none."""
    if folder := environment.get(CREDENTIALS):
        try:
            names = ", ".join(sorted(each.name for each in Path(folder).iterdir())) or "none"
        except OSError as error:
            told = f"{folder} cannot be read: {error.strerror}"
            yield doubtful("credentials", told, "LoadCredential=NAME:FILE in the unit")
        else:
            yield well("credentials", f"{names}, in {folder}")


def judge_zones() -> Finding:
    """Whether time zones are known, which `timezone` of intervals and schedules names."""
    try:
        ZoneInfo(_SOME_ZONE)
    except (ZoneInfoNotFoundError, OSError):
        remedy = "install the system's tzdata, or `pip install tzdata`"
        return doubtful("time zones", f"none is known, not even {_SOME_ZONE}", remedy)
    return well("time zones", "known")
