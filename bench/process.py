"""Programs under measure: a real `reactor run` on a core of its own, and what it takes."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from time import perf_counter

ROOT = Path(__file__).parent.parent
REACTOR_CORE, LOAD_CORE = 0, 1
"""reactor has one core for itself; what feeds it and what it sends to share the other."""

PATIENCE = 60.0
"""Seconds after which something that should have happened is a failure."""


class BenchFailed(Exception):
    """What was measured did not do what it should have: there is no figure to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A reactor that answers /healthz with 200 on `port`. It was launched at `began`
    (perf_counter); `start_seconds` is what it took until then."""

    pid: int
    data_dir: Path
    port: int
    began: float
    start_seconds: float


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder on a disk: /tmp may be memory, where a commit costs nothing."""
    with TemporaryDirectory(prefix="reactor-bench-", dir="/var/tmp") as folder:
        yield Path(folder)


@contextmanager
def reactor(rules: str, folder: Path) -> Iterator[Running]:
    """`reactor run` as users start it, its output kept in a file as a service's is."""
    rule_file, data_dir, port = folder / "rules.yaml", folder / "data", free_port()
    rule_file.write_text(rules)
    command = [sys.executable, "-m", "reactor", "run", str(rule_file)]
    command += ["--data-dir", str(data_dir), "--http", f"127.0.0.1:{port}"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (folder / "log").open("wb") as log:
        began = perf_counter()
        with subprocess.Popen(
            ["taskset", "-c", str(REACTOR_CORE), *command], env=environment, stdout=log, stderr=log
        ) as process:
            try:
                _wait_until_healthy(process, port, folder / "log")
                seconds = perf_counter() - began
                yield Running(
                    pid=process.pid,
                    data_dir=data_dir,
                    port=port,
                    began=began,
                    start_seconds=seconds,
                )
            finally:
                process.terminate()
                process.wait(PATIENCE)


@contextmanager
def program(command: list[str], port: int, log: Path) -> Iterator[None]:
    """Any other program on reactor's core, as soon as it listens on `port`."""
    with (
        log.open("wb") as output,
        subprocess.Popen(
            ["taskset", "-c", str(REACTOR_CORE), *command], stdout=output, stderr=output
        ) as process,
    ):
        try:
            deadline = perf_counter() + PATIENCE
            while not _is_open(port):
                if process.poll() is not None or perf_counter() > deadline:
                    raise BenchFailed(f"{command[0]} did not start:\n{log.read_text()}")
                pause(0.01)
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """One on loopback where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_until_healthy(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = perf_counter() + PATIENCE
    while not _is_healthy(port):
        if process.poll() is not None or perf_counter() > deadline:
            raise BenchFailed(f"reactor did not start:\n{log.read_text()}")
        pause(0.002)


def _is_healthy(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=1.0)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def pause(seconds: float) -> None:
    """Do nothing for so long."""
    Event().wait(seconds)


def family(pid: int) -> list[int]:
    """A process and its children, whichever of its threads started them."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [pid, *(int(child) for each in lists for child in each.read_text().split())]


def resident_megabytes(pid: int) -> float:
    """What of a process is in memory, libraries that it shares included."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def peak_megabytes(pid: int) -> float:
    """The most of a process that was in memory since it began: VmHWM of proc(5)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e6
