"""Every change of a delivery's state, each guarded by the states that `MOVES` allows it from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from reactor.duration import to_micros
from reactor.journal.codec import to_json, to_moment, to_span
from reactor.journal.database import Connection
from reactor.journal.deliveries import get, insert_deliveries, lanes
from reactor.journal.lanes import save_pauses, save_windows
from reactor.journal.rows import Insert, each
from reactor.model.delivery import Attempt, Delivery, Move, State, next_state, states_before
from reactor.model.journal import Finished, Pause, Starts
from reactor.model.request import Timings

INTERRUPTED = "interrupted"
"""The verdict of an attempt that a crash cut short: nobody knows whether it arrived."""

DESTINATION_REMOVED = "destination_removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Begin an attempt of each of `ids` at `at`. The result is those that are really claimed:
    what was cancelled meanwhile, or lost its turn, is not among them. `windows` are what the rate
    limits of their lanes will count, by lane."""

    ids: tuple[str, ...]
    at: datetime
    windows: Mapping[str, Starts] = field(default_factory=dict)

    def apply(self, db: Connection) -> frozenset[str]:
        """Inside the writer's transaction."""
        save_windows(db, self.windows)
        rows = db.execute(
            """
            update deliveries set state = :state, attempts = attempts + 1, claimed_at = :at
            where id in (select value from json_each(:ids)) and turn = 1
                and state in (select value from json_each(:before))
            returning id
            """,
            {
                "state": State.RUNNING,
                "at": to_micros(self.at),
                "ids": to_json(self.ids),
                "before": to_json(states_before(Move.CLAIM)),
            },
        )
        return frozenset(row["id"] for row in rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """Record attempts and what follows from them: `pauses` are the lanes that are paused from now
    on, None where they are no longer, and `notices` what is promised to tell of it. The result is
    the ids that were recorded: a delivery that is not running is left as it is."""

    results: tuple[Finished, ...]
    pauses: Mapping[str, Pause | None] = field(default_factory=dict)
    notices: tuple[Delivery, ...] = ()

    def apply(self, db: Connection) -> frozenset[str]:
        """Inside the writer's transaction."""
        running = _running(db, [result.attempt.delivery_id for result in self.results])
        recorded = [
            (running[result.attempt.delivery_id], result)
            for result in self.results
            if result.attempt.delivery_id in running
        ]
        _succeed(db, [number for number, each in recorded if each.move is Move.SUCCEED])
        _move(db, [row for row in recorded if row[1].move is not Move.SUCCEED])
        _add_attempts(db, recorded)
        save_pauses(db, self.pauses)
        insert_deliveries(db, [each for each in self.notices if get(db, each.id) is None])
        return frozenset(running)


def _running(db: Connection, ids: list[str]) -> dict[str, int]:
    """Those of `ids` that are running, and their numbers."""
    # The state as a word: as a parameter it is held against the conditions of partial indexes, so
    # that each new value has the statement planned again, which takes longer than to execute it.
    rows = db.execute(
        """
        select id, number from deliveries
        where id in (select value from json_each(?)) and state = 'running'
        """,
        (to_json(ids),),
    )
    return dict(rows.fetchall())


def _succeed(db: Connection, numbers: list[int]) -> None:
    """What most attempts end with: all in one statement, in a third of the time."""
    if numbers:
        db.execute(
            """
            update deliveries set state = 'succeeded', reason = null
            where number in (select value from json_each(?)) and state = 'running'
            """,
            (to_json(numbers),),
        )


def _move(db: Connection, recorded: list[tuple[int, Finished]]) -> None:
    each(
        db,
        """
        update deliveries set state = ?, due_at = coalesce(?, due_at), reason = ?
        where number = ? and state = 'running'
        """,
        [
            (str(_after(result.move)), to_moment(result.due_at), result.reason, delivery)
            for delivery, result in recorded
        ],
    )


def _after(move: Move) -> State:
    """The state that an attempt leaves. Raises ValueError for a move that no attempt makes."""
    after = next_state(State.RUNNING, move)
    if after is None:
        raise ValueError(f"an attempt cannot end with the move '{move}'")
    return after


_INSERT_ATTEMPTS = Insert(
    "attempts (delivery, number, started_at, ended_at, verdict, status, detail, action_uri,"
    " dns, connect, tls, first_byte, total, request, response)"
)


def _add_attempts(db: Connection, recorded: list[tuple[int, Finished]]) -> None:
    _INSERT_ATTEMPTS.rows(
        db, [_attempt_row(delivery, result.attempt) for delivery, result in recorded]
    )


def _attempt_row(delivery: int, attempt: Attempt) -> tuple[str | int | None, ...]:
    return (
        delivery,
        attempt.number,
        to_micros(attempt.started_at),
        to_micros(attempt.ended_at),
        attempt.verdict,
        attempt.status,
        attempt.detail,
        attempt.action_uri,
        *_timing_columns(attempt.timings),
        attempt.request,
        attempt.response,
    )


def _timing_columns(timings: Timings | None) -> tuple[int | None, ...]:
    if timings is None:
        return (None,) * 5
    spans = timings.dns, timings.connect, timings.tls, timings.first_byte, timings.total
    return tuple(map(to_span, spans))


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """At start: what was running when the last process ended is due again now, with the same id.
    The result is how many. The lock makes sure that nobody else is running them."""

    at: datetime

    def apply(self, db: Connection) -> int:
        """Inside the writer's transaction."""
        now = to_micros(self.at)
        db.execute(
            """
            insert into attempts (delivery, number, started_at, ended_at, verdict, detail)
            select number, attempts, claimed_at, ?, ?, 'reactor ended during this attempt'
            from deliveries where state = 'running' and state <> 'succeeded'
            """,
            (now, INTERRUPTED),
        )
        _follow_back(db, now)
        return db.execute(
            """
            update deliveries set state = 'retrying', due_at = ?
            where state = 'running' and state <> 'succeeded'
            """,
            (now,),
        ).rowcount


def _follow_back(db: Connection, now: int) -> None:
    """What was never tried is due since it was planned; later only if the clock was set back. The
    newest tells whether it was, so that a million that wait are not read to find out."""
    newest = db.execute(
        """
        select due_at from deliveries where state = 'pending' and state <> 'succeeded'
        order by number desc limit 1
        """
    ).fetchone()
    if newest is not None and newest["due_at"] > now:
        db.execute(
            """
            update deliveries set due_at = ?1
            where state = 'pending' and state <> 'succeeded' and due_at > ?1
            """,
            (now,),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeliver:
    """Promise finished deliveries anew, due at `at`, with the same id and request; attempts made
    before are kept and go on counting. `only_dead` leaves alone what is not dead (any more): who
    chose many by their state means those of them that are still in it.
    The result says per id "redelivered", or why not."""

    ids: tuple[str, ...]
    at: datetime
    only_dead: bool = False

    def apply(self, db: Connection) -> dict[str, str]:
        """Inside the writer's transaction."""
        return _each(db, self._meant(db), Move.REDELIVER, self._redeliver)

    def _meant(self, db: Connection) -> tuple[str, ...]:
        if not self.only_dead:
            return self.ids
        return tuple(id_ for id_ in self.ids if _state_of(db, id_) is State.DEAD)

    def _redeliver(self, db: Connection, delivery_id: str, before: State) -> None:
        # The turn is given by the trigger, which sees who else of this order_key is undone.
        now = to_micros(self.at)
        db.execute(
            """
            update deliveries
            set state = ?, turn = order_key is null, due_at = ?, promised_at = ?, reason = null
            where id = ? and state = ?
            """,
            (State.PENDING, now, now, delivery_id, before),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew:
    """Make every promise that waits as of `at`: a replay planned them in the time of its events."""

    at: datetime

    def apply(self, db: Connection) -> None:
        """Inside the writer's transaction."""
        now = to_micros(self.at)
        db.execute(
            """
            update deliveries set due_at = ?, promised_at = ?
            where state = 'pending' and state <> 'succeeded'
            """,
            (now, now),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hasten:
    """What failed in `lane` is due at once, as if it had never been tried: its destination takes
    deliveries again since `at`. Goes over at most `most` of those numbered above `after`; the
    result is the last of them, None when there are no more."""

    lane: str
    at: datetime
    after: int = 0
    most: int = 1000

    def apply(self, db: Connection) -> int | None:
        """Inside the writer's transaction."""
        # In the order in which they were promised, and before what was promised after them.
        rows = db.execute(
            """
            update deliveries set due_at = promised_at where number in (
                select number from deliveries indexed by deliveries_retrying
                where lane = ? and number > ? and state = 'retrying' and turn = 1
                    and claimed_at <= ? -- what failed since waits for its time
                order by number limit ?
            )
            returning number
            """,
            (self.lane, self.after, to_micros(self.at), self.most),
        ).fetchall()
        return max((row["number"] for row in rows), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """The clock was set back by `by`, to `at`: what waits for its time waits no longer for that."""

    by: timedelta
    at: datetime

    def apply(self, db: Connection) -> None:
        """Inside the writer's transaction."""
        db.execute(
            """
            update deliveries set due_at = max(?1, due_at - ?2)
            where state in ('pending', 'retrying') and due_at > ?1
            """,
            (to_micros(self.at), to_span(self.by)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Take deliveries back that wait. The result says per id "cancelled", or why not."""

    ids: tuple[str, ...]

    def apply(self, db: Connection) -> dict[str, str]:
        """Inside the writer's transaction."""
        return _each(db, self.ids, Move.CANCEL, self._cancel)

    def _cancel(self, db: Connection, delivery_id: str, before: State) -> None:
        db.execute(
            "update deliveries set state = ? where id = ? and state = ?",
            (State.CANCELLED, delivery_id, before),
        )


def _each(
    db: Connection,
    ids: tuple[str, ...],
    move: Move,
    act: Callable[[Connection, str, State], None],
) -> dict[str, str]:
    """Move each delivery that allows it, and say of each what became of it."""
    answers = {}
    for delivery_id in ids:
        state = _state_of(db, delivery_id)
        if state is None:
            answers[delivery_id] = "there is no such delivery"
        elif next_state(state, move) is None:
            answers[delivery_id] = _not_from(state, move)
        else:
            act(db, delivery_id, state)
            answers[delivery_id] = _DONE[move]
    return answers


_DONE = {Move.REDELIVER: "redelivered", Move.CANCEL: "cancelled"}


def _state_of(db: Connection, delivery_id: str) -> State | None:
    row = db.execute("select state from deliveries where id = ?", (delivery_id,)).fetchone()
    return None if row is None else State(row["state"])


def _not_from(state: State, move: Move) -> str:
    """Why a move is refused, with what would allow it."""
    return f"it is {state}; only {' or '.join(states_before(move))} can be {_DONE[move]}"


def bury_removed(db: Connection, destinations: frozenset[str]) -> int:
    """Waiting deliveries whose destination is no longer there become dead. Returns how many. It
    reads the deliveries only when there are such: a million that wait do not slow a start."""
    gone = [lane for lane in lanes(db) if lane not in destinations and _is_destination(db, lane)]
    return db.executemany(
        """
        update deliveries set state = ?, reason = ?
        where destination = ? and state in ('pending', 'retrying') and state <> 'succeeded'
        """,
        [(State.DEAD, DESTINATION_REMOVED, lane) for lane in gone],
    ).rowcount


def _is_destination(db: Connection, lane: str) -> bool:
    """Whether it is the lane of a destination: an inline URL, or the log, cannot be removed."""
    row = db.execute(
        """
        select destination from deliveries indexed by deliveries_to_claim
        where lane = ? and state in ('pending', 'retrying') and turn = 1 limit 1
        """,
        (lane,),
    ).fetchone()
    return row is not None and row["destination"] is not None
