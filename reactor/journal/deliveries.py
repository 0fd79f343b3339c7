"""The tables `deliveries`, `requests` and `attempts`: what was promised, read and added here.

Changes of state are in `moves`.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from functools import lru_cache
from sqlite3 import Row
from types import MappingProxyType

from reactor.duration import from_micros, to_micros
from reactor.journal.codec import from_span, to_json, to_moment, to_request, to_span, to_text
from reactor.journal.database import Connection
from reactor.journal.events import Numbers, number_of
from reactor.journal.rows import Insert, each
from reactor.model.delivery import Attempt, Delivery, RetryPolicy, State
from reactor.model.journal import Chosen, Selection
from reactor.model.request import Timings

_INSERT = Insert(
    "deliveries (number, id, event_id, source, rule, action, type, destination, lane, order_key,"
    " state, timeout, retry_first, retry_ceiling, retry_give_up_after,"
    " created_at, promised_at, due_at, attempts, reason, claimed_at, event, turn)"
)
_INSERT_REQUESTS = Insert("requests (delivery, content)")


def insert_deliveries(
    db: Connection, deliveries: Collection[Delivery], events: Numbers = MappingProxyType({})
) -> None:
    """Add new promises; one that is running was claimed when it was made. An id that is there
    already is a conflict. `events` are the numbers of events that are known to the caller."""
    if not deliveries:
        return
    last = db.execute("select coalesce(max(number), 0) from deliveries").fetchone()[0]
    numbered = list(enumerate(deliveries, last + 1))
    _INSERT.rows(db, [_to_row(*each, _event(db, each[1], events)) for each in numbered])
    _settle_turns(db, [number for number, each in numbered if each.order_key is not None])
    _INSERT_REQUESTS.rows(db, [(number, to_text(each.request)) for number, each in numbered])


def _event(db: Connection, delivery: Delivery, events: Numbers) -> int | None:
    """The number of the event behind a delivery, None if there is none."""
    known = events.get((delivery.event_id, delivery.source))
    return number_of(db, delivery.event_id, delivery.source) if known is None else known


def _settle_turns(db: Connection, numbers: Collection[int]) -> None:
    """Those of them that come behind an undone one of their order_key do not have the turn."""
    each(
        db,
        """
        update deliveries set turn = 0 where number = ? and exists (
            select 1 from deliveries as earlier
            where earlier.order_key = deliveries.order_key and earlier.number < deliveries.number
                and earlier.state in ('pending', 'running', 'retrying')
        )
        """,
        [(number,) for number in numbers],
    )


def _to_row(number: int, delivery: Delivery, event: int | None) -> tuple[str | int | None, ...]:
    return (
        number,
        delivery.id,
        delivery.event_id,
        delivery.source,
        delivery.rule,
        delivery.action,
        delivery.type,
        delivery.destination,
        delivery.lane,
        delivery.order_key,
        str(delivery.state),  # what is no plain text takes sqlite3 twice as long
        to_span(delivery.timeout),
        *_retry_columns(delivery.retry),
        to_micros(delivery.created_at),
        to_micros(delivery.promised_at),
        to_micros(delivery.due_at),
        delivery.attempts,
        delivery.reason,
        to_micros(delivery.created_at) if delivery.state is State.RUNNING else None,
        event,
        1,
    )


@lru_cache(maxsize=64)  # as for _retry
def _retry_columns(policy: RetryPolicy) -> tuple[int, int, int]:
    return to_span(policy.first), to_span(policy.ceiling), to_span(policy.give_up_after)


def lanes(db: Connection) -> list[str]:
    """The lanes in which a delivery waits to be claimed, whenever it is due.

    It leaps from lane to lane in the index, so a lane with a million rows costs one step.
    """
    rows = db.execute(
        """
        with recursive found (lane) as (
            select ''
            union all
            select (
                select lane from deliveries indexed by deliveries_to_claim
                where state in ('pending', 'retrying') and turn = 1 and lane > found.lane
                order by lane limit 1
            )
            from found where found.lane is not null
        )
        select lane from found where lane <> ''
        """
    )
    return [row["lane"] for row in rows]


def due(db: Connection, lane: str, now: datetime, limit: int) -> list[Delivery]:
    """At most `limit` deliveries of `lane` that may be claimed at `now`, longest due first; each as
    it is once it is claimed.

    One with an order_key is among them only when it is the first undone one of that key.
    """
    rows = db.execute(
        """
        select * from full_deliveries
        where lane = ? and due_at <= ? and state in ('pending', 'retrying') and turn = 1
        order by due_at, number limit ?
        """,
        (lane, to_micros(now), limit),
    )
    return [_to_claimed(row) for row in rows]


def first(db: Connection, lane: str) -> list[Delivery]:
    """The delivery of `lane` that is due first, be it now or later, as it is once it is claimed;
    none in an empty lane."""
    rows = db.execute(
        """
        select * from full_deliveries
        where lane = ? and state in ('pending', 'retrying') and turn = 1
        order by due_at, number limit 1
        """,
        (lane,),
    )
    return [_to_claimed(row) for row in rows]


def waiting(db: Connection, lane: str, most: int) -> int:
    """How many deliveries of `lane` may be claimed, whenever they are due, counted up to `most`.
    Of those that go out in order it is the first of each order_key."""
    row = db.execute(
        """
        select count(*) from (
            select 1 from deliveries indexed by deliveries_to_claim
            where lane = ? and state in ('pending', 'retrying') and turn = 1 limit ?
        )
        """,
        (lane, most),
    ).fetchone()
    return int(row[0])


def next_due(db: Connection, lane: str, now: datetime) -> datetime | None:
    """When the next delivery of `lane` becomes due after `now`, or None."""
    row = db.execute(
        """
        select due_at from deliveries indexed by deliveries_to_claim
        where lane = ? and due_at > ? and state in ('pending', 'retrying') and turn = 1
        order by due_at limit 1
        """,
        (lane, to_micros(now)),
    ).fetchone()
    return None if row is None else from_micros(row["due_at"])


def get(db: Connection, delivery_id: str) -> Delivery | None:
    """The delivery with this id, or None."""
    row = db.execute("select * from full_deliveries where id = ?", (delivery_id,)).fetchone()
    return None if row is None else _to_delivery(row)


EVERY = Selection()


def list_deliveries(
    db: Connection, selection: Selection = EVERY, *, limit: int | None = None
) -> Iterator[Delivery]:
    """Deliveries, oldest first; with `limit` the newest so many. Rows are read as they are taken,
    so the connection is busy until the last one."""
    query = _ALL if limit is None else _NEWEST
    return map(_to_delivery, db.execute(query, {**_wanted(selection), "limit": limit}))


_ALL = """
select * from full_deliveries
where (:states is null or state in (select value from json_each(:states)))
    and (:rule is null or rule = :rule)
    and (:destination is null or destination = :destination)
    and (:since is null or created_at >= :since)
    and (:until is null or created_at < :until)
