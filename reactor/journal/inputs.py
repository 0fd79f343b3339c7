"""The table `inputs`: everything that decisions were made of, in the order they were made."""

from collections.abc import Sequence
from datetime import datetime

from reactor.duration import to_micros
from reactor.journal.database import Connection
from reactor.journal.rows import Insert
from reactor.model.errors import JournalUnavailable
from reactor.model.journal import Input, InputKind


def last_sequence(db: Connection) -> int:
    """The sequence of the newest input, 0 when there is none."""
    row = db.execute("select coalesce(max(sequence), 0) as last from inputs").fetchone()
    return int(row["last"])


_INSERT = Insert("inputs (sequence, kind, decided_at, ruleset, source, event_id)")


def insert_inputs(db: Connection, inputs: Sequence[Input]) -> None:
    """Add what events were decided. Raises JournalUnavailable on a gap in the sequence."""
    if not inputs:
        return
    _require_next(db, [entry.sequence for entry in inputs])
    kind = str(InputKind.EVENT)  # what is no plain text takes sqlite3 twice as long
    _INSERT.rows(
        db,
        [
            (
                entry.sequence,
                kind,
                to_micros(entry.decided_at),
                entry.ruleset,
                entry.source,
                entry.event_id,
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
