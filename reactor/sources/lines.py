"""Bytes from a file descriptor, cut into lines of bounded length; waiting never outlasts a stop."""

import os
import select
from collections.abc import Iterator
from threading import Event as StopEvent

LONGEST_LINE = 1024 * 1024 + 1
"""One byte more than a frame may have: a longer line is refused by its size, in bounded memory."""

_BLOCK = 64 * 1024
_PATIENCE_MS = 200  # a stop is noticed well within the second that a source has


class LineCutter:
    """Cuts blocks into lines. Of a line over LONGEST_LINE the rest is skipped."""

    def __init__(self) -> None:
        self._held = bytearray()

    def cut(self, block: bytes) -> list[bytes]:
        """The lines that `block` completes, without their line feed."""
        *ended, rest = block.split(b"\n")
        lines = []
        for piece in ended:
            if self._held or len(piece) > LONGEST_LINE:
                self._hold(piece)
                lines.append(self.rest())
            else:
                lines.append(piece)
        self._hold(rest)
        return lines

    def _hold(self, piece: bytes) -> None:
        self._held += piece[: LONGEST_LINE - len(self._held)]

    def rest(self) -> bytes:
        """The line that still lacks its line feed; it is forgotten."""
        line = bytes(self._held)
        self._held.clear()
        return line


def blocks(descriptor: int, stop: StopEvent) -> Iterator[bytes]:
    """What can be read, block by block, until the end of the file or until `stop` is set.

    A FIFO that nobody writes to yet is waited for. Raises OSError.
    """
    ready = select.poll()
    ready.register(descriptor, select.POLLIN)
    while not stop.is_set():
        if not ready.poll(_PATIENCE_MS):
            continue
        block = os.read(descriptor, _BLOCK)
        if not block:
            return
        yield block
