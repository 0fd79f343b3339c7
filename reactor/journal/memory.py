"""The table `memory`: what gates remember between events."""

from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Row

from reactor.duration import from_micros, to_micros
from reactor.journal.codec import from_json, from_moment, to_json, to_moment
from reactor.journal.database import Connection
from reactor.journal.rows import each
from reactor.model.journal import Forgotten, GateMark
from reactor.model.memory import Changes, MemoryEntry, MemoryKey

SLICE = 10_000
"""Rows that one Trim drops at most, so that no other write waits long for it."""


def load(db: Connection) -> dict[MemoryKey, MemoryEntry]:
    """Everything remembered. Names, keys and marks come again and again, and are there once."""
    known: dict[str, str] = {}
    once = known.setdefault
    return {
        MemoryKey(once(rule, rule), once(action, action), once(gate, gate), once(key, key)): (
            MemoryEntry(
                once(mark, mark), from_json(value), from_micros(expires_at), from_moment(due_at)
            )
        )
        for rule, action, gate, key, mark, value, expires_at, due_at in db.execute(
            "select rule, action, gate, key, mark, value, expires_at, due_at from memory"
        )
    }


def save(db: Connection, changes: Changes) -> None:
    """Remember what changed; forget where the entry is None."""
    each(
        db,
        """
        insert or replace into memory (rule, action, gate, key, mark, value, expires_at, due_at)
        values (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
            (
                *_identity(key),
                entry.mark,
                to_json(entry.value),
                to_micros(entry.expires_at),
                to_moment(entry.due_at),
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


def forget_others(db: Connection, current: frozenset[GateMark]) -> tuple[Forgotten, ...]:
    """Drop what gates remember that are gone or changed, and say what that was."""
    rows = db.execute(
        """
        select rule, action, gate, mark, count(*) as count
        from memory group by rule, action, gate, mark
        """
    ).fetchall()
    gone = [row for row in rows if _mark(row) not in current]
    db.executemany(
        "delete from memory where rule = ? and action = ? and gate = ? and mark = ?",
        [(row["rule"], row["action"], row["gate"], row["mark"]) for row in gone],
    )
    return tuple(
        Forgotten(rule=row["rule"], action=row["action"], gate=row["gate"], count=row["count"])
        for row in gone
    )


def _mark(row: Row) -> GateMark:
    return GateMark(rule=row["rule"], action=row["action"], gate=row["gate"], mark=row["mark"])


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