order by number
"""

_NEWEST = """
select * from (
    select * from full_deliveries
    where (:states is null or state in (select value from json_each(:states)))
        and (:rule is null or rule = :rule)
        and (:destination is null or destination = :destination)
        and (:since is null or created_at >= :since)
        and (:until is null or created_at < :until)
    order by number desc limit :limit
)
order by number
"""


def choose(db: Connection, selection: Selection, *, after: int = 0, most: int) -> list[Chosen]:
    """The first `most` of a selection whose numbers are greater than `after`: a walk over however
    many, which meets each once and holds no transaction between its steps."""
    rows = db.execute(_CHOICE, {**_wanted(selection), "after": after, "most": most})
    return [Chosen(*row) for row in rows]


_CHOICE = """
select number, id, rule, action, destination from deliveries
where number > :after
    and (:states is null or state in (select value from json_each(:states)))
    and (:rule is null or rule = :rule)
    and (:destination is null or destination = :destination)
    and (:since is null or created_at >= :since)
    and (:until is null or created_at < :until)
order by number limit :most
"""


def _wanted(selection: Selection) -> dict[str, str | int | None]:
    return {
        "states": None if selection.states is None else to_json(selection.states),
        "rule": selection.rule,
        "destination": selection.destination,
        "since": to_moment(selection.since),
        "until": to_moment(selection.until),
    }


def _to_delivery(row: Row) -> Delivery:
    return _read(row, State(row["state"]), row["attempts"], row["reason"])


def _to_claimed(row: Row) -> Delivery:
    """As it is once it is claimed. Made so at once, for every attempt begins with one."""
    return _read(row, State.RUNNING, row["attempts"] + 1, None)


def _read(row: Row, state: State, attempts: int, reason: str | None) -> Delivery:
    # By position, in the view's order: by name every delivery would take twice as long to read.
    (id_, event_id, source, rule, action, type_, destination, lane, order_key, _, *rest) = row
    (request, timeout, first, ceiling, give_up_after, *rest) = rest
    (created_at, promised_at, due_at, *_) = rest
    return Delivery(
        id=id_,
        event_id=event_id,
        source=source,
        rule=rule,
        action=action,
        type=type_,
        destination=destination,
        lane=lane,
        order_key=order_key,
        state=state,
        request=to_request(request),
        timeout=from_span(timeout),
        retry=_retry(first, ceiling, give_up_after),
        created_at=from_micros(created_at),
        promised_at=from_micros(promised_at),
        due_at=from_micros(due_at),
        attempts=attempts,
        reason=reason,
    )


@lru_cache(maxsize=64)  # a rule file has few policies and the journal many deliveries
def _retry(first: int, ceiling: int, give_up_after: int) -> RetryPolicy:
    return RetryPolicy(
        first=from_span(first), ceiling=from_span(ceiling), give_up_after=from_span(give_up_after)
    )


def attempts_of(db: Connection, delivery_id: str) -> list[Attempt]:
    """Every attempt of a delivery that ended, in order, those before a redelivery included."""
    rows = db.execute(
        """
        select
            attempts.number, started_at, ended_at, verdict, status, detail, action_uri,
            dns, connect, tls, first_byte, total, attempts.request, response
        from deliveries join attempts on attempts.delivery = deliveries.number
        where deliveries.id = ? order by attempts.number
        """,
        (delivery_id,),
    )
    return [
        Attempt(
            delivery_id=delivery_id,
            number=row["number"],
            started_at=from_micros(row["started_at"]),
            ended_at=from_micros(row["ended_at"]),
            verdict=row["verdict"],
            status=row["status"],
            detail=row["detail"],
            action_uri=row["action_uri"],
            timings=_timings(row),
            request=row["request"],
            response=row["response"],
        )
        for row in rows
    ]


def _timings(row: Row) -> Timings | None:
    if row["total"] is None:
        return None
    return Timings(
        dns=from_span(row["dns"]),
        connect=from_span(row["connect"]),
        tls=from_span(row["tls"]),
        first_byte=from_span(row["first_byte"]),
        total=from_span(row["total"]),
    )
