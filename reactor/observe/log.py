"""Lines for people: written by a thread of their own, safe for terminals, and never too many."""

import os
import re
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Condition
from typing import TextIO

MAX_WAITING = 10_000

GATHER = 0.02
"""Seconds that a line waits for others to be written with it: nobody reads faster, and a thread
that wakes for every line is a tenth of all work at some hundred events a second."""

# C0 and C1 controls but for tab, and the bidirectional overrides: they could forge or hide text.
_UNSAFE = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    """`text` on one line, its control characters written as `\\x1b`."""
    if _is_plain(text):
        return text
    return _UNSAFE.sub(lambda found: ascii(found.group())[1:-1], text)


def printable_json(text: str) -> str:
    """JSON `text`, which is on one line, with the same characters in JSON's own escapes."""
    if _is_plain(text):
        return text
    return _UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def _is_plain(text: str) -> bool:
    """Whether there is nothing to look for, as in nearly every line: a search takes longer."""
    return text.isascii() and text.isprintable()


def dropped_text(count: int) -> str:
    """What stands in place of lines that nobody took in time."""
    return f"({count} more lines could not be written in time)"


class Printer:
    """Writes lines to a stream without ever making the caller wait.

    A paused terminal or a full pipe must not hold up events: lines over MAX_WAITING are dropped
    and counted, and the count is written when the stream takes lines again, as `dropped` words it.
    """

    def __init__(self, stream: TextIO, dropped: Callable[[int], str] = dropped_text) -> None:
        self._stream, self._in_words = stream, dropped
        self._lines: deque[str] = deque()
        self._dropped = 0
        self._closed = False
        self._changed = Condition()

    def line(self, text: str) -> None:
        """Write one line soon. `text` may hold anything."""
        with self._changed:
            if len(self._lines) >= MAX_WAITING:
                self._dropped += 1
            else:
                self._lines.append(printable(text))
            if len(self._lines) == 1:
                self._changed.notify()

    def run(self) -> None:
        """The thread's body: write until closed and empty."""
        while True:
            with self._changed:
                while not self._lines and not self._closed:
                    self._changed.wait()
                if not self._lines:
                    return
                self._changed.wait_for(lambda: self._closed, GATHER)
                lines, self._lines = self._lines, deque()
                dropped, self._dropped = self._dropped, 0
            self._write(lines, dropped)

    def _write(self, lines: deque[str], dropped: int) -> None:
        if dropped:
            lines.append(self._in_words(dropped))
        try:
            self._stream.write("\n".join(lines) + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            # Nobody reads us any more (a closed pipe): the service goes on without a log. What is
            # left in the stream's buffer must not raise when Python flushes it at the end.
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def close(self) -> None:
        """Write what waits and end."""
        with self._changed:
            self._closed = True
            self._changed.notify()


class Seldom:
    """Lets the same kind of line through at most once per span, and counts what it kept back."""

    def __init__(self, per: timedelta = timedelta(minutes=1)) -> None:
        self._per = per
        self._last: dict[str, datetime] = {}
        self._kept_back: dict[str, int] = {}

    def allow(self, kind: str, now: datetime) -> int | None:
        """How many of this kind were kept back since the last line, or None to keep this too."""
        last = self._last.get(kind)
        if last is not None and now - last < self._per:
            self._kept_back[kind] = self._kept_back.get(kind, 0) + 1
            return None
        self._last[kind] = now
        return self._kept_back.pop(kind, 0)
