"""The `file` source: JSON lines from a path, a FIFO or standard input."""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Event as StopEvent
from uuid import uuid4

from reactor.model.errors import SourceLost
from reactor.model.event import Frame
from reactor.model.protocols import Feed, Field, Kind, SourceType
from reactor.model.rule import SourceSpec
from reactor.sources.lines import LineCutter, blocks

STDIN = "-"
_STDIN_DESCRIPTOR = 0
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSource:
    """Reads `path` to its end, or with `follow` goes on as `tail -F` does: it waits for more, and
    for another file of that name when the file is rotated, and starts over when it is cut."""

    path: str
    follow: bool = False

    @property
    def peer(self) -> str:
        """The path, in words."""
        return "standard input" if self.path == STDIN else self.path

    def run(self, feed: Feed, stop: StopEvent) -> None:
        """Hand in every line that is not blank. Raises SourceLost when the file cannot be read."""
        try:
            self._read(feed, stop)
        except OSError as error:
            raise SourceLost(f"{self.peer}: {_reason(error)}") from error

    def _read(self, feed: Feed, stop: StopEvent) -> None:
        """One file after the other, as rotation brings them."""
        self._read_one(feed, stop)
        while self.follow and not stop.is_set():
            self._read_one(feed, stop)

    def _read_one(self, feed: Feed, stop: StopEvent) -> None:
        with _opened(self.path) as descriptor:
            feed.connected()
            lines = _Lines(feed, self._origin(descriptor))
            _drain(descriptor, lines, stop)
            if self.follow:
                self._tail(descriptor, lines, stop)
            if not stop.is_set():
                lines.end()

    def _origin(self, descriptor: int) -> str:
        """Names what is read, for identities: a line read again is the same event.

        A followed file is told from the one that replaces it. What is no file cannot be read
        again, so each reading of it is one of its own.
        """
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return f"{self.path}\x1f{uuid4()}"
        return f"{self.path}\x1f{found.st_ino}" if self.follow else self.path

    def _tail(self, descriptor: int, lines: "_Lines", stop: StopEvent) -> None:
        """What is added until another file takes the name."""
        while not stop.is_set() and self._is_current(descriptor):
            stop.wait(_POLL_SECONDS)
            _drain(descriptor, lines, stop)
        # It may have grown between our last look at it and at its name.
        _drain(descriptor, lines, stop)

    def _is_current(self, descriptor: int) -> bool:
        try:
            named = Path(self.path).stat()
        except FileNotFoundError:
            return True  # in the middle of a rotation
        return os.path.samestat(named, os.fstat(descriptor))


class _Lines:
    """Hands in the lines of one file, each with an identity of its own."""

    def __init__(self, feed: Feed, origin: str) -> None:
        self._feed, self._origin = feed, origin.encode()
        self._cutter = LineCutter()
        # They go on when the file is cut: the lines that follow are others.
        self._numbers = count(1)

    def take(self, block: bytes) -> None:
        for line in self._cutter.cut(block):
            self._put(line)

    def end(self) -> None:
        """The last line counts though its line feed is missing."""
        self._put(self._cutter.rest())

    def _put(self, line: bytes) -> None:
        number = next(self._numbers)
        if raw := line.strip():
            place = b"%b\x1f%d\x1f%b" % (self._origin, number, raw)
            self._feed.put(Frame(raw, hashlib.sha256(place).hexdigest()[:32]))


def _drain(descriptor: int, lines: _Lines, stop: StopEvent) -> None:
    """Everything up to the end of the file as it is now; from its start if it was cut."""
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and found.st_size < os.lseek(descriptor, 0, os.SEEK_CUR):
        lines.end()
        os.lseek(descriptor, 0, os.SEEK_SET)
    for block in blocks(descriptor, stop):
        lines.take(block)


@contextmanager
def _opened(path: str) -> Iterator[int]:
    """The descriptor to read from. Opening a FIFO does not wait for its writer."""
    if path == STDIN:
        yield _STDIN_DESCRIPTOR
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        yield descriptor
    finally:
        os.close(descriptor)


def _reason(error: OSError) -> str:
    """What is wrong, as a person says it."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return (error.strerror or str(error)).lower()


def open_file(spec: SourceSpec) -> FileSource:
    """The source that an entry of `sources` describes."""
    path = str(spec.options["path"])
    # After the end of standard input nothing can come: nobody can open it again to write.
    follow = bool(spec.options.get("follow", False)) and path != STDIN
    return FileSource(path=path, follow=follow)


FILE = SourceType(
    fields={
        "path": Field(
            kind=Kind.TEXT,
            about="A file of JSON objects, one a line; `-` is standard input.",
            required=True,
        ),
        "follow": Field(
            kind=Kind.FLAG,
            about="Go on at the end of the file as `tail -F` does, through rotation.",
        ),
    },
    platform=False,
    open=open_file,
)
