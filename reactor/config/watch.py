"""Notices when the rule file has changed and is whole again. The only home of watchfiles.

Directories are watched and not files: editors put a new file in the place of the old one, and
Kubernetes moves a symbolic link of a directory. What counts is what can be read at the path.
"""

import errno
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event as StopEvent

from watchfiles import watch

from reactor.config.load import MAX_BYTES

QUIET = 0.5
"""Seconds for which a file has to stay the same until it is read."""

LONGEST_LOOK = 2.0
"""Seconds after which we look without a sign: not every file system gives one."""

Fingerprint = tuple[tuple[str, str], ...]
"""Names of files, and what they hold."""


def fingerprint(path: Path) -> Fingerprint:
    """What a load of this file or directory would read."""
    return tuple((str(file), _digest(file)) for file in _files(path))


def _files(path: Path) -> list[Path]:
    try:
        return sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    except OSError:  # it was taken away while we looked
        return []


def _digest(file: Path) -> str:
    try:
        if not file.is_file():  # a pipe can be read once only, and that the load has done
            return "no file"
        with file.open("rb") as stream:
            return hashlib.sha256(stream.read(MAX_BYTES + 1)).hexdigest()
    except OSError as error:
        return f"unreadable: {error.errno}"


class Watch:
    """Calls `on_change`, from its own thread, whenever the rules at `path` have become others than
    those that were `seen`."""

    def __init__(self, path: Path, seen: Fingerprint, on_change: Callable[[], None]) -> None:
        self._path, self._seen, self._on_change = path, seen, on_change

    def run(self, stop: StopEvent) -> None:
        """The thread's body: until `stop` is set."""
        while not stop.is_set():
            directories = _directories(self._path)
            for _ in _signs(directories, stop):
                self._look(stop)
                if _directories(self._path) != directories:
                    break

    def _look(self, stop: StopEvent) -> None:
        found = fingerprint(self._path)
        if found == self._seen:
            return
        while not stop.wait(QUIET):
            again = fingerprint(self._path)
            if again == found and not any(map(is_being_written, _files(self._path))):
                break
            found = again
        if found != self._seen and not stop.is_set():
            self._seen = found
            self._on_change()


def _directories(path: Path) -> tuple[Path, ...]:
    """Where a change shows: beside the path, in it, and where symbolic links of it lead."""
    places = [path.absolute().parent, path.resolve().parent]
    places += [path.resolve()] if path.is_dir() else []
    return tuple(dict.fromkeys(place for place in places if place.is_dir()))


def _signs(directories: tuple[Path, ...], stop: StopEvent) -> Iterator[None]:
    """Now and then, and whenever something happened in the directories, until `stop` is set."""
    yield
    try:
        for _ in watch(
            *directories,
            watch_filter=None,
            step=int(QUIET * 1000),
            rust_timeout=int(LONGEST_LOOK * 1000),
            yield_on_timeout=True,
            stop_event=stop,
            recursive=False,
        ):
            yield
    except (
        OSError,
        RuntimeError,
    ):  # a directory that went away, or too many watches: we still look
        stop.wait(LONGEST_LOOK)


def is_being_written(file: Path) -> bool:
    """Whether somebody has the file open for writing, as far as the kernel tells us: it grants a
    lease for reading only when nobody has (fcntl(2), F_SETLEASE), and only to the file's owner."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    finally:
        os.close(descriptor)
    return False
