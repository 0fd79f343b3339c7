"""A delivery: one promise to do one action, its states and the moves between them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from reactor.model.request import StoredRequest, Timings


class State(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"  # planned, no attempt made yet
    RUNNING = "running"  # an attempt is under way; after a crash it is made again
    RETRYING = "retrying"  # an attempt failed or was cut short; another is due
    SUCCEEDED = "succeeded"  # done
    DEAD = "dead"  # given up, with a reason; may be redelivered
    CANCELLED = "cancelled"  # taken back by an operator before it succeeded


class Move(StrEnum):
    """What can happen to a delivery."""

    CLAIM = "claim"
    SUCCEED = "succeed"
    RETRY = "retry"
    BURY = "bury"
    CANCEL = "cancel"
    REDELIVER = "redeliver"


MOVES: dict[tuple[State, Move], State] = {
    (State.PENDING, Move.CLAIM): State.RUNNING,
    (State.PENDING, Move.BURY): State.DEAD,
    (State.PENDING, Move.CANCEL): State.CANCELLED,
    (State.RUNNING, Move.SUCCEED): State.SUCCEEDED,
    (State.RUNNING, Move.RETRY): State.RETRYING,
    (State.RUNNING, Move.BURY): State.DEAD,
    (State.RETRYING, Move.CLAIM): State.RUNNING,
    (State.RETRYING, Move.BURY): State.DEAD,
    (State.RETRYING, Move.CANCEL): State.CANCELLED,
    (State.SUCCEEDED, Move.REDELIVER): State.PENDING,
    (State.DEAD, Move.REDELIVER): State.PENDING,
    (State.CANCELLED, Move.REDELIVER): State.PENDING,
}
"""Every allowed move; what is not here is refused."""


def next_state(state: State, move: Move) -> State | None:
    """The state after `move`, or None when the move is not allowed from `state`."""
    return MOVES.get((state, move))


def states_before(move: Move) -> tuple[State, ...]:
    """The states from which `move` is allowed."""
    return tuple(state for state, candidate in MOVES if candidate is move)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Exponential backoff with full jitter between `first` and `ceiling`, until `give_up_after`."""

    first: timedelta = timedelta(seconds=1)
    ceiling: timedelta = timedelta(hours=1)
    give_up_after: timedelta = timedelta(hours=24)


class Delivery(Struct, frozen=True, kw_only=True):
    """One promise. `id` is also the idempotency key of every attempt (docs/architecture.md).

    `destination` is None for an inline URL, for the log and for a call back. `lane` is what shares
    a queue: the destination's name, `source:NAME` for calls back, or `rule/action`. `order_key` is
    set when deliveries must go out in order. `attempts` counts those begun. `promised_at` is when
    the promise was made or renewed by a redelivery: `give_up_after` counts from it.
    """

    id: str
    event_id: str
    source: str
    rule: str
    action: str
    type: str
    destination: str | None
    lane: str
    order_key: str | None
    state: State
    request: StoredRequest
    timeout: timedelta
    retry: RetryPolicy
    created_at: datetime
    promised_at: datetime
    due_at: datetime
    attempts: int = 0
    reason: str | None = None


class Attempt(Struct, frozen=True, kw_only=True):
    """One try and how it ended. `detail` holds no secret. `action_uri` is the platform's action
    that a call back became.

    `timings` are those of its exchange, if there was one. `request` is the head of what was sent,
    of a success None, as it sent what is stored; `response` is the beginning of the answer's body,
    4 KiB at most and 512 bytes of a success, as text or behind "base64:". Secrets are masked.
    """

    delivery_id: str
    number: int
    started_at: datetime
    ended_at: datetime
    verdict: str
    status: int | None
    detail: str
    action_uri: str | None = None
    timings: Timings | None = None
    request: str | None = None
    response: str | None = None
