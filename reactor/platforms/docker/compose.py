"""Compose: a project as the labels of its containers tell of it, and the tool that makes it anew.

The tool is run, never a shell, and on the machine whose engine it is: a file of the same path on
another one may say something else.
"""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock

from reactor.platforms.docker.dial import Address, Tls
from reactor.platforms.docker.objects import PROJECT

PATIENCE = 600.0
"""Seconds for one run: images may have to be pulled, and containers may take their time to stop."""

_TOOLS = (("docker", "compose"), ("docker-compose",))
_CHECK = 30.0  # seconds, for what touches no container
_FOLDER = "com.docker.compose.project.working_dir"
_FILES = "com.docker.compose.project.config_files"
_ENVIRONMENT = "com.docker.compose.project.environment_file"
_UNSET = re.compile(r"variable is not set", re.IGNORECASE)
_CHOOSING = {"DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"}
_LAST_LINES, _LONGEST = 3, 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project's name, its folder and its files; `environment` are files of variables that it was
    made with, beyond the `.env` of the folder."""

    name: str
    folder: Path
    files: tuple[Path, ...]
    environment: tuple[Path, ...] = ()


def project_of(labels: Mapping[str, str]) -> Project | None:
    """The project that a container belongs to; None when its labels do not say where it is written.
    Compose 1 wrote files as they stood on its command line, relative to the folder."""
    folder = Path(labels.get(_FOLDER, ""))
    files = tuple(_paths(labels.get(_FILES, ""), folder))
    if not labels.get(PROJECT) or not folder.is_absolute() or not files:
        return None
    environment = tuple(_paths(labels.get(_ENVIRONMENT, ""), folder))
    return Project(name=labels[PROJECT], folder=folder, files=files, environment=environment)


def _paths(text: str, folder: Path) -> Iterator[Path]:
    return (folder / each for each in text.split(",") if each)


def is_here(address: Address) -> bool:
    """Whether an engine is this machine's, as far as its address tells."""
    if address.scheme == "unix" or address.host == "localhost":
        return True
    with suppress(ValueError):
        return address.scheme != "ssh" and ip_address(address.host).is_loopback
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The tool and a project that it can make anew. `begin` is how each of its commands begins."""

    tool: str
    begin: tuple[str, ...]
    folder: Path


class Compose:
    """The tool, for one engine: `docker compose`, else `docker-compose`. All of it blocks, and may
    be called from any thread."""

    def __init__(self, address: Address, tls: Tls | None, environ: Mapping[str, str]) -> None:
        self._address, self._tls = address, tls
        ours = {name: text for name, text in environ.items() if name not in _CHOOSING}
        self._environ = {**ours, "DOCKER_HOST": str(address)}
        self._lock = Lock()  # two runs at once would make the same containers

    def ready(self, project: Project | None) -> Ready | str:
        """What it takes to make a project anew, or why that cannot be done from here."""
        if not is_here(self._address):
            return "the engine is not this machine's"
        if project is None:
            return "no label says where its Compose files are"
        for file in (*project.files, *project.environment):
            if not os.access(file, os.R_OK):
                return f"{file} cannot be read here"
        tool = self._tool()
        return self._tried(tool, project) if tool else "Compose is not installed here"

    def _tool(self) -> tuple[str, ...]:
        for tool in _TOOLS:
            if shutil.which(tool[0], path=self._environ.get("PATH")):
                code, _ = self._run((*tool, "version"), Path("/"), _CHECK)
                if code == 0:
                    return tool
        return ()

    def _tried(self, tool: tuple[str, ...], project: Project) -> Ready | str:
        """Whether the tool takes the files. A variable that was set when the project was made, and
        is not here, would make it otherwise than it was."""
        program, *command = tool
        begin = (program, *_tls_options(self._tls), *command, *_options(project))
        code, said = self._run((*begin, "config", "--quiet"), project.folder, _CHECK)
        if code != 0:
            return f"{' '.join(tool)} does not take its files: {_last(said)}"
        if _UNSET.search(said):
            return "its Compose files use a variable that is not set here"
        return Ready(tool=" ".join(tool), begin=begin, folder=project.folder)

    def up(self, ready: Ready, counts: Mapping[str, int], *options: str) -> str | None:
        """Have so many containers of each of these services, and touch no others; `options` are
        those of `up`. Returns what went wrong, if something did."""
        scales = [word for name, count in counts.items() for word in ("--scale", f"{name}={count}")]
        command = (*ready.begin, "up", "--detach", "--no-deps", *options, *scales, *counts)
        with self._lock:
            code, said = self._run(command, ready.folder, PATIENCE)
        if code == 0:
            return None
        how = f"did not end within {PATIENCE:.0f} s" if code is None else f"ended with {code}"
        return f"{ready.tool} {how}: {_last(said)}"

    def _run(
        self, command: tuple[str, ...], folder: Path, patience: float
    ) -> tuple[int | None, str]:
        """The exit code, None when it had to be killed, and what it said.

        Into a file and in a session of its own: when reactor ends, what has begun goes on to its
        end, rather than leave half of the containers.
        """
        with (
            TemporaryFile() as output,
            subprocess.Popen(  # noqa: S603 -- no shell; what labels say are values of options
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=self._environ,
                start_new_session=True,
            ) as running,
        ):
            code = _awaited(running, patience)
            output.seek(0)
            return code, output.read().decode(errors="replace")


def _awaited(running: subprocess.Popen[bytes], patience: float) -> int | None:
    try:
        return running.wait(patience)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        return None


def _tls_options(tls: Tls | None) -> Iterator[str]:
    if tls is not None:
        yield "--tlsverify"
        paths = {"--tlscacert": tls.ca, "--tlscert": tls.cert, "--tlskey": tls.key}
        yield from (f"{option}={path}" for option, path in paths.items() if path)


def _options(project: Project) -> Iterator[str]:
    yield f"--project-name={project.name}"
    yield f"--project-directory={project.folder}"
    yield from (f"--file={file}" for file in project.files)
    yield from (f"--env-file={file}" for file in project.environment)


def _last(said: str) -> str:
    """The last lines of an output, as one."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return " / ".join(lines[-_LAST_LINES:])[-_LONGEST:] or "it said nothing"
