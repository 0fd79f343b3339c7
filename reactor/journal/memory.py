"""The table `memory`: what gates remember between events."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from reactor.duration import from_micros, to_micros
from reactor.journal.codec import from_json, to_json
from reactor.journal.database import Connection
from reactor.journal.rows import each
from reactor.model.journal import GateMark
from reactor.model.memory import MemoryEntry, MemoryKey

SLICE = 10_000
"""Rows that one Trim drops at most, so that no other write waits long for it."""


def load(db: Connection) -> dict[MemoryKey, MemoryEntry]:
    """Everything remembered."""
    rows = db.execute("select rule, action, gate, key, mark, value, expires_at from memory")
    return {
        MemoryKey(row["rule"], row["action"], row["gate"], row["key"]): MemoryEntry(
            row["mark"], from_json(row["value"]), from_micros(row["expires_at"])
        )
        for row in rows
    }


def save(db: Connection, changes: Mapping[MemoryKey, MemoryEntry | None]) -> None:
    """Remember what changed; forget where the entry is None."""
    each(
        db,
        """
        insert or replace into memory (rule, action, gate, key, mark, value, expires_at)
        values (?, ?, ?, ?, ?, ?, ?)
        """,
        [
            (
                *_identity(key),
                entry.mark,
                to_json(entry.value),
                to_micros(entry.expires_at),
            )
            for key, entry in changes.items()
            if entry is not None
        ],
    )
    each(
        db,
        "delete from memory where rule = ? and action = ? and gate = ? and key = ?",
        [_identity(key) for key, entry in changes.items() if entry is None],
    )


def _identity(key: MemoryKey) -> tuple[str, str, str, str]:
    return key.rule, key.action, key.gate, key.key


def forget_others(db: Connection, current: frozenset[GateMark]) -> int:
    """Drop what gates remember that are gone or changed. Returns how many entries."""
    rows = db.execute("select distinct rule, action, gate, mark from memory").fetchall()
    gone = [row for row in rows if GateMark(**dict(row)) not in current]
    return db.executemany(
        "delete from memory where rule = ? and action = ? and gate = ? and mark = ?",
        [tuple(row) for row in gone],
    ).rowcount


@dataclass(frozen=True, slots=True, kw_only=True)
class Trim:
    """Drop memory that expired before `now`, at most SLICE entries; the result is how many.

    A full SLICE means that there may be more.
    """

    now: datetime

    def apply(self, db: Connection) -> int:
        """Inside the writer's transaction."""
        return db.execute(
            """
            delete from memory where (rule, action, gate, key) in (
                select rule, action, gate, key from memory where expires_at < ? limit ?
            )
            """,
            (to_micros(self.now), SLICE),
        ).rowcount
