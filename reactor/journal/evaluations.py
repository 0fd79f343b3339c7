"""The table `evaluations`: a row per event, rule and action that matched, and the totals of it.

What waits becomes something else later: the row changes, and the totals with it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from sqlite3 import Row
from types import MappingProxyType

from reactor.duration import from_micros, to_micros
from reactor.journal.codec import from_moment, from_objects, to_json, to_moment
from reactor.journal.database import Connection
from reactor.journal.events import Numbers, number_of
from reactor.journal.rows import Insert, each
from reactor.model.match import Evaluation, Reason, Settlement, Verdict

Totals = Mapping[tuple[str, str, Reason], int]
"""Per rule, action and reason how many evaluations there were since the journal began."""

_Change = tuple[str, str, str, Reason, int]
"""The event, rule, action and reason of evaluations, and how many more of them there are."""

_INSERT = Insert(
    "evaluations (event_id, source, rule, action, reason, at, key, delivery_id, gates, settled_at,"
    " event)"
)


def insert_evaluations(
    db: Connection, evaluations: Collection[Evaluation], events: Numbers = MappingProxyType({})
) -> None:
    """Add what became of matches, and count it. Their events are in the journal already; `events`
    are the numbers of those that are known to the caller."""
    _INSERT.rows(db, [_to_row(row, _event(db, row, events)) for row in evaluations])
    _count(db, ((row.event_id, row.rule, row.action, row.reason, 1) for row in evaluations))


def _event(db: Connection, row: Evaluation, events: Numbers) -> int | None:
    """The number of the event behind an evaluation, None if there is none."""
    if not row.event_id:
        return None
    known = events.get((row.event_id, row.source))
    return number_of(db, row.event_id, row.source) if known is None else known


def _to_row(entry: Evaluation, event: int | None) -> tuple[str | int | None, ...]:
    return (
        entry.event_id,
        entry.source,
        entry.rule,
        entry.action,
        str(entry.reason),  # what is no plain text takes sqlite3 twice as long
        to_micros(entry.at),
        entry.key,
        entry.delivery_id,
        _to_gates(entry.gates),
        to_moment(entry.settled_at),
        event,
    )


def _to_gates(gates: tuple[Verdict, ...]) -> str | None:
    return to_json(gates) if gates else None


def _count(db: Connection, changes: Iterable[_Change]) -> None:
    """Bring the totals up to date; what timers fired without an event is counted apart (rules.md
    §3)."""
    of_events, of_timers = Counter[tuple[str, str, Reason]](), Counter[tuple[str, str, Reason]]()
    for event_id, rule, action, reason, more in changes:
        (of_events if event_id else of_timers)[rule, action, reason] += more
    each(
        db,
        """
        insert into evaluation_totals (rule, action, reason, count) values (?, ?, ?, ?)
        on conflict do update set count = count + excluded.count
        """,
        [(*names, more) for names, more in of_events.items()],
    )
    each(
        db,
        """
        insert into timer_totals (rule, action, reason, count) values (?, ?, ?, ?)
        on conflict do update set count = count + excluded.count
        """,
        [(*names, more) for names, more in of_timers.items()],
    )


def settle(db: Connection, settlements: Iterable[Settlement]) -> None:
    """Write down what became of evaluations that wait, and count it. One that names an action of
    which nothing waits adds a row: a reload brought the action while its rule was waiting."""
    for settlement in settlements:
        rows = _waiting(db, settlement)
        if not rows and settlement.action is not None:
            insert_evaluations(db, [_added(settlement, settlement.action)])
        _leave(
            db,
            rows,
            reason=settlement.reason,
            at=settlement.at,
            gates=settlement.gates,
            delivery_id=settlement.delivery_id,
        )


def _waiting(db: Connection, settlement: Settlement) -> list[Row]:
    """Every action of the rule that waits, or of the one that is named the row that waits longest:
    what a timer fired without an event may be there more than once."""
    return db.execute(
        """
        select number, event_id, rule, action from evaluations
        where reason = 'waiting' and event_id = :event_id and source = :source
            and rule = :rule and key = :key and (:action is null or action = :action)
        order by number limit iif(:action is null, -1, 1)
        """,
        {
            "event_id": settlement.event_id,
            "source": settlement.source,
            "rule": settlement.rule,
            "action": settlement.action,
            "key": settlement.key,
        },
    ).fetchall()


def _added(settlement: Settlement, action: str) -> Evaluation:
    return Evaluation(
        event_id=settlement.event_id,
        source=settlement.source,
        rule=settlement.rule,
        action=action,
        reason=settlement.reason,
        at=settlement.at,
        key=settlement.key,
        delivery_id=settlement.delivery_id,
        gates=settlement.gates,
    )


def _leave(
    db: Connection,
    rows: Collection[Row],
    *,
    reason: Reason,
    at: datetime,
    gates: tuple[Verdict, ...] = (),
    delivery_id: str | None = None,
) -> None:
    """Give rows that wait another reason; they may go on to wait at a further gate. `gates` are
    added to those that they came to before."""
    settled_at = None if reason is Reason.WAITING else to_micros(at)
    db.executemany(
        """
        update evaluations
        set reason = ?1, settled_at = ?2, delivery_id = ?3, gates = case
            when gates is null or ?4 is null then coalesce(gates, ?4)
            else rtrim(gates, ']') || ',' || ltrim(?4, '[')
        end
        where number = ?5
        """,
        [(reason, settled_at, delivery_id, _to_gates(gates), row["number"]) for row in rows],
    )
    for left, more in ((Reason.WAITING, -1), (reason, 1)):
        _count(db, ((row["event_id"], row["rule"], row["action"], left, more) for row in rows))


def expire_others(db: Connection, present: Collection[tuple[str, str]], at: datetime) -> None:
    """What waits of an action that is not among those `present`, each a rule and an action, becomes
    expired."""
    rows = db.execute(
        "select number, event_id, rule, action from evaluations where reason = 'waiting'"
    ).fetchall()
    gone = [row for row in rows if (row["rule"], row["action"]) not in present]
    _leave(db, gone, reason=Reason.EXPIRED, at=at)


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
select event_id, source, rule, action, reason, at, key, delivery_id, gates, settled_at
from evaluations
where (:rule is null or rule = :rule)
    and (:reason is null or reason = :reason)
    and (:since is null or at >= :since)
order by number
"""

