"""The lines of a recording: frames, or `{at, event, facts}`, as arrivals on a virtual clock."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from reactor.duration import parse_time
from reactor.engine.facts import nested
from reactor.engine.normalize import Refusal, canonical, decode_frame, frame_time
from reactor.model.event import Arrival

START = datetime(2030, 1, 1, tzinfo=UTC)
_WRAPPED = frozenset({"at", "event", "facts", "source"})


class Recording:
    """Iterates over the arrivals that `lines` hold, each at its time (rules.md §6, replay).

    The time of a line is its `at`, else its frame's own, else that of the line before, of the first
    START; it never goes back. A bad line is told to `on_bad` with its number and left out. `now` is
    the time of the last line.
    """

    def __init__(
        self,
        lines: Iterable[bytes],
        *,
        path: str,
        source: str,
        on_bad: Callable[[int, str], None],
    ) -> None:
        self._lines, self._path, self._source = lines, path, source
        self._on_bad = on_bad
        self.now, self._is_begun = START, False

    def __iter__(self) -> Iterator[Arrival]:
        for number, line in enumerate(self._lines, 1):
            if raw := line.strip():
                try:
                    yield self._arrival(number, raw)
                except ValueError as fault:
                    self._on_bad(number, str(fault))

    def _arrival(self, number: int, raw: bytes) -> Arrival:
        """Raises ValueError with the words for `on_bad`."""
        line = decode_frame(raw)
        if isinstance(line, Refusal):
            raise ValueError(line.sentence)
        if "event" not in line or line.keys() - _WRAPPED:
            line = {"event": line}
        else:
            raw = canonical(line["event"]).encode()
        event, facts = line["event"], line.get("facts", {})
        if not isinstance(event, dict) or not isinstance(facts, dict):
            raise ValueError("'event' and 'facts' are expected to be objects")
        told = _given_time(line) or frame_time(event) or self.now
        self.now, self._is_begun = max(self.now, told) if self._is_begun else told, True
        return Arrival(
            source=str(line.get("source", self._source)),
            raw=raw,
            identity=self._identity(number, raw),
            platform=True,
            facts=nested(facts),
            at=self.now,
        )

    def _identity(self, number: int, raw: bytes) -> str:
        """What names a frame without uuid: where it stands and what it is."""
        return hashlib.sha256(canonical([self._path, number]).encode() + raw).hexdigest()[:32]


def _given_time(line: dict[str, object]) -> datetime | None:
    at = line.get("at")
    if at is None:
        return None
    moment = parse_time(at) if isinstance(at, str) else None
    if moment is None:
        raise ValueError(f"'at' is {at!r}, expected an RFC 3339 time such as 2030-01-07T12:00:00Z")
    return moment
