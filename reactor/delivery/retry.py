"""What follows from an outcome: done, again at a time, or a dead letter. Pure."""

from datetime import datetime, timedelta

from msgspec import Struct

from reactor.duration import format_duration
from reactor.model.delivery import Delivery, Move, RetryPolicy
from reactor.model.request import Outcome, Verdict


class Decision(Struct, frozen=True, kw_only=True):
    """SUCCEED, RETRY at `due_at`, or BURY. `reason` says why it was not a success."""

    move: Move
    due_at: datetime | None = None
    reason: str | None = None


def decide(delivery: Delivery, outcome: Outcome, now: datetime, jitter: float) -> Decision:
    """What becomes of `delivery` after an attempt that ended at `now`.

    `delivery.attempts` counts this attempt. `jitter` is uniform in [0, 1). `Retry-After` is
    obeyed instead of the backoff: never earlier.
    """
    if outcome.verdict is Verdict.SUCCEEDED:
        return Decision(move=Move.SUCCEED)
    if outcome.verdict is Verdict.BURY:
        return Decision(move=Move.BURY, reason=outcome.detail)
    policy = delivery.retry
    wait = outcome.retry_after or backoff(policy, delivery.attempts, jitter)
    if now + wait > delivery.promised_at + policy.give_up_after:
        span = format_duration(policy.give_up_after)
        return Decision(move=Move.BURY, reason=f"given up after {span}: {outcome.detail}")
    return Decision(move=Move.RETRY, due_at=now + wait, reason=outcome.detail)


def backoff(policy: RetryPolicy, attempts: int, jitter: float) -> timedelta:
    """Full jitter: uniform between nothing and `first` doubled per attempt, up to `ceiling`.

    All of the span, so that deliveries which failed together do not come back together.
    """
    return doubled(policy.first, policy.ceiling, attempts - 1) * jitter


def doubled(first: timedelta, ceiling: timedelta, times: int) -> timedelta:
    """`first` doubled so many times, up to `ceiling`."""
    enough = (ceiling // first).bit_length()  # beyond the ceiling, no overflow
    return min(ceiling, first * (1 << min(max(times, 0), enough)))
