"""Lines on their way from an engine to our parent: each once, whole, in order, in bounded room."""

import json
import re
from collections import deque
from collections.abc import Mapping
from threading import Condition

_BLOCK = 64 * 1024
_REMEMBERED = 8192  # far more than the 256 that an engine tells again when a window opens
_TIME = re.compile(rb'"timeNano":(\d+)')  # within a text the quotes would be escaped


class Spool:
    """Holds at most `limit` bytes of events. An engine waits for its listeners, and a slow parent
    must not slow it: what finds no room is dropped and counted. Threads may share a spool."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lines: deque[bytes] = deque()
        self._size = 0
        self._recent: deque[int] = deque()
        self._seen: set[int] = set()
        self._dropped = 0
        self._first_dropped = self._last_dropped = b""
        self._is_closed = False
        self._changed = Condition()

    def put(self, line: bytes) -> None:
        """Take in an event, a line without its line feed, unless it was taken in lately. Never
        blocks."""
        with self._changed:
            if not self._is_new(line):
                return
            if self._size + len(line) < self._limit:
                self._append(line)
            else:
                self._drop(line)

    def tell(self, note: Mapping[str, object]) -> None:
        """Take in a line of our own; they are few, and find room always. Never blocks."""
        with self._changed:
            self._append(json.dumps(note).encode())

    def take(self) -> bytes:
        """The next lines, some 64 KiB of them, each with its line feed; blocks until there is one.
        Empty after the spool was closed and emptied."""
        with self._changed:
            while not (self._lines or self._dropped or self._is_closed):
                self._changed.wait()
            if not self._lines:
                self._note_drops()
            block = bytearray()
            while self._lines and len(block) < _BLOCK:
                block += self._lines.popleft()
            self._size -= len(block)
            return bytes(block)

    def close(self) -> None:
        """Nothing more will be put; what is held can still be taken."""
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def _is_new(self, line: bytes) -> bool:
        mark = hash(line)
        if mark in self._seen:
            return False
        self._recent.append(mark)
        self._seen.add(mark)
        if len(self._recent) > _REMEMBERED:
            self._seen.remove(self._recent.popleft())
        return True

    def _append(self, line: bytes) -> None:
        self._note_drops()
        self._lines.append(line + b"\n")
        self._size += len(line) + 1
        self._changed.notify()

    def _drop(self, line: bytes) -> None:
        if not self._dropped:
            self._first_dropped = line
        self._last_dropped = line
        self._dropped += 1

    def _note_drops(self) -> None:
        """Where lines are missing it stands how many, and from when to when they were told."""
        if not self._dropped:
            return
        note = {
            "reactor": "dropped",
            "count": self._dropped,
            "from": _time_nano(self._first_dropped),
            "to": _time_nano(self._last_dropped),
        }
        self._dropped = 0
        self._first_dropped = self._last_dropped = b""
        self._append(json.dumps(note).encode())


def _time_nano(line: bytes) -> int | None:
    """When the engine made an event; it writes that last of all."""
    times = _TIME.findall(line)
    return int(times[-1]) if times else None
