"""The table `silences`: conditions under which firings are held back until a moment."""

from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Row

from reactor.duration import from_micros, to_micros
from reactor.journal.codec import from_moment, to_moment
from reactor.journal.database import Connection
from reactor.model.silence import StoredSilence


@dataclass(frozen=True, slots=True)
class AddSilence:
    """Keep a new silence; an id that is there already is a conflict."""

    silence: StoredSilence

    def apply(self, db: Connection) -> None:
        """Inside the writer's transaction."""
        db.execute(
            """
            insert into silences (id, condition, author, comment, created_at, expires_at, ended_at)
            values (?, ?, ?, ?, ?, ?, ?)
            """,
            (
                self.silence.id,
                self.silence.text,
                self.silence.author,
                self.silence.comment,
                to_micros(self.silence.created_at),
                to_micros(self.silence.expires_at),
                to_moment(self.silence.ended_at),
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireSilence:
    """End a silence at `at`, before its time. The result is whether it was there and held."""

    id: str
    at: datetime

    def apply(self, db: Connection) -> bool:
        """Inside the writer's transaction."""
        at = to_micros(self.at)
        ended = db.execute(
            """
            update silences set ended_at = ?
            where id = ? and ended_at is null and expires_at > ?
            """,
            (at, self.id, at),
        )
        return ended.rowcount == 1


def active(db: Connection, now: datetime) -> list[StoredSilence]:
    """The silences that hold at `now`, oldest first."""
    rows = db.execute(
        """
        select id, condition, author, comment, created_at, expires_at, ended_at
        from silences where ended_at is null and expires_at > ? order by number
        """,
        (to_micros(now),),
    )
    return [_to_silence(row) for row in rows]


def list_silences(db: Connection) -> list[StoredSilence]:
    """Every silence that is kept, those that are over too, oldest first."""
    rows = db.execute(
        """
        select id, condition, author, comment, created_at, expires_at, ended_at
        from silences order by number
        """
    )
    return [_to_silence(row) for row in rows]


def _to_silence(row: Row) -> StoredSilence:
    return StoredSilence(
        id=row["id"],
        text=row["condition"],
        author=row["author"],
        comment=row["comment"],
        created_at=from_micros(row["created_at"]),
        expires_at=from_micros(row["expires_at"]),
        ended_at=from_moment(row["ended_at"]),
    )
