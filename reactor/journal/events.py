"""The table `events`: one row per accepted event, with its frame exactly as it was received."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from sqlite3 import Row

from reactor.duration import from_micros, to_micros
from reactor.journal.codec import from_json, to_json
from reactor.journal.database import Connection
from reactor.journal.rows import Insert, each
from reactor.model.event import Event

Numbers = Mapping[tuple[str, str], int]
"""Of events, by id and source: the numbers of their rows."""

_INSERT = Insert(
    "events (number, id, source, subject, time, received_at, platform, frame, facts, unknown)"
)


def insert_events(db: Connection, events: Collection[Event]) -> Numbers:
    """Add events that are not `known`; a known one is a conflict. Says which numbers they got."""
    if not events:
        return {}
    # Given here, as SQLite itself would: then what belongs to them need not look them up again.
    last = db.execute("select coalesce(max(number), 0) from events").fetchone()[0]
    rows = [_to_row(number, event) for number, event in enumerate(events, last + 1)]
    _INSERT.rows(db, rows)
    return {(id_, source): number for number, id_, source, *_ in rows}


def _to_row(number: int, event: Event) -> tuple[int, str, str, str, int, int, int, str, str, str]:
    return (
        number,
        event.id,
        event.source,
        event.subject,
        to_micros(event.time),
        to_micros(event.received_at),
        int(event.platform),  # what is no plain number takes sqlite3 twice as long
        event.raw.decode(),
        to_json(event.facts) if event.facts else "{}",
        to_json(event.unknown) if event.unknown else "{}",
    )


def number_of(db: Connection, event_id: str, source: str) -> int | None:
    """The number of this event, None if there is none."""
    row = db.execute(
        "select number from events where id = ? and source = ?", (event_id, source)
    ).fetchone()
    return None if row is None else int(row["number"])


def insert_undecided(db: Connection, events: Iterable[Event]) -> None:
    """Mark events of this transaction as accepted only: their lookups are not answered yet."""
    each(
        db,
        "insert into undecided (event) select number from events where id = ? and source = ?",
        [(event.id, event.source) for event in events],
    )


def settle_decided(db: Connection, events: Iterable[Event]) -> None:
    """Events that were undecided are so no longer; what the lookups told is kept with them."""
    rows = [
        (to_json(event.facts), to_json(event.unknown), event.id, event.source) for event in events
    ]
    each(db, "update events set facts = ?, unknown = ? where id = ? and source = ?", rows)
    each(
        db,
        """
        delete from undecided
        where event = (select number from events where id = ? and source = ?)
        """,
        [row[2:] for row in rows],
    )


def undecided(db: Connection) -> Iterator[Event]:
    """Accepted events that no rule has seen, in the order they were accepted."""
    rows = db.execute(
        """
        select id, source, subject, time, received_at, platform, frame, facts, unknown
        from undecided join events on events.number = undecided.event order by undecided.event
        """
    )
    return map(_to_event, rows)


def known(db: Connection, source: str, ids: Collection[str]) -> set[str]:
    """Those of `ids` that `source` has already brought."""
    rows = db.execute(
        """
        select id from events
        where id in (select value from json_each(?)) and source = ?
        """,
        (to_json(ids), source),
    )
    return {row["id"] for row in rows}


def find(db: Connection, event_id: str) -> Event | None:
    """The event with this id, the newest if several sources have one, or None."""
    row = db.execute(
        """
        select id, source, subject, time, received_at, platform, frame, facts, unknown
        from events where id = ? order by number desc limit 1
        """,
        (event_id,),
    ).fetchone()
    return None if row is None else _to_event(row)


def one(db: Connection, source: str, event_id: str) -> Event | None:
    """The event of this source with this id, or None."""
    row = db.execute(
        """
        select id, source, subject, time, received_at, platform, frame, facts, unknown
        from events where id = ? and source = ?
        """,
        (event_id, source),
    ).fetchone()
    return None if row is None else _to_event(row)


def namesakes(db: Connection, event_id: str) -> list[Event]:
    """The events with this id, one a source, oldest first."""
    rows = db.execute(
        """
        select id, source, subject, time, received_at, platform, frame, facts, unknown
        from events where id = ? order by number
        """,
        (event_id,),
    )
    return [_to_event(row) for row in rows]


def latest(db: Connection, rule: str) -> Event | None:
    """The newest event that `rule` matched, else the newest of all, or None. Blocks for a scan
    backwards through the evaluations."""
    row = db.execute(
        """
        select id, source, subject, time, received_at, platform, frame, facts, unknown
        from events where number = coalesce(
            (
                select events.number
                from evaluations join events
                    on events.id = evaluations.event_id and events.source = evaluations.source
                where evaluations.rule = ?
                order by evaluations.number desc limit 1
            ),
            (select max(number) from events)
        )
        """,
        (rule,),
    ).fetchone()
    return None if row is None else _to_event(row)


def _to_event(row: Row) -> Event:
    return Event(
        id=row["id"],
        source=row["source"],
        subject=row["subject"],
        time=from_micros(row["time"]),
        received_at=from_micros(row["received_at"]),
        raw=row["frame"].encode(),
        data=from_json(row["frame"]),
        facts=from_json(row["facts"]),
        platform=bool(row["platform"]),
        unknown={kind: str(why) for kind, why in from_json(row["unknown"]).items()},
    )
