"""Every change of a delivery's state, each guarded by the states that `MOVES` allows it from."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from reactor.duration import to_micros
from reactor.journal.codec import to_json, to_moment, to_span
from reactor.journal.database import Connection
from reactor.model.delivery import Move, State, next_state, states_before
from reactor.model.journal import Finished

INTERRUPTED = "interrupted"
"""The verdict of an attempt that a crash cut short: nobody knows whether it arrived."""

DESTINATION_REMOVED = "destination_removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Begin an attempt of each of `ids` at `at`. The result is those that are really claimed:
    what was cancelled meanwhile, or lost its turn, is not among them."""

    ids: tuple[str, ...]
    at: datetime

    def apply(self, db: Connection) -> frozenset[str]:
        """Inside the writer's transaction."""
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
    """Record attempts and what follows from them. The result is the ids that were recorded: a
    delivery that is not running is left as it is."""

    results: tuple[Finished, ...]

    def apply(self, db: Connection) -> frozenset[str]:
        """Inside the writer's transaction."""
        running = _running(db, [result.attempt.delivery_id for result in self.results])
        recorded = [
            (running[result.attempt.delivery_id], result)
            for result in self.results
            if result.attempt.delivery_id in running
        ]
        _move(db, recorded)
        _add_attempts(db, recorded)
        return frozenset(running)


def _running(db: Connection, ids: list[str]) -> dict[str, int]:
    """Those of `ids` that are running, and their numbers."""
    rows = db.execute(
        """
        select id, number from deliveries
        where id in (select value from json_each(?)) and state = ?
        """,
        (to_json(ids), State.RUNNING),
    )
    return {row["id"]: row["number"] for row in rows}


def _move(db: Connection, recorded: list[tuple[int, Finished]]) -> None:
    db.executemany(
        """
        update deliveries set state = ?, due_at = coalesce(?, due_at), reason = ?
        where number = ? and state = ?
        """,
        [
            (
                _after(result.move),
                to_moment(result.due_at),
                result.reason,
                delivery,
                State.RUNNING,
            )
            for delivery, result in recorded
        ],
    )


def _after(move: Move) -> State:
    """The state that an attempt leaves. Raises ValueError for a move that no attempt makes."""
    after = next_state(State.RUNNING, move)
    if after is None:
        raise ValueError(f"an attempt cannot end with the move '{move}'")
    return after


def _add_attempts(db: Connection, recorded: list[tuple[int, Finished]]) -> None:
    db.executemany(
        """
        insert into attempts (
            delivery, number, started_at, ended_at, verdict, status, detail, action_uri
        )
        values (?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
            (
                delivery,
                result.attempt.number,
                to_micros(result.attempt.started_at),
                to_micros(result.attempt.ended_at),
                result.attempt.verdict,
                result.attempt.status,
                result.attempt.detail,
                result.attempt.action_uri,
            )
            for delivery, result in recorded
        ],
    )


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
            from deliveries where state = ?
            """,
            (now, INTERRUPTED, State.RUNNING),
        )
        # What was never tried is due since it was planned; later only if the clock was set back.
        db.execute(
            "update deliveries set due_at = ?1 where state = ?2 and due_at > ?1",
            (now, State.PENDING),
        )
        return db.execute(
            "update deliveries set state = ?, due_at = ? where state = ?",
            (State.RETRYING, now, State.RUNNING),
        ).rowcount


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeliver:
    """Promise finished deliveries anew, due at `at`, with the same id and request; attempts made
    before are kept and go on counting. The result says per id "redelivered", or why not."""

    ids: tuple[str, ...]
    at: datetime

    def apply(self, db: Connection) -> dict[str, str]:
        """Inside the writer's transaction."""
        return _each(db, self.ids, Move.REDELIVER, self._redeliver)

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
            "update deliveries set due_at = ?, promised_at = ? where state = ?",
            (now, now, State.PENDING),
        )


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
    """Waiting deliveries whose destination is no longer there become dead. Returns how many."""
    return db.execute(
        """
        update deliveries set state = ?, reason = ?
        where state in (?, ?)
            and destination is not null -- an inline URL, or the log: nothing can be removed
            and destination not in (select value from json_each(?))
        """,
        (State.DEAD, DESTINATION_REMOVED, *_WAITING, to_json(destinations)),
    ).rowcount


_WAITING = (State.PENDING, State.RETRYING)
