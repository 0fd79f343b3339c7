"""How the journal stands: what `status` and the metrics tell of it, at a price that does not grow
with what is done and past."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from reactor.duration import from_micros
from reactor.journal.database import Connection
from reactor.journal.evaluations import Totals, timer_totals, totals
from reactor.journal.lanes import pauses
from reactor.model.delivery import State
from reactor.model.errors import JournalUnavailable
from reactor.model.journal import InputKind, Pause
from reactor.model.match import Reason

UNDONE = (State.PENDING, State.RUNNING, State.RETRYING)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTotals:
    """What a source brought since the journal began."""

    events: int
    duplicates: int
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LastEvent:
    """The event that was journaled last."""

    id: str
    source: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LastRuleset:
    """The rules that were taken up last: `text` as the journal keeps it, and when."""

    hash: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The journal at one moment. `timers` are what timers fired without an event, which are not
    among `evaluations`. `oldest` is when the oldest undone delivery was planned, `paused` are the
    lanes that are paused, `incidents` is how many are open, `silences` are until when those hold
    that nobody ended, some of them over by now. `bytes` is the size of its file without the log
    beside it."""

    sources: Mapping[str, SourceTotals]
    evaluations: Totals
    last_event: LastEvent | None
    undecided: int
    quarantined: int
    pending: int
    oldest: datetime | None
    dead: int
    paused: Mapping[str, Pause]
    bytes: int
    timers: Totals = field(default_factory=dict)
    incidents: int = 0
    silences: tuple[datetime, ...] = ()

    @property
    def fired(self) -> frozenset[str]:
        """The rules that ever fired."""
        every = (*self.evaluations, *self.timers)
        return frozenset(rule for rule, _, reason in every if reason is Reason.FIRED)

    def silenced(self, now: datetime) -> int:
        """How many silences hold at `now`."""
        return sum(until > now for until in self.silences)


def standing(db: Connection) -> Standing:
    """How the journal stands. Raises JournalUnavailable when it cannot be read."""
    with _one_moment(db):
        return Standing(
            sources=_sources(db),
            evaluations=totals(db),
            last_event=_last_event(db),
            undecided=_count(db, "select count(*) from undecided"),
            quarantined=_count(db, "select count(*) from quarantined"),
            pending=sum(_in_state(db, state) for state in UNDONE),
            oldest=_oldest(db),
            dead=_in_state(db, State.DEAD),
            paused=pauses(db),
            bytes=_count(db, "pragma page_count") * _count(db, "pragma page_size"),
            timers=timer_totals(db),
            incidents=_count(db, "select count(*) from incidents where resolved_at is null"),
            silences=_silences(db),
        )


@contextmanager
def _one_moment(db: Connection) -> Iterator[None]:
    db.execute("begin")
    try:
        yield
    except sqlite3.Error as error:  # a damaged page, say: who asks is told, and nothing else ends
        raise JournalUnavailable(f"the journal cannot be read: {error}") from error
    finally:
        db.execute("rollback")  # nothing was written: it only held the moment


def _sources(db: Connection) -> Mapping[str, SourceTotals]:
    rows = db.execute("select source, events, duplicates, rejected from source_totals")
    return {
        row["source"]: SourceTotals(
            events=row["events"], duplicates=row["duplicates"], rejected=row["rejected"]
        )
        for row in rows
    }


def _silences(db: Connection) -> tuple[datetime, ...]:
    rows = db.execute("select expires_at from silences where ended_at is null order by number")
    return tuple(from_micros(row["expires_at"]) for row in rows)


def _last_event(db: Connection) -> LastEvent | None:
    row = db.execute(
        "select id, source, received_at from events order by number desc limit 1"
    ).fetchone()
    if row is None:
        return None
    at = from_micros(row["received_at"])
    return LastEvent(id=row["id"], source=row["source"], received_at=at)


_IN_STATE = "select count(*) from deliveries where state = ? and state <> 'succeeded'"


def _in_state(db: Connection, state: State) -> int:
    return _count(db, _IN_STATE, state)


def _count(db: Connection, query: str, *parameters: str) -> int:
    return int(db.execute(query, parameters).fetchone()[0])


def _oldest(db: Connection) -> datetime | None:
    """Deliveries are numbered as they are planned, and the index on states has the numbers."""
    row = db.execute(
        """
        select created_at from deliveries where number = (
            select min(first) from (
                select (
                    select min(number) from deliveries
                    where state = value and state <> 'succeeded'
                ) as first
                from json_each('["pending", "running", "retrying"]')
            )
        )
        """
    ).fetchone()
    return None if row is None else from_micros(row["created_at"])


def last_ruleset(db: Connection) -> LastRuleset | None:
    """The rules that were taken up last, or None in a journal that never had any."""
    row = db.execute(
        """
        select hash, text, decided_at from inputs join rulesets on rulesets.hash = inputs.ruleset
        where kind = ? order by sequence desc limit 1
        """,
        (InputKind.RULESET,),
    ).fetchone()
    if row is None:
        return None
    return LastRuleset(hash=row["hash"], text=row["text"], at=from_micros(row["decided_at"]))
