"""The table `source_memory`: what sources want to find again after a restart."""

from collections.abc import Iterable, Mapping

from reactor.journal.codec import from_any_json, to_json
from reactor.journal.database import Connection
from reactor.journal.rows import each
from reactor.model.event import Note


def save_notes(db: Connection, notes: Iterable[Note]) -> None:
    """Keep every value under its source and key, the last one of several; None forgets."""
    latest = {(note.source, key): value for note in notes for key, value in note.remember.items()}
    each(
        db,
        "insert or replace into source_memory (source, key, value) values (?, ?, ?)",
        [(*place, to_json(value)) for place, value in latest.items() if value is not None],
    )
    each(
        db,
        "delete from source_memory where source = ? and key = ?",
        [place for place, value in latest.items() if value is None],
    )


def recall(db: Connection, source: str) -> Mapping[str, object]:
    """Everything that is kept for a source."""
    rows = db.execute("select key, value from source_memory where source = ?", (source,))
    return {row["key"]: from_any_json(row["value"]) for row in rows}
