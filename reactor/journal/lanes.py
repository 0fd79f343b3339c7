"""The tables `pauses` and `rate_windows`: what is known of a lane beyond its deliveries."""

from collections.abc import Mapping

from reactor.duration import from_micros, to_micros
from reactor.journal.codec import from_pairs, to_json
from reactor.journal.database import Connection
from reactor.journal.rows import each
from reactor.model.journal import Pause, Starts


def pauses(db: Connection) -> dict[str, Pause]:
    """The lanes that are paused."""
    rows = db.execute("select lane, since, why, failures, probes, probe_at from pauses")
    return {
        row["lane"]: Pause(
            since=from_micros(row["since"]),
            why=row["why"],
            failures=row["failures"],
            probes=row["probes"],
            probe_at=from_micros(row["probe_at"]),
        )
        for row in rows
    }


def save_pauses(db: Connection, changes: Mapping[str, Pause | None]) -> None:
    """Keep what changed; None where a lane is paused no longer."""
    each(
        db,
        """
        insert or replace into pauses (lane, since, why, failures, probes, probe_at)
        values (?, ?, ?, ?, ?, ?)
        """,
        [
            (
                lane,
                to_micros(pause.since),
                pause.why,
                pause.failures,
                pause.probes,
                to_micros(pause.probe_at),
            )
            for lane, pause in changes.items()
            if pause is not None
        ],
    )
    gone = [(lane,) for lane, pause in changes.items() if pause is None]
    each(db, "delete from pauses where lane = ?", gone)


def forget_pauses(db: Connection) -> None:
    """Drop the pauses of lanes in which nothing waits: of removed destinations, say. Whoever comes
    next finds out."""
    db.execute(
        """
        delete from pauses where not exists (
            select 1 from deliveries indexed by deliveries_to_claim
            where deliveries.lane = pauses.lane
                and state in ('pending', 'retrying') and turn = 1
        )
        """
    )


def windows(db: Connection) -> dict[str, Starts]:
    """What was begun lately, by lane."""
    rows = db.execute("select lane, starts from rate_windows")
    return {
        row["lane"]: tuple((from_micros(at), count) for at, count in from_pairs(row["starts"]))
        for row in rows
    }


def save_windows(db: Connection, changes: Mapping[str, Starts]) -> None:
    """Keep what changed."""
    each(
        db,
        "insert or replace into rate_windows (lane, starts) values (?, ?)",
        [
            (lane, to_json([(to_micros(at), count) for at, count in starts]))
            for lane, starts in changes.items()
        ],
    )
