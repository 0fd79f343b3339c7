"""Retention: what is outdated is found by a reader and removed by the writer, a slice at a time."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event

from reactor.clock import monotonic
from reactor.journal.database import Connection
from reactor.journal.outdated import Part, Remove, RemoveRulesets, limits, outdated
from reactor.journal.writer import Writer
from reactor.model.rule import Keep

SPARE = 4
"""One page of so many may lie free in the file, to be used again; more are given back."""

SHORTEST_PAUSE = timedelta(minutes=1)
LONGEST_TURN = 30.0
"""Seconds of one turn: then the chores that wait for it have theirs."""


def sweep(reader: Connection, writer: Writer, keep: Keep, now: datetime) -> Iterator[int]:
    """Go once through the whole journal. Each step blocks for one slice, and gives how many rows it
    removed; who stops to ask for more stops the sweep.

    Raises JournalUnavailable when the journal closes or the disk takes nothing.
    """
    up_to = limits(keep, now)
    for part in Part:
        for numbers in outdated(reader, part, up_to):
            remove = Remove(part=part, numbers=numbers, limits=up_to)
            yield writer.submit(remove, is_patient=False).result()
    yield writer.submit(RemoveRulesets(), is_patient=False).result()
    while writer.submit(GiveBack(), is_patient=False).result():
        yield 0


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Make the file smaller by a slice when more of it lies free than is soon used again; says by
    how many pages. A file of the first versions, which cannot be cut, stays as it is."""

    def apply(self, db: Connection) -> int:
        """Inside the writer's transaction."""
        free, pages = _pages(db)
        if free * SPARE <= pages:
            return 0
        db.execute("pragma incremental_vacuum(256)").fetchall()  # a page is freed per row asked for
        return pages - _pages(db)[1]


def _pages(db: Connection) -> tuple[int, int]:
    """How many pages lie free, and how many there are."""
    free = db.execute("pragma freelist_count").fetchone()[0]
    return int(free), int(db.execute("pragma page_count").fetchone()[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What a whole sweep did: when it ended, and how many rows it removed."""

    at: datetime
    removed: int


class Retention:
    """Sweeps again and again: a chore, in one thread at a time. `last` is the last whole sweep.

    The pause between sweeps is a hundredth of the time that events are kept, so what is there too
    long is as little, and so is the work of looking at what stays.
    """

    def __init__(
        self, reader: Callable[[], Connection], writer: Writer, now: Callable[[], datetime]
    ) -> None:
        self._reader, self._writer, self._now = reader, writer, now
        self._stop = Event()
        self._due = monotonic()
        self._under_way: Iterator[int] | None = None
        self.last: Swept | None = None

    def work(self, keep: Keep) -> None:
        """Go on with the sweep, or begin one when it is due. Blocks for LONGEST_TURN at most, and
        returns soon after `stop`. Raises JournalUnavailable; later it begins anew."""
        if self._under_way is None and monotonic() >= self._due:
            self._under_way = self._whole(keep)
        until = monotonic() + LONGEST_TURN
        for _ in self._under_way or ():
            if self._stop.is_set() or monotonic() > until:
                return
        self._under_way = None

    def _whole(self, keep: Keep) -> Iterator[int]:
        removed = 0
        with closing(self._reader()) as reader:
            for slice_ in sweep(reader, self._writer, keep, self._now()):
                removed += slice_
                yield slice_
        self.last = Swept(at=self._now(), removed=removed)
        self._due = monotonic() + max(keep.events / 100, SHORTEST_PAUSE).total_seconds()

    def stop(self) -> None:
        """Leave off. May be called from any thread."""
        self._stop.set()
