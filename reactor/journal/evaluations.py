"""The table `evaluations`: a row per event, rule and action that matched, and the totals of it."""

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime
from sqlite3 import Row

from reactor.duration import from_micros, to_micros
from reactor.journal.codec import to_moment
from reactor.journal.database import Connection
from reactor.journal.rows import Insert, each
from reactor.model.match import Evaluation, Reason

_INSERT = Insert("evaluations (event_id, source, rule, action, reason, at, key, delivery_id)")


def insert_evaluations(db: Connection, evaluations: Collection[Evaluation]) -> None:
    """Add what became of matches, and count it."""
    _INSERT.rows(db, [_to_row(entry) for entry in evaluations])
    totals = Counter((entry.rule, entry.action, entry.reason) for entry in evaluations)
    each(
        db,
        """
        insert into evaluation_totals (rule, action, reason, count) values (?, ?, ?, ?)
        on conflict do update set count = count + excluded.count
        """,
        [(*names, count) for names, count in totals.items()],
    )


def _to_row(entry: Evaluation) -> tuple[str, str, str, str, str, int, str, str | None]:
    return (
        entry.event_id,
        entry.source,
        entry.rule,
        entry.action,
        str(entry.reason),  # what is no plain text takes sqlite3 twice as long
        to_micros(entry.at),
        entry.key,
        entry.delivery_id,
    )


def list_evaluations(
    db: Connection,
    *,
    rule: str | None = None,
    reason: Reason | None = None,
    since: datetime | None = None,
    limit: int | None = None,
) -> Iterator[Evaluation]:
    """Evaluations, oldest first; with `limit` the newest so many. Filters that are None let all
    pass. Rows are read as they are taken, so the connection is busy until the last one."""
    wanted = {"rule": rule, "reason": reason, "since": to_moment(since), "limit": limit}
    query = _ALL if limit is None else _NEWEST
    return map(_to_evaluation, db.execute(query, wanted))


_ALL = """
select event_id, source, rule, action, reason, at, key, delivery_id
from evaluations
where (:rule is null or rule = :rule)
    and (:reason is null or reason = :reason)
    and (:since is null or at >= :since)
order by number
"""

_NEWEST = """
select event_id, source, rule, action, reason, at, key, delivery_id
from (
    select * from evaluations
    where (:rule is null or rule = :rule)
        and (:reason is null or reason = :reason)
        and (:since is null or at >= :since)
    order by number desc limit :limit
)
order by number
"""


def evaluations_of(db: Connection, event_id: str, source: str) -> list[Evaluation]:
    """What became of one event, in the order of its rules. Blocks for a scan of the table."""
    rows = db.execute(
        """
        select event_id, source, rule, action, reason, at, key, delivery_id
        from evaluations where event_id = ? and source = ? order by number
        """,
        (event_id, source),
    )
    return [_to_evaluation(row) for row in rows]


def _to_evaluation(row: Row) -> Evaluation:
    return Evaluation(
        event_id=row["event_id"],
        source=row["source"],
        rule=row["rule"],
        action=row["action"],
        reason=Reason(row["reason"]),
        at=from_micros(row["at"]),
        key=row["key"],
        delivery_id=row["delivery_id"],
    )
