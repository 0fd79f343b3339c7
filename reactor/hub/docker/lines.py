"""An engine's log, cut into lines as it comes. Pure."""

from collections.abc import Iterator
from datetime import datetime

from reactor.duration import parse_time
from reactor.hub.fleet import Line

LONGEST = 64 * 1024
"""Bytes of a terminal's line; what is longer comes as several. The engine itself cuts all other
lines at 16 KiB."""

_HEADER = 8
_STDERR = 2
_NANO_DIGITS = 9


class LogCutter:
    """Takes what the engine sends when it is asked with `timestamps`. Without a terminal each
    message has a frame of its own: its stream, three zeros, its size (Docker Engine API,
    ContainerAttach, "Stream format")."""

    def __init__(self, *, has_terminal: bool, source: str | None) -> None:
        """`source` is the name of the container, where lines are to tell it."""
        self._source = source
        self._messages = self._of_terminal if has_terminal else self._framed
        self._held = b""
        self.next_since: str | None = None

    def cut(self, received: bytes) -> list[Line]:
        """The lines that are whole by now. `next_since` is from when on the engine can be asked
        for those behind them, None as long as there was none."""
        self._held += received
        return [line for stream, text in self._messages() if (line := self._line(stream, text))]

    def _framed(self) -> Iterator[tuple[str, bytes]]:
        start = 0
        while start + _HEADER <= len(self._held):
            header = self._held[start : start + _HEADER]
            end = start + _HEADER + int.from_bytes(header[4:])
            if end > len(self._held):
                break
            stream = "stderr" if header[0] == _STDERR else "stdout"
            yield stream, self._held[start + _HEADER : end]
            start = end
        self._held = self._held[start:]

    def _of_terminal(self) -> Iterator[tuple[str, bytes]]:
        *ended, rest = self._held.split(b"\n")
        for text in ended:
            yield "stdout", text + b"\n"
        if len(rest) > LONGEST:
            yield "stdout", rest
            rest = b""
        self._held = rest

    def _line(self, stream: str, message: bytes) -> Line | None:
        """`2030-01-07T12:00:00.123456789Z text`; None of what has no time, which is no message."""
        stamp, _, text = message.decode(errors="replace").partition(" ")
        at = parse_time(stamp)
        if at is None:
            return None
        self.next_since = _behind(stamp, at)
        return Line(text=text, stream=stream, at=at, source=self._source)


def _behind(stamp: str, at: datetime) -> str:
    """The moment after that of a time stamp, as the engine takes it: seconds since 1970 and, behind
    a dot, nanoseconds."""
    fraction = stamp.partition(".")[2].rstrip("Z")[:_NANO_DIGITS]
    nano = int(fraction.ljust(_NANO_DIGITS, "0")) if fraction.isdecimal() else 0
    seconds, nano = divmod(int(at.timestamp()) * 10**_NANO_DIGITS + nano + 1, 10**_NANO_DIGITS)
    return f"{seconds}.{nano:0{_NANO_DIGITS}}"
