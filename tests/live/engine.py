"""A real Docker Engine for tests: the machine's own, else a private one, started and removed.

Also a command: `python -m tests.live.engine COMMAND…` runs COMMAND with DOCKER_HOST set.
"""

import io
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from reactor.platforms.docker.client import Client, Gone, Refusal
from reactor.platforms.docker.dial import parse_address

IMAGE = "reactor-test"
_DEFAULT_HOST = "unix:///var/run/docker.sock"
_BUSYBOX = Path("/bin/busybox")
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
_START_SECONDS = 60.0
_ACTIVATE = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.execvp(sys.argv[2], sys.argv[2:])
"""


class EngineUnavailable(Exception):
    """There is no engine here and we cannot make one; the message says why."""


class Engine:
    """A running engine at `host`, with an image IMAGE that holds busybox."""

    def __init__(self, host: str) -> None:
        self.host = host
        self._containers: list[str] = []

    def docker(self, *arguments: str, stdin: bytes = b"") -> str:
        """What the docker client prints; raises CalledProcessError."""
        command = ["docker", "--host", self.host, *arguments]
        done = subprocess.run(
            command, input=stdin, capture_output=True, check=True, env={**os.environ, "PATH": _PATH}
        )
        return done.stdout.decode().strip()

    def run(self, script: str, *options: str) -> str:
        """Start a container that runs a shell script; returns its id."""
        container = self.docker(
            "run",
            "--detach",
            "--network",
            "none",
            *options,
            IMAGE,
            "/bin/busybox",
            "sh",
            "-c",
            script,
        )
        self._containers.append(container)
        return container

    def init_swarm(self) -> None:
        """Make it the one manager of a swarm of its own; port 0 leaves room for other swarms."""
        self.docker(
            *("swarm", "init", "--advertise-addr", "127.0.0.1"),
            *("--listen-addr", "127.0.0.1:0"),
        )

    def serve(self, name: str, script: str, *options: str) -> None:
        """Have the swarm run a service of shell scripts. Only the host's network needs nothing that
        a test machine may lack."""
        self.docker(
            *("service", "create", "--detach", "--no-resolve-image", "--name", name),
            *("--network", "host", *options, IMAGE, "/bin/busybox", "sh", "-c", script),
        )

    def import_image(self) -> None:
        """An image of nothing but Debian's static busybox, which is its shell too."""
        packed, shell = io.BytesIO(), tarfile.TarInfo("bin/sh")
        shell.type, shell.linkname = tarfile.SYMTYPE, "busybox"
        with tarfile.open(fileobj=packed, mode="w") as tar:
            tar.add(_BUSYBOX, "bin/busybox")
            tar.addfile(shell)
        self.docker("import", "-", IMAGE, stdin=packed.getvalue())

    def clear(self) -> None:
        """Remove every container that `run` started."""
        for container in self._containers:
            subprocess.run(
                ["docker", "--host", self.host, "rm", "--force", container],
                capture_output=True,
                check=False,
                env={**os.environ, "PATH": _PATH},
            )
        self._containers.clear()


class PrivateEngine(Engine):
    """An engine of our own in `folder`, which can be stopped and started, with more `options`."""

    def __init__(self, folder: Path, *options: str) -> None:
        super().__init__(f"unix://{folder}/docker.sock")
        self._folder, self._options = folder, options
        self._passed: tuple[int, ...] = ()
        self._daemon: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the daemon; returns when it answers. Raises EngineUnavailable."""
        (self._folder / "daemon.json").write_text("{}")  # not the machine's own settings
        log = (self._folder / "dockerd.log").open("ab")
        with log:
            self._daemon = subprocess.Popen(
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=self._passed,
                env={**os.environ, "PATH": _PATH},
            )
        deadline = time.monotonic() + _START_SECONDS
        while not answers(self.host):
            if self._daemon.poll() is not None or time.monotonic() > deadline:
                last = (self._folder / "dockerd.log").read_text().strip().rpartition("\n")[2]
                raise EngineUnavailable(f"dockerd does not start: {last}")
            # Waits for the daemon's end, which would be bad news, rather than sleep.
            with_timeout(self._daemon, 0.1)

    def _command(self) -> list[str]:
        folder = self._folder
        return [
            *("dockerd", "--config-file", f"{folder}/daemon.json"),
            *("--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"),
            *("--pidfile", f"{folder}/docker.pid", "--storage-driver", "vfs"),
            *("--bridge", "none", "--iptables=false", *self._options),
            *(() if self._passed else ("--host", self.host)),
        ]

    def stop(self) -> None:
        """Stop the daemon and what it started."""
        if self._daemon is not None:
            self._daemon.terminate()
            with_timeout(self._daemon, 15)
        self.cut_power()

    def close(self) -> None:
        """Leave nothing behind."""
        self.clear()
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def kill(self) -> None:
        """Kill the daemon, and containerd with it; containers run on."""
        self._kill("containerd --config")

    def cut_power(self) -> None:
        """Kill the daemon and all that it has started, at once: nobody is told anything."""
        self._kill("containerd")

    def _kill(self, command: str) -> None:
        """The daemon, and what it has started by this command, with its children."""
        ours = [each for each in running() if str(self._folder) in each.command]
        started = {each.pid for each in ours if command in each.command}
        started |= {each.pid for each in running() if each.parent in started}
        if self._daemon is not None:
            started.add(self._daemon.pid)
        kill_at_once(started)
        # As long as nobody has asked how it ended its number passes for a containerd that runs.
        (self._folder / "exec/containerd/containerd.pid").unlink(missing_ok=True)
        if self._daemon is not None:
            self._daemon.wait()
            self._daemon = None


class ActivatedEngine(PrivateEngine):
    """An engine whose socket another holds open while it is away, as systemd does it."""

    def __init__(self, folder: Path, *options: str) -> None:
        super().__init__(folder, *options)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(f"{folder}/docker.sock")
        self._socket.listen()
        self._passed = (self._socket.fileno(),)

    def _command(self) -> list[str]:
        (passed,) = map(str, self._passed)
        return [sys.executable, "-c", _ACTIVATE, passed, *super()._command(), "--host", "fd://"]

    def close(self) -> None:
        super().close()
        self._socket.close()


class Process(NamedTuple):
    """One that runs on this machine."""

    pid: int
    parent: int
    command: str


def running() -> Iterator[Process]:
    """All processes of this machine."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            yield Process(int(folder.name), int(parent), command)


