"""Done, again, or given up: row by row, and the laws of backoff."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.delivery.retry import Decision, backoff, decide
from reactor.model.delivery import Move, RetryPolicy
from reactor.model.request import Outcome, Verdict
from tests.builders import NOON, a_delivery

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
spans = st.timedeltas(min_value=timedelta(milliseconds=1), max_value=timedelta(days=3650))
jitters = st.floats(min_value=0, max_value=1, exclude_max=True)


def retried(wait=None):
    return Outcome(verdict=Verdict.RETRY, detail="503 Service Unavailable", retry_after=wait)


def test_a_success_is_the_end():
    outcome = Outcome(verdict=Verdict.SUCCEEDED, detail="200 OK")

    assert decide(a_delivery(attempts=1), outcome, NOON, 0.5) == Decision(move=Move.SUCCEED)


def test_what_cannot_succeed_is_buried_with_its_reason():
    outcome = Outcome(verdict=Verdict.BURY, detail="410 Gone")

    decision = decide(a_delivery(attempts=1), outcome, NOON, 0.5)

    assert decision == Decision(move=Move.BURY, reason="410 Gone")


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [
        (1, 0.5),  # 1 s * 0.5
        (2, 1),  # 1 s * 2 * 0.5
        (3, 2),  # 1 s * 4 * 0.5
        (12, 1024),  # 1 s * 2,048 * 0.5
        (13, 1800),  # 1 s * 4,096 is over the ceiling of 3,600 s
        (10_000, 1800),
    ],
)
def test_the_wait_doubles_up_to_the_ceiling(attempts, seconds):
    decision = decide(a_delivery(attempts=attempts), retried(), NOON, 0.5)

    assert decision.move is Move.RETRY
    assert decision.due_at == NOON + timedelta(seconds=seconds)
    assert decision.reason == "503 Service Unavailable"


@given(st.integers(min_value=1, max_value=3600 * 24))
def test_retry_after_is_obeyed_to_the_second(seconds):
    wait = timedelta(seconds=seconds)

    decision = decide(a_delivery(attempts=1), retried(wait), NOON, 0.0)

    assert decision.due_at == NOON + wait


@pytest.mark.parametrize(
    ("age", "move"),
    [
        (timedelta(hours=23), Move.RETRY),  # 23 h + 1 h is the last moment of 24 h
        (timedelta(hours=23, microseconds=1), Move.BURY),
    ],
)
def test_what_would_be_due_too_late_is_given_up(age, move):
    decision = decide(a_delivery(attempts=9), retried(HOUR), NOON + age, 0.5)

    assert decision.move is move
    if move is Move.BURY:
        assert decision.reason == "given up after 1d: 503 Service Unavailable"


def test_a_redelivery_is_given_its_time_anew():
    later = NOON + timedelta(days=30)
    delivery = a_delivery(attempts=9, promised_at=later)

    assert decide(delivery, retried(), later, 0.5).move is Move.RETRY


@given(spans, spans, st.integers(min_value=0, max_value=10**9), jitters)
def test_backoff_stays_within_its_bounds_and_never_overflows(first, ceiling, attempts, jitter):
    policy = RetryPolicy(first=first, ceiling=ceiling)

    assert timedelta() <= backoff(policy, attempts, jitter) <= ceiling


@given(spans, spans, st.integers(min_value=1, max_value=100))
def test_backoff_never_gets_shorter(first, ceiling, attempts):
    policy = RetryPolicy(first=first, ceiling=ceiling)

    assert backoff(policy, attempts, 0.9) <= backoff(policy, attempts + 1, 0.9)