_NEWEST = """
select event_id, source, rule, action, reason, at, key, delivery_id, gates, settled_at
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
    """What became of one event, in the order in which it was decided."""
    rows = db.execute(
        """
        select event_id, source, rule, action, reason, at, key, delivery_id, gates, settled_at
        from evaluations
        where event = (
            select events.number from events where events.id = ? and events.source = ?
        )
        order by number
        """,
        (event_id, source),
    )
    return [_to_evaluation(row) for row in rows]


def settled_without_event(db: Connection, rule: str, at: datetime) -> list[Evaluation]:
    """What a timer of the rule had fired without an event, and what became of it at this moment
    after it waited. Blocks for a look at all that its timers ever fired."""
    rows = db.execute(
        """
        select event_id, source, rule, action, reason, at, key, delivery_id, gates, settled_at
        from evaluations
        where event is null and event_id = '' and rule = ? and settled_at = ?
        order by number
        """,
        (rule, to_micros(at)),
    )
    return [_to_evaluation(row) for row in rows]


def totals(db: Connection) -> Totals:
    """Of what matched an event."""
    rows = db.execute("select rule, action, reason, count from evaluation_totals")
    return dict(map(_to_total, rows))


def timer_totals(db: Connection) -> Totals:
    """Of what a timer fired without an event."""
    rows = db.execute("select rule, action, reason, count from timer_totals")
    return dict(map(_to_total, rows))


def _to_total(row: Row) -> tuple[tuple[str, str, Reason], int]:
    return (row["rule"], row["action"], Reason(row["reason"])), row["count"]


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
        gates=tuple(from_objects(row["gates"])) if row["gates"] else (),
        settled_at=from_moment(row["settled_at"]),
    )