def kill_at_once(pids: Iterable[int]) -> None:
    """End these before any of them notices, and wait until they are gone."""
    with ExitStack() as files:
        ends = []
        for pid in pids:
            with suppress(ProcessLookupError):
                ends.append(os.pidfd_open(pid))
                files.callback(os.close, ends[-1])
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for end in ends:
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(end, number)
        for end in ends:
            select.select([end], [], [], _START_SECONDS)


def with_timeout(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait for its end, but not longer."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


def answers(host: str) -> bool:
    """Whether an engine answers at `host`."""
    try:
        with closing(Client(parse_address(host))) as client:
            client.describe()
    except (Gone, Refusal):
        return False
    return True


@contextmanager
def docker_engine() -> Iterator[Engine]:
    """An engine with the test image: one that is reachable, else a private one.

    Raises EngineUnavailable.
    """
    host = os.environ.get("DOCKER_HOST") or _DEFAULT_HOST
    if not answers(host):
        with private_engine() as private:
            yield private
        return
    install()
    engine = Engine(host)
    engine.import_image()
    try:
        yield engine
    finally:
        engine.clear()
        engine.docker("rmi", "--force", IMAGE)


@contextmanager
def private_engine(
    *options: str, kind: type[PrivateEngine] = PrivateEngine
) -> Iterator[PrivateEngine]:
    """An engine of our own, for root only. Raises EngineUnavailable."""
    install()
    if os.geteuid() != 0:
        raise EngineUnavailable("no Docker Engine is reachable, and only root can start one")
    # Not pytest's folder: the path of a socket must stay short.
    folder = Path(tempfile.mkdtemp(prefix="reactor-docker-"))
    engine = kind(folder, *options)
    try:
        engine.start()
        engine.import_image()
        yield engine
    finally:
        engine.close()


def install() -> None:
    """Make sure of Debian's engine, its client, and a static busybox. Raises EngineUnavailable."""
    is_there = all(shutil.which(name, path=_PATH) for name in ("dockerd", "docker"))
    if is_there and _is_static(_BUSYBOX):
        return
    install_packages("docker.io", "busybox-static")


def install_compose() -> None:
    """Make sure of Debian's docker-compose, which is the first one, 1.29. Raises
    EngineUnavailable."""
    if not shutil.which("docker-compose"):
        install_packages("docker-compose")


def install_packages(*packages: str) -> None:
    """Install Debian's packages of these names. Raises EngineUnavailable."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        wanted = ", ".join(packages)
        raise EngineUnavailable(f"{wanted} must be installed, which takes root and apt-get")
    for arguments in (["update"], ["install", "--yes", *packages]):
        done = subprocess.run(
            ["apt-get", "--quiet", *arguments],
            capture_output=True,
            check=False,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise EngineUnavailable(f"apt-get {arguments[0]} failed: {said}")


def _is_static(program: Path) -> bool:
    return program.exists() and b"/ld-linux" not in program.read_bytes()


def main() -> int:
    """Run the command of our arguments beside an engine."""
    with docker_engine() as engine:
        command = [word for word in sys.argv[1:] if word != "--"]
        return subprocess.run(
            command, check=False, env={**os.environ, "DOCKER_HOST": engine.host}
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
