"""The table `inputs`: everything that decisions were made of, in the order they were made."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from sqlite3 import Row

from reactor.duration import from_micros, to_micros
from reactor.journal.codec import from_json, to_json
from reactor.journal.database import Connection
from reactor.journal.rows import Insert
from reactor.model.errors import JournalUnavailable
from reactor.model.journal import Input, InputKind


def last_sequence(db: Connection) -> int:
    """The sequence of the newest input, 0 when there is none."""
    row = db.execute("select coalesce(max(sequence), 0) as last from inputs").fetchone()
    return int(row["last"])


_INSERT = Insert("inputs (sequence, kind, decided_at, ruleset, source, event_id, detail)")


def insert_inputs(db: Connection, inputs: Sequence[Input]) -> None:
    """Add what was decided on. Raises JournalUnavailable on a gap in the sequence."""
    if not inputs:
        return
    _require_next(db, [entry.sequence for entry in inputs])
    _INSERT.rows(
        db,
        [
            (
                entry.sequence,
                str(entry.kind),  # what is no plain text takes sqlite3 twice as long
                to_micros(entry.decided_at),
                entry.ruleset,
                entry.source or None,
                entry.event_id or None,
                None if entry.detail is None else to_json(entry.detail),
            )
            for entry in inputs
        ],
    )


def insert_adoption(db: Connection, sequence: int, at: datetime, ruleset: str) -> None:
    """Add that a rule set was taken up. Raises JournalUnavailable on a gap in the sequence."""
    _require_next(db, [sequence])
    db.execute(
        "insert into inputs (sequence, kind, decided_at, ruleset) values (?, ?, ?, ?)",
        (sequence, InputKind.RULESET, to_micros(at), ruleset),
    )


def _require_next(db: Connection, sequences: list[int]) -> None:
    """A decision stands on all that were made before it: without those it must not be kept."""
    first = last_sequence(db) + 1
    if sequences != list(range(first, first + len(sequences))):
        raise JournalUnavailable(
            f"inputs {sequences[0]} to {sequences[-1]} were decided, but the journal's next "
            f"is {first}: what was decided before them is not in it"
        )


def last_decided(db: Connection) -> datetime | None:
    """When the newest input but the taking up of rules was decided, None if there is none."""
    row = db.execute(
        """
        select decided_at from inputs where kind <> ? order by sequence desc limit 1
        """,
        (str(InputKind.RULESET),),
    ).fetchone()
    return None if row is None else from_micros(row["decided_at"])


def inputs_since(db: Connection, at: datetime) -> Iterator[Input]:
    """Every input from the first one on that was decided at `at` or later, oldest first. Rows are
    read as they are taken, so the connection is busy until the last one. Blocks for a scan up to
    the first."""
    rows = db.execute(
        """
        select sequence, kind, decided_at, ruleset, source, event_id, detail
        from inputs
        where sequence >= (
            select sequence from inputs where decided_at >= ? order by sequence limit 1
        )
        order by sequence
        """,
        (to_micros(at),),
    )
    return map(_to_input, rows)


def ended_since(db: Connection, at: datetime) -> frozenset[str]:
    """The deliveries whose end was decided on at `at` or later. Blocks for a scan of that time."""
    details = (entry.detail or {} for entry in inputs_since(db, at))
    return frozenset(str(detail["ended"]) for detail in details if "ended" in detail)


def _to_input(row: Row) -> Input:
    return Input(
        sequence=row["sequence"],
        decided_at=from_micros(row["decided_at"]),
        ruleset=row["ruleset"],
        source=row["source"] or "",
        event_id=row["event_id"] or "",
        kind=InputKind(row["kind"]),
        detail=None if row["detail"] is None else from_json(row["detail"]),
    )
