"""Room on the disk that is given up when there is no other, so that what is under way can still be
recorded: without it one of 560 deliveries could be, with it all others (docs/platforms.md §4)."""

import os
from contextlib import suppress
from pathlib import Path
from threading import Lock

SIZE = 16 * 1024 * 1024
"""Bytes: the ends of some thousand attempts."""

_BLOCK = 1024 * 1024


class Reserve:
    """The file `DATA_DIR/reserve`. May be used by several threads."""

    def __init__(self, data_dir: Path, size: int = SIZE) -> None:
        self._path, self._size = data_dir / "reserve", size
        self._lock = Lock()
        self._is_there = False

    @property
    def is_there(self) -> bool:
        """Whether the room is ours."""
        return self._is_there

    def make(self) -> bool:
        """Take the room, if as much again is left beside it: else the next write would find the
        disk full. Says whether it is ours. Blocks for a write of its size."""
        with self._lock:
            if not self._is_there:
                self._is_there = self._take()
            return self._is_there

    def give_up(self) -> bool:
        """Leave the room to the journal. Says whether there was any."""
        with self._lock:
            was_there, self._is_there = self._is_there, False
            self._remove()
            return was_there

    def _take(self) -> bool:
        try:
            if not self._is_whole():
                self._write()
            disk = os.statvfs(self._path)
        except OSError:  # no room, or a disk that takes nothing at all
            self._remove()
            return False
        if disk.f_bavail * disk.f_frsize < self._size:
            self._remove()
            return False
        return True

    def _is_whole(self) -> bool:
        """One of an earlier process, that really has the blocks it speaks of."""
        if not self._path.exists():
            return False
        found = self._path.stat()
        return min(found.st_size, found.st_blocks * 512) >= self._size

    def _write(self) -> None:
        # Allocated first, so that it is refused before it fills the disk. Then really written, and
        # with what cannot be compressed: a file system may keep no room for zeros.
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self._size)
            for start in range(0, self._size, _BLOCK):
                os.pwrite(descriptor, os.urandom(min(_BLOCK, self._size - start)), start)
        finally:
            os.close(descriptor)

    def _remove(self) -> None:
        with suppress(OSError):  # whoever took it away did what is asked
            self._path.unlink()
