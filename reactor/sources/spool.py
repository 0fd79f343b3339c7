"""Frames that wait in memory for the road to have room: of a stream that cannot be read again."""

import json
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from uuid import uuid4

from reactor.duration import format_time
from reactor.model.event import Frame
from reactor.model.protocols import Feed

MOST_BYTES = 64 * 1024 * 1024

_AROUND = 600  # bytes that Python's objects around a frame take


def made(data: Mapping[str, object], remember: Mapping[str, object] | None = None) -> Frame:
    """A frame of our own making, each with a `uuid` of its own."""
    uuid = str(uuid4())
    raw = json.dumps({**data, "uuid": uuid}, separators=(",", ":")).encode()
    return Frame(raw, uuid, remember=remember or {})


def gap(reason: str, since: datetime | None, until: datetime) -> Frame:
    """The frame that says: between these two there may have been events that we did not see.
    `since` is None when nobody knows."""
    return made(
        {
            "type": "gap",
            "reason": reason,
            "from": since and format_time(since),
            "to": format_time(until),
        }
    )


class Spool:
    """First in, first out, about `most` bytes; for one thread."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._frames = deque[Frame]()
        self._bytes = 0
        self._full_since: datetime | None = None

    def add(self, frame: Frame) -> None:
        """Let a frame wait behind the others. It is let in even when the spool is full: whoever
        reads asks `is_resting` first."""
        self._frames.append(frame)
        self._bytes += len(frame.raw) + _AROUND

    def drain(self, feed: Feed) -> None:
        """Hand in as many as there is room for. Raises Stopping."""
        while self._frames:
            first = self._frames[0]
            if not feed.offer(first):
                return
            self._frames.popleft()
            self._bytes -= len(first.raw) + _AROUND

    def is_resting(self, now: datetime) -> bool:
        """Whether nothing more may be read: from when the spool is full until it is half empty.
        What the sender did meanwhile nobody knows, so a gap frame follows what waits then."""
        if self._full_since is None:
            self._full_since = now if self._bytes >= self._most else None
        elif self._bytes <= self._most // 2:
            self.add(gap("the road was full", self._full_since, now))
            self._full_since = None
        return self._full_since is not None

    def __len__(self) -> int:
        return len(self._frames)
