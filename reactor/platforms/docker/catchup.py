"""Events read again after a break: which were told already, and whether any is missing. Pure.

An engine keeps its last 256 events in memory, of every kind, and forgets them when it restarts.
"""

from collections import OrderedDict
from collections.abc import Iterable

from msgspec import Struct

from reactor.platforms.docker.events import EngineEvent

RING = 256
"""How many events an engine keeps."""

MOST_SEEN = 8 * RING

Key = tuple[int, str, str]


class Mark(Struct, frozen=True):
    """An event by its time in nanoseconds and by what it happened to."""

    time_nano: int
    id: str


class Seen:
    """Which events were told: the engine repeats some at every window. For one thread."""

    def __init__(self) -> None:
        self._keys = OrderedDict[Key, None]()

    def __len__(self) -> int:
        return len(self._keys)

    def is_new(self, event: EngineEvent) -> bool:
        """Whether it was not told before; from now on it was."""
        if event.key in self._keys:
            return False
        self._keys[event.key] = None
        if len(self._keys) > MOST_SEEN:
            self._keys.popitem(last=False)
        return True


def oldest_of(ring: Iterable[Mark], count: int) -> Mark | None:
    """The first event that the engine has kept since it started, None if it may have forgotten
    some, or has none. `count` is how many it has kept, read or not."""
    return min(ring, key=_time, default=None) if count < RING else None


def covers(ring: Iterable[Mark], since: int, oldest: Mark | None) -> bool:
    """Whether the engine still has every event since `since`, in nanoseconds. `oldest` is what
    `oldest_of` said of the ring at the connection before."""
    return any(mark.time_nano <= since or mark == oldest for mark in ring)


def _time(mark: Mark) -> int:
    return mark.time_nano
