"""What is asked of the past to explain it: the events that were decided and by which rules, what
was before them, and what a rule waits for."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from reactor.duration import from_micros
from reactor.journal.codec import from_json, from_moment, to_json, to_moment
from reactor.journal.database import Connection
from reactor.journal.events import one
from reactor.model.event import Event
from reactor.model.gates import Phase
from reactor.model.incident import Joined
from reactor.model.journal import InputKind
from reactor.model.memory import MemoryEntry, MemoryKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """An event, the hash of the rules that decided it, and when they did."""

    event: Event
    ruleset: str
    at: datetime


def decided_events(
    db: Connection, *, sources: Collection[str] | None, since: datetime | None, limit: int
) -> list[Decided]:
    """The newest `limit` events that were decided since then, oldest first; `sources` None means
    all. Those that are not kept any more are left out. Blocks for a scan back to `since`."""
    rows = db.execute(
        """
        select ruleset, decided_at, source, event_id from inputs
        where kind = :kind
            and (:sources is null or source in (select value from json_each(:sources)))
            and (
                :since is null
                or sequence >= (
                    select sequence from inputs where decided_at >= :since order by sequence limit 1
                )
            )
        order by sequence desc limit :limit
        """,
        {
            "kind": InputKind.EVENT,
            "sources": None if sources is None else to_json(sorted(sources)),
            "since": to_moment(since),
            "limit": limit,
        },
    ).fetchall()
    return [
        Decided(
            event=event,
            ruleset=row["ruleset"],
            at=from_micros(row["decided_at"]),
        )
        for row in reversed(rows)
        if (event := one(db, row["source"], row["event_id"]))
    ]


def unheard(db: Connection, sources: Collection[str], since: datetime | None) -> Mapping[str, int]:
    """Of sources that are not among these, how many events were decided since then. Blocks for a
    scan of the inputs."""
    rows = db.execute(
        """
        select source, count(*) as count from inputs
        where kind = :kind and (:since is null or decided_at >= :since)
            and source not in (select value from json_each(:sources))
        group by source order by source
        """,
        {
            "kind": InputKind.EVENT,
            "since": to_moment(since),
            "sources": to_json(sorted(sources)),
        },
    )
    return {row["source"]: row["count"] for row in rows}


def events_before(db: Connection, event: Event, most: int) -> list[Event]:
    """The `most` events of the same source that were accepted last before this one, oldest first,
    without those in quarantine."""
    rows = db.execute(
        """
        select id from events
        where source = :source
            and number < (select number from events where id = :id and source = :source)
            and number not in (select event from quarantined)
        order by number desc limit :most
        """,
        {"source": event.source, "id": event.id, "most": most},
    ).fetchall()
    found = (one(db, event.source, row["id"]) for row in reversed(rows))
    return [each for each in found if each is not None]


def kept_since(db: Connection) -> datetime | None:
    """When the oldest event that is kept was received; None where there is none."""
    row = db.execute("select received_at from events order by number limit 1").fetchone()
    return None if row is None else from_micros(row["received_at"])


def ruleset_text(db: Connection, ruleset: str) -> str | None:
    """The text of the rules with this hash."""
    row = db.execute("select text from rulesets where hash = ?", (ruleset,)).fetchone()
    return None if row is None else str(row["text"])


def parts_of(db: Connection, event_id: str, source: str) -> list[Joined]:
    """What an event was to incidents: their `count` is how many firings they had with it."""
    rows = db.execute(
        """
        select
            incidents.id, rule, key, phase, part.at, opened_at,
            (
                select count(*) from incident_events as earlier
                where earlier.incident = part.incident and earlier.number <= part.number
                    and earlier.phase <> 'resolved'
            ) as count
        from incident_events as part join incidents on incidents.id = part.incident
        where part.event_id = ? and part.source = ? order by part.number
        """,
        (event_id, source),
    )
    return [
        Joined(
            id=row["id"],
            rule=row["rule"],
            key=row["key"],
            phase=Phase(row["phase"]),
            at=from_micros(row["at"]),
            since=from_micros(row["opened_at"]),
            count=row["count"],
            event_id=event_id,
            source=source,
        )
        for row in rows
    ]


KEEPERS = ("for", "then", "not_then", "absent", "during", "not_during", "mode")
"""The gates that keep a match for later."""


Kept = tuple[MemoryKey, MemoryEntry]


def kept_by(db: Connection, rule: str, limit: int) -> tuple[list[Kept], int]:
    """What the gates of a rule keep for later, first what is due first and last what is not due by
    itself; at most `limit` of it, and how much there is."""
    rows = db.execute(
        """
        select action, gate, key, mark, value, expires_at, due_at, count(*) over () as every
        from memory
        where rule = ? and gate in (select value from json_each(?))
        order by due_at is null, due_at, action, gate, key limit ?
        """,
        (rule, to_json(KEEPERS), limit),
    ).fetchall()
    kept = [
        (
            MemoryKey(rule, row["action"], row["gate"], row["key"]),
            MemoryEntry(
                row["mark"],
                from_json(row["value"]),
                from_micros(row["expires_at"]),
                from_moment(row["due_at"]),
            ),
        )
        for row in rows
    ]
    return kept, rows[0]["every"] if rows else 0
