"""The process that reads an engine's events, as its parent sees it: lines, and how it ended."""

import os
import select
import subprocess
from threading import Event as StopEvent
from threading import Lock

from reactor.model.errors import SourceLost, SourceRefused
from reactor.platforms.docker import reader
from reactor.platforms.docker.reader import REFUSED
from reactor.sources.lines import LineCutter

_GRACE_SECONDS = 5.0  # from the end of its output to its own end
_BLOCK = 64 * 1024
_NAP = 0.2  # seconds; a stop is noticed well within the second that a source has
_SHORTEST_NAP = 0.05  # its next block may be on its way


class ReaderProcess:
    """One run of the reader. `wake` may be called from any thread; all else is for one. Leave it
    by its `with`: then the process is gone, and was waited for."""

    def __init__(self, order: reader.Order) -> None:
        self._process = subprocess.Popen(  # noqa: S603 -- our own code; the order is one argument
            reader.command(order),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._is_left = False
        self._leaving = Lock()
        self._cutter = LineCutter()

    def __enter__(self) -> "ReaderProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.__exit__(None, None, None)
        with self._leaving:
            self._is_left = True
            os.close(self._wake)

    def wake(self) -> None:
        """Have `lines` return now; when this was left nothing happens."""
        with self._leaving:
            if not self._is_left:  # the number may be another file's by now
                os.eventfd_write(self._wake, 1)

    def lines(self, stop: StopEvent, patience: float = _NAP) -> list[bytes] | None:
        """The lines that were read: none after `patience` seconds without any, after a `wake`, or
        when `stop` is set; None at the end of its output."""
        assert self._process.stdout is not None  # noqa: S101 -- opened as a pipe above
        output = self._process.stdout.fileno()
        nap = min(max(patience, _SHORTEST_NAP), _NAP)
        ready, _, _ = select.select([output, self._wake], [], [], nap)
        if self._wake in ready:
            os.eventfd_read(self._wake)
        if output not in ready or stop.is_set():
            return []
        block = os.read(output, _BLOCK)
        if not block:
            return None
        return [line for each in self._cutter.cut(block) if (line := each.strip())]

    def meet(self, stop: StopEvent) -> list[bytes]:
        """Its first lines, as soon as there are any; none when it ended or `stop` is set before."""
        while not stop.is_set():
            read = self.lines(stop)
            if read is None or read:
                return read or []
        return []

    def ending(self, where: str) -> SourceLost | SourceRefused:
        """Why it ended, in its own last words."""
        assert self._process.stderr is not None  # noqa: S101 -- opened as a pipe above
        try:
            code = self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            return SourceLost(f"{where}: the reader hangs")
        last = self._process.stderr.read().decode(errors="replace").strip().rpartition("\n")[2]
        kind = SourceRefused if code == REFUSED else SourceLost
        return kind(f"{where}: {last or f'the reader ended with {code}'}")
