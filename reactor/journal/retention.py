"""What the journal no longer keeps: found by a reader, removed by the writer a slice at a time.

An event goes when it is old, decided, and none of its deliveries is kept any more; what was decided
of it goes with it. Totals stay as they are.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from threading import Event

from reactor.clock import monotonic
from reactor.duration import to_micros
from reactor.journal.codec import to_json
from reactor.journal.database import Connection
from reactor.journal.writer import Writer
from reactor.model.rule import Keep

WINDOW = 1_000
"""Rows that are looked at together, by a connection that is in nobody's way."""

SLICE = 200
"""Rows that one Remove takes at most: some 10 ms of the writer, and never 50."""


SPARE = 4
"""One page of so many may lie free in the file, to be used again; more are given back."""

SHORTEST_PAUSE = timedelta(minutes=1)
LONGEST_TURN = 30.0
"""Seconds of one turn: then the chores that wait for it have theirs."""


class Part(StrEnum):
    """What is gone through, in the order of this list: each is kept for the sake of one before."""

    DELIVERIES = "deliveries"
    EVENTS = "events"
    EVALUATIONS = "evaluations"
    INPUTS = "inputs"
    REJECTIONS = "rejections"


Limits = Mapping[str, int]
"""Per key of `keep`, what is older than this moment (microseconds since 1970) may go."""


def limits(keep: Keep, now: datetime) -> Limits:
    """The moments up to which things may go."""
    return {
        "events": to_micros(now - keep.events),
        "deliveries": to_micros(now - keep.deliveries),
        "dead_letters": to_micros(now - keep.dead_letters),
    }


def sweep(reader: Connection, writer: Writer, keep: Keep, now: datetime) -> Iterator[int]:
    """Go once through the whole journal. Each step blocks for one slice, and gives how many rows it
    removed; who stops to ask for more stops the sweep.

    Raises JournalUnavailable when the journal closes or the disk takes nothing.
    """
    up_to = limits(keep, now)
    for part in Part:
        for numbers in _outdated(reader, part, up_to):
            remove = Remove(part=part, numbers=numbers, limits=up_to)
            yield writer.submit(remove, is_patient=False).result()
    yield writer.submit(RemoveRulesets(), is_patient=False).result()
    while writer.submit(GiveBack(), is_patient=False).result():
        yield 0


def _outdated(reader: Connection, part: Part, up_to: Limits) -> Iterator[tuple[int, ...]]:
    """What may go, in the order of its numbers, in slices.

    Rows are numbered as time goes by, so it is over where all are young. One that stands among
    older ones with a time of its own, as after a jump of the clock, stays and hides none of them.
    """
    after = 0
    while True:
        rows = reader.execute(_LOOK[part], {"after": after, "window": WINDOW, **up_to}).fetchall()
        free = [row["number"] for row in rows if row["is_old"] and row["is_free"]]
        for first in range(0, len(free), SLICE):
            yield tuple(free[first : first + SLICE])
        if not any(row["is_old"] for row in rows):
            return
        after = rows[-1]["number"]


_LOOK: Mapping[Part, str] = {
    Part.DELIVERIES: """
        select
            number,
            created_at < :deliveries as is_old,
            state in ('succeeded', 'cancelled') and due_at < :deliveries
                or state = 'dead' and due_at < :dead_letters as is_free
        from deliveries where number > :after order by number limit :window
        """,
    # The newest stays: numbers must not begin anew.
    Part.EVENTS: """
        select
            number,
            received_at < :events as is_old,
            number < (select max(number) from events)
                and not exists (select 1 from undecided where event = events.number)
                and not exists (select 1 from deliveries where event = events.number) as is_free
        from events where number > :after order by number limit :window
        """,
    Part.EVALUATIONS: """
        select
            number,
            at < :events as is_old,
            not exists (
                select 1 from events
                where id = evaluations.event_id and source = evaluations.source
            ) as is_free
        from evaluations where number > :after order by number limit :window
        """,
    # Taking up a rule set stays while anything before the next taking up does; so the newest stays,
    # and with it the sequence.
    Part.INPUTS: """
        select
            sequence as number,
            decided_at < :events as is_old,
            case kind
                when 'event' then
                    sequence < (select max(sequence) from inputs)
                    and not exists (
                        select 1 from events where id = inputs.event_id and source = inputs.source
                    )
                else
                    'ruleset' = (
                        select kind from inputs as next
                        where next.sequence > inputs.sequence order by next.sequence limit 1
                    )
            end as is_free
        from inputs where sequence > :after order by sequence limit :window
        """,
    Part.REJECTIONS: """
        select number, received_at < :events as is_old, true as is_free
        from rejections where number > :after order by number limit :window
        """,
}
"""What a window of rows is: whether each is old, and whether nothing else holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """Remove these rows, but for what came to be needed since they were looked at. The result is
    how many are gone."""

    part: Part
    numbers: tuple[int, ...]
    limits: Limits

    def apply(self, db: Connection) -> int:
        """Inside the writer's transaction."""
        if self.part is Part.DELIVERIES:
            return _remove_deliveries(db, self.numbers, self.limits)
        return db.execute(_REMOVE[self.part], {"numbers": to_json(self.numbers)}).rowcount


_REMOVE: Mapping[Part, str] = {
    Part.EVENTS: """
        delete from events
        where number in (select value from json_each(:numbers))
            and not exists (select 1 from deliveries where event = events.number)
        """,
    Part.EVALUATIONS: """
        delete from evaluations where number in (select value from json_each(:numbers))
        """,
    Part.INPUTS: """
        delete from inputs where sequence in (select value from json_each(:numbers))
        """,
    Part.REJECTIONS: """
        delete from rejections where number in (select value from json_each(:numbers))
        """,
}


def _remove_deliveries(db: Connection, numbers: tuple[int, ...], up_to: Limits) -> int:
    """With their requests and attempts; one that was sent again meanwhile is not over."""
    rows = db.execute(
        """
        delete from deliveries
        where number in (select value from json_each(:numbers))
            and (
                state in ('succeeded', 'cancelled') and due_at < :deliveries
                or state = 'dead' and due_at < :dead_letters
            )
        returning number
        """,
        {**up_to, "numbers": to_json(numbers)},
    ).fetchall()
    gone = to_json([row["number"] for row in rows])
    db.execute("delete from requests where delivery in (select value from json_each(?))", (gone,))
    db.execute("delete from attempts where delivery in (select value from json_each(?))", (gone,))
    return len(rows)


@dataclass(frozen=True, slots=True)
class RemoveRulesets:
    """Remove the texts of rule sets that decided nothing of what is kept; says how many."""

    def apply(self, db: Connection) -> int:
        """Inside the writer's transaction."""
        return db.execute(
            """
            delete from rulesets where not exists (
                select 1 from inputs where kind = 'ruleset' and ruleset = rulesets.hash
            )
            """
        ).rowcount


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
