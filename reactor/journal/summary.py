"""Totals of everything, as `demo` and status pages show them."""

from collections import Counter
from collections.abc import Iterable, Mapping

from reactor.journal.database import Connection
from reactor.journal.evaluations import timer_totals, totals
from reactor.journal.rows import each
from reactor.model.delivery import State
from reactor.model.event import Event, Rejection
from reactor.model.journal import Counts


def add_totals(
    db: Connection,
    *,
    events: Iterable[Event],
    duplicates: Mapping[str, int],
    rejections: Iterable[Rejection],
) -> None:
    """Count what the sources brought."""
    accepted = Counter(event.source for event in events)
    rejected = Counter(rejection.source for rejection in rejections)
    each(
        db,
        """
        insert into source_totals (source, events, duplicates, rejected) values (?, ?, ?, ?)
        on conflict do update set
            events = events + excluded.events,
            duplicates = duplicates + excluded.duplicates,
            rejected = rejected + excluded.rejected
        """,
        [
            (source, accepted[source], duplicates.get(source, 0), rejected[source])
            for source in sorted({*accepted, *duplicates, *rejected})
        ],
    )


def counts(db: Connection) -> Counts:
    """All totals, of one moment."""
    db.execute("begin")
    try:
        sources = db.execute(
            "select source, events, duplicates, rejected from source_totals"
        ).fetchall()
        evaluations, timers = totals(db), timer_totals(db)
        states = _states(db)
    finally:
        db.execute("rollback")  # nothing was written: it only held the moment
    return Counts(
        events={row["source"]: row["events"] for row in sources},
        duplicates={row["source"]: row["duplicates"] for row in sources},
        rejected={row["source"]: row["rejected"] for row in sources},
        evaluations=evaluations,
        deliveries=states,
        timers=timers,
    )


def _states(db: Connection) -> Mapping[State, int]:
    """The index has all that did not succeed; what is left did."""
    rows = db.execute(
        """
        select state, count(*) as count
        from deliveries indexed by deliveries_by_state
        where state <> 'succeeded' group by state
        """
    )
    others = {State(row["state"]): row["count"] for row in rows}
    every = db.execute("select count(*) from deliveries").fetchone()[0]
    succeeded = every - sum(others.values())
    return {**others, State.SUCCEEDED: succeeded} if succeeded else others
