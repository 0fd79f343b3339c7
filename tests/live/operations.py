"""Small requests to an engine over one connection: hundreds a second, where the docker client takes
tens of milliseconds for each. Also a record of an engine's events, made by the docker client."""

import json
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from threading import Event
from time import monotonic
from urllib.parse import urlsplit

from tests.live.watching import Key, key_of
from tests.service import eventually


class Operations:
    """For one thread."""

    def __init__(self, host: str) -> None:
        self._connection = HTTPConnection("docker")
        self._connection.sock = dial(host)

    def post(self, path: str, body: Mapping[str, object] | None = None) -> bytes:
        """The answer to a request that must succeed."""
        return self._request("POST", path, body)

    def create(self, name: str, image: str, **options: object) -> str:
        """A container without a network, not started; returns its id."""
        body = {"Image": image, "HostConfig": {"NetworkMode": "none"}, **options}
        return str(json.loads(self.post(f"/containers/create?name={name}", body))["Id"])

    def rename(self, container: str, name: str) -> None:
        """The cheapest of all events."""
        self.post(f"/containers/{container}/rename?name={name}")

    def remove(self, container: str) -> None:
        """Gone, even if it runs."""
        self._request("DELETE", f"/containers/{container}?force=1", None)

    def _request(self, method: str, path: str, body: Mapping[str, object] | None) -> bytes:
        text = None if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json"}
        self._connection.request(method, f"/v1.41{path}", text, headers)
        response = self._connection.getresponse()
        said = response.read()
        assert response.status < 400, (path, said)
        return said

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def dial(host: str) -> socket.socket:
    """A connection to what listens at unix://PATH or tcp://HOST:PORT."""
    parts = urlsplit(host)
    if parts.scheme == "tcp":
        return socket.create_connection((str(parts.hostname), int(parts.port or 0)))
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connected.connect(parts.path)
    return connected


class Record:
    """What `docker events` wrote into a file so far, of containers."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def happened(self) -> list[Key]:
        """All but what health probes leave behind; a line that is being written is not there."""
        whole, _, _ = self._path.read_text().rpartition("\n")
        found = (key_of(json.loads(line)) for line in whole.splitlines())
        return [key for key in found if not key[2].startswith("exec_")]

    def wait_for(self, text: str) -> None:
        """Return as soon as it is written there."""
        eventually(lambda: text in self._path.read_text(), f"{text} is in the record")


@contextmanager
def recorded(host: str, path: Path) -> Iterator[Record]:
    """A record of all that happens until the block is left."""
    command = ["docker", "--host", host, "events", "--filter", "type=container"]
    with path.open("w") as file, operating(host) as operations:
        probe = operations.create("recording", "reactor-test", Cmd=["none"])
        recorder = subprocess.Popen([*command, "--format", "{{json .}}"], stdout=file)
        try:
            # Whether it listens is told by nothing but what it hears.
            names = (f"recording-{number}" for number in count())
            eventually(lambda: _is_heard(operations, probe, next(names), path), "it records")
            yield Record(path)
        finally:
            recorder.terminate()
            recorder.wait()
            operations.remove(probe)


def _is_heard(operations: Operations, container: str, name: str, path: Path) -> bool:
    operations.rename(container, name)
    return bool(path.read_text())


@contextmanager
def operating(host: str) -> Iterator[Operations]:
    """Operations on the engine at that address."""
    operations = Operations(host)
    try:
        yield operations
    finally:
        operations.close()


def renamed(operations: Operations, container: str, times: int, seconds: float) -> list[float]:
    """Rename a container so often in so long a time, evenly; how many seconds each took."""
    took, began, clock = [], monotonic(), Event()
    for number in range(times):
        clock.wait(max(0.0, began + seconds * number / times - monotonic()))
        before = monotonic()
        operations.rename(container, f"renamed-{times}-{number}")
        took.append(monotonic() - before)
    return took
