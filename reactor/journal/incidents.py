"""The tables `incidents` and `incident_events`: firings that belong together until the condition
ends, and the events behind them."""

from collections.abc import Collection, Iterator
from datetime import datetime
from sqlite3 import Row

from reactor.duration import from_micros, to_micros
from reactor.journal.codec import from_moment, from_names, to_moment
from reactor.journal.database import Connection
from reactor.model.gates import Phase
from reactor.model.incident import Incident, Joined


def join(db: Connection, joined: Collection[Joined]) -> None:
    """Open incidents, let them go on, or resolve them. Each part tells the whole of its incident,
    so one that is not there, or was taken for resolved, is again."""
    db.executemany(
        """
        insert into incidents (id, rule, key, opened_at, last_at, resolved_at, count)
        values (?, ?, ?, ?, ?, ?, ?)
        on conflict (id) do update set
            last_at = iif(excluded.resolved_at is null, excluded.last_at, last_at),
            resolved_at = excluded.resolved_at,
            count = excluded.count
        """,
        map(_to_row, joined),
    )
    db.executemany(
        """
        insert into incident_events (incident, source, event_id, phase, at)
        values (?, ?, ?, ?, ?)
        """,
        [(part.id, part.source, part.event_id, part.phase, to_micros(part.at)) for part in joined],
    )


def _to_row(part: Joined) -> tuple[str | int | None, ...]:
    at = to_micros(part.at)
    return (
        part.id,
        part.rule,
        part.key,
        to_micros(part.since),
        at,
        at if part.phase is Phase.RESOLVED else None,
        part.count,
    )


def resolve_forgotten(db: Connection, at: datetime) -> None:
    """Incidents that no gate remembers as open are over at `at`: nothing could end them any more.
    Blocks for a scan of the memory."""
    db.execute(
        """
        update incidents set resolved_at = ?
        where resolved_at is null and id not in (
            select coalesce(json_extract(value, '$.id'), '') from memory
            where gate = 'incident'
        )
        """,
        (to_micros(at),),
    )


def list_incidents(
    db: Connection,
    *,
    rule: str | None = None,
    open_only: bool = False,
    since: datetime | None = None,
    limit: int | None = None,
) -> Iterator[Incident]:
    """Incidents, oldest first; with `limit` the newest so many. `since` leaves out those that were
    over by then. Rows are read as they are taken, so the connection is busy until the last one."""
    wanted = {
        "rule": rule,
        "open_only": open_only,
        "since": to_moment(since),
        "limit": limit,
    }
    return map(_to_incident, db.execute(_ALL if limit is None else _NEWEST, wanted))


_ALL = """
select id, rule, key, opened_at, last_at, resolved_at, count, events
from full_incidents
where (:rule is null or rule = :rule)
    and (not :open_only or resolved_at is null)
    and (:since is null or resolved_at is null or resolved_at >= :since)
order by number
"""

_NEWEST = """
select id, rule, key, opened_at, last_at, resolved_at, count, events
from (
    select * from full_incidents
    where (:rule is null or rule = :rule)
        and (not :open_only or resolved_at is null)
        and (:since is null or resolved_at is null or resolved_at >= :since)
    order by number desc limit :limit
)
order by number
"""


def incidents_of(db: Connection, event_id: str, source: str) -> list[Incident]:
    """The incidents that an event belongs to, oldest first."""
    rows = db.execute(
        """
        select id, rule, key, opened_at, last_at, resolved_at, count, events
        from full_incidents
        where id in (select incident from incident_events where event_id = ? and source = ?)
        order by number
        """,
        (event_id, source),
    )
    return [_to_incident(row) for row in rows]


def _to_incident(row: Row) -> Incident:
    return Incident(
        id=row["id"],
        rule=row["rule"],
        key=row["key"],
        opened_at=from_micros(row["opened_at"]),
        last_at=from_micros(row["last_at"]),
        resolved_at=from_moment(row["resolved_at"]),
        count=row["count"],
        events=tuple(dict.fromkeys(from_names(row["events"]))),  # one may have done two things
    )
