"""The `docker` source: an engine's container events, read by a small process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event as StopEvent

from reactor.clock import utc_now
from reactor.model.errors import SourceLost, SourceRefused
from reactor.model.event import Frame
from reactor.model.protocols import Feed, Field, Kind, SourceType
from reactor.model.rule import SourceSpec
from reactor.model.uri import stable_uuid
from reactor.platforms import docker_reader
from reactor.platforms.docker import SHAPES, Engine, translate
from reactor.sources.lines import LineCutter, blocks
from reactor.sources.spool import gap

DEFAULT_HOST = "unix:///var/run/docker.sock"
_GRACE_SECONDS = 5.0  # from the end of its output to the reader's own end

Reader = subprocess.Popen[bytes]


class DockerSource:
    """One engine. It remembers the last event it saw, so that a reconnect goes on from there."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._since: str | None = None
        self._fell_behind = False
        self._engine = Engine(id="", name="", version="")

    @property
    def peer(self) -> str:
        """The engine's version and address."""
        return f"Docker Engine {self._engine.version} at {self._host}"

    def run(self, feed: Feed, stop: StopEvent) -> None:
        """Hand in every container event. Raises SourceLost, and SourceRefused when the engine
        does not let us in or the host is of a kind that we do not speak."""
        with _reading(self._host, self._since) as reader:
            lines = _lines(reader, stop)
            if first := next(lines, None):
                self._engine = _described(first)
                feed.connected()
                self._tell_gap(feed)
            for line in lines:
                self._hand_in(line, feed)
            if not stop.is_set():
                code = _ended(reader)
                self._fell_behind = code == docker_reader.BEHIND
                raise _why(reader, code, self._host)

    def _tell_gap(self, feed: Feed) -> None:
        """The engine tells again only what it still has, which is 256 events."""
        if self._fell_behind:
            last = self._since and datetime.fromtimestamp(float(self._since), UTC)
            feed.put(gap("reactor fell behind", last or None, utc_now()))
            self._fell_behind = False

    def _hand_in(self, line: bytes, feed: Feed) -> None:
        """As a platform frame; what is no event of a container goes on as it is, to be seen."""
        frame = translate(line, self._engine)
        if frame is None:
            text = line.decode(errors="replace")
            feed.put(Frame(line, stable_uuid("docker-line", self._engine.id, text)))
            return
        feed.put(Frame(frame.raw, frame.uuid, frame.facts))
        self._since = "{}.{:09d}".format(*divmod(frame.time_nano, 10**9))


@contextmanager
def _reading(host: str, since: str | None) -> Iterator[Reader]:
    """The running reader; it is gone, and waited for, when the block is left."""
    # By its path and isolated: neither our working directory nor PYTHONPATH can get in between.
    command = [
        sys.executable,
        "-I",
        "-S",
        docker_reader.__file__,
        host,
        *([since] if since else []),
    ]
    with subprocess.Popen(  # noqa: S603 -- our own file; the host is one argument, never a shell's
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as reader:
        try:
            yield reader
        finally:
            reader.kill()


def _lines(reader: Reader, stop: StopEvent) -> Iterator[bytes]:
    """What the reader writes, line by line, blank ones left out; the last may be cut off."""
    assert reader.stdout is not None  # noqa: S101 -- opened as a pipe above
    cutter = LineCutter()
    for block in blocks(reader.stdout.fileno(), stop):
        for line in cutter.cut(block):
            if raw := line.strip():
                yield raw
    rest = cutter.rest().strip()
    if rest and not stop.is_set():
        yield rest


def _described(line: bytes) -> Engine:
    """The reader's first line."""
    engine = json.loads(line)["engine"]
    return Engine(id=engine["id"], name=engine["name"], version=engine["version"])


def _ended(reader: Reader) -> int | None:
    """The reader's exit code; None when it hangs."""
    try:
        return reader.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        return None


def _why(reader: Reader, code: int | None, host: str) -> SourceLost | SourceRefused:
    """Why the reader ended, in its own last words."""
    assert reader.stderr is not None  # noqa: S101 -- opened as a pipe above
    if code is None:
        return SourceLost(f"{host}: the reader hangs")
    last = reader.stderr.read().decode(errors="replace").strip().rpartition("\n")[2]
    why = last or f"the reader ended with {code}"
    kind = SourceRefused if code == docker_reader.REFUSED else SourceLost
    return kind(f"{host}: {why}")


def open_docker(spec: SourceSpec) -> DockerSource:
    """The source that an entry of `sources` describes."""
    host = spec.options.get("host") or os.environ.get("DOCKER_HOST") or DEFAULT_HOST
    return DockerSource(str(host))


DOCKER = SourceType(
    fields={
        "host": Field(
            kind=Kind.TEXT,
            about="The engine: unix:///PATH or tcp://HOST:PORT; default $DOCKER_HOST, else "
            "this machine's.",
        ),
    },
    platform=True,
    open=open_docker,
    shapes=SHAPES,
)
