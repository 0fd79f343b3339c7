"""The table `rejections`: the newest frames that could not become events, and why."""

from collections.abc import Collection

from reactor.duration import to_micros
from reactor.journal.database import Connection
from reactor.model.event import Rejection

KEPT = 10_000
"""Older ones are dropped as new ones come: a stream of rubbish must not fill the disk."""


def insert_rejections(db: Connection, rejections: Collection[Rejection]) -> None:
    """Add rejected frames and drop what is beyond KEPT."""
    if not rejections:
        return
    db.executemany(
        """
        insert into rejections (source, received_at, reason, excerpt, size)
        values (?, ?, ?, ?, ?)
        """,
        [
            (entry.source, to_micros(entry.received_at), entry.reason, entry.excerpt, entry.size)
            for entry in rejections
        ],
    )
    db.execute(
        "delete from rejections where number <= (select max(number) from rejections) - ?",
        (KEPT,),
    )
