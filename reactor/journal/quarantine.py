"""The table `quarantined`: events that no rule could decide, each with its reason."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from sqlite3 import Row

from reactor.duration import from_micros, to_micros
from reactor.journal.codec import to_json
from reactor.journal.database import Connection
from reactor.journal.rows import each
from reactor.model.quarantine import Poison, Quarantined


def insert_quarantined(db: Connection, quarantined: Iterable[Quarantined]) -> None:
    """Put events of the journal aside."""
    each(
        db,
        """
        insert into quarantined (event, at, rule, why, trace)
        select number, ?, ?, ?, ? from events where id = ? and source = ?
        """,
        [
            (
                to_micros(entry.at),
                entry.poison.rule,
                entry.poison.why,
                entry.poison.trace,
                entry.event_id,
                entry.source,
            )
            for entry in quarantined
        ],
    )


def list_quarantined(db: Connection) -> Iterator[Quarantined]:
    """All of them, in the order in which their events were accepted."""
    rows = db.execute(
        """
        select id, source, at, rule, why, trace
        from quarantined join events on events.number = quarantined.event
        order by quarantined.event
        """
    )
    return map(_to_quarantined, rows)


def find_quarantined(db: Connection, event_id: str) -> list[Quarantined]:
    """Those of events with this id, one a source that has one."""
    rows = db.execute(
        """
        select id, source, at, rule, why, trace
        from events join quarantined on quarantined.event = events.number
        where id = ? order by number
        """,
        (event_id,),
    )
    return [_to_quarantined(row) for row in rows]


def _to_quarantined(row: Row) -> Quarantined:
    return Quarantined(
        event_id=row["id"],
        source=row["source"],
        at=from_micros(row["at"]),
        poison=Poison(why=row["why"], trace=row["trace"], rule=row["rule"]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Let events with these ids out of quarantine: they are accepted and not decided, as before.
    The result is the sources and ids of those that were in it."""

    ids: tuple[str, ...]

    def apply(self, db: Connection) -> tuple[tuple[str, str], ...]:
        """Inside the writer's transaction."""
        rows = db.execute(
            """
            select number, source, id
            from events join quarantined on quarantined.event = events.number
            where id in (select value from json_each(?)) order by number
            """,
            (to_json(self.ids),),
        ).fetchall()
        numbers = [(row["number"],) for row in rows]
        db.executemany("delete from quarantined where event = ?", numbers)
        db.executemany("insert into undecided (event) values (?)", numbers)
        return tuple((row["source"], row["id"]) for row in rows)
