"""What a destination's answers say of it: row by row, and the laws of probing."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.delivery.breaker import (
    FAILURES,
    LONGEST_PROBE,
    PATIENCE,
    Breaker,
    after,
    allowed,
    asked_at_once,
    paused,
    resumed,
    set_back,
    spared,
)
from reactor.model.request import Outcome, Verdict
from tests.builders import NOON, replace

SECOND = timedelta(seconds=1)
DONE = Outcome(verdict=Verdict.SUCCEEDED, detail="200 OK", status=200)
BUSY = Outcome(verdict=Verdict.RETRY, detail="503 Service Unavailable", status=503)
WRONG = Outcome(verdict=Verdict.BURY, detail="400 Bad Request", status=400)
GONE = Outcome(verdict=Verdict.BURY, detail="410 Gone", status=410, is_refusal=True)
UNSENT = Outcome(verdict=Verdict.BURY, detail="a header cannot be sent")


def learn(*outcomes, breaker=None, at=NOON, jitter=1.0):
    """After these, one at a time, all of them at one moment."""
    breaker = breaker or Breaker()
    for outcome in outcomes:
        breaker = after(breaker, outcome, at, at, jitter)
    return breaker


PROBED = learn(*[BUSY] * FAILURES)


@pytest.mark.parametrize("outcome", [DONE, WRONG, UNSENT])
def test_what_is_well_stays_as_it_is(outcome):
    well = Breaker()

    assert learn(outcome, breaker=well) is well
    assert allowed(well, NOON) is None


def test_some_failures_are_borne():
    breaker = learn(*[BUSY] * (FAILURES - 1))

    assert allowed(breaker, NOON) is None
    assert learn(DONE, breaker=breaker) == Breaker()


def test_after_failures_in_a_row_one_probe_goes_out_a_little_later():
    assert allowed(PROBED, NOON) == 0
    assert allowed(PROBED, NOON + SECOND * 0.999) == 0
    assert allowed(PROBED, NOON + SECOND) == 1
    assert paused(PROBED) is None  # nobody has to know yet


@pytest.mark.parametrize("outcome", [DONE, WRONG])
def test_an_answer_of_any_kind_shows_that_it_lives(outcome):
    assert learn(outcome, breaker=PROBED) == Breaker(width=2)


def test_what_was_never_asked_shows_nothing():
    assert learn(UNSENT, breaker=PROBED) is PROBED


def test_each_probe_that_fails_makes_the_next_one_wait_twice_as_long():
    breaker, now, waits = PROBED, NOON, []
    for _ in range(9):
        now = breaker.closed_until
        breaker = learn(BUSY, breaker=breaker, at=now)
        waits.append((breaker.closed_until - now).total_seconds())

    assert waits == [2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_those_that_were_under_way_say_nothing_new_until_a_probe_is_due():
    later = learn(*[BUSY] * 100, breaker=PROBED)

    assert (later.probes, later.closed_until) == (0, PROBED.closed_until)


def test_it_is_paused_when_it_has_failed_for_a_while():
    short = after(PROBED, BUSY, NOON, NOON + PATIENCE - SECOND / 1000, 1.0)
    long = after(PROBED, BUSY, NOON, NOON + PATIENCE, 1.0)

    assert paused(short) is None
    assert paused(long).since == NOON
    assert paused(long).why == "503 Service Unavailable"


def test_attempts_that_hung_have_failed_since_they_began():
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker = after(breaker, BUSY, NOON - PATIENCE, NOON, 1.0)

    assert paused(breaker).since == NOON - PATIENCE


def test_one_refusal_pauses_it_at_once():
    breaker = learn(GONE)

    assert paused(breaker).why == "410 Gone"
    assert paused(breaker).probe_at == NOON + SECOND


def test_the_first_refusal_is_buried_and_what_is_refused_while_paused_is_not():
    assert spared(Breaker(), GONE) is GONE
    assert spared(learn(GONE), GONE) == replace(GONE, verdict=Verdict.RETRY)
    assert spared(learn(GONE), WRONG) is WRONG


def test_nothing_starts_before_a_retry_after_is_over_and_then_one():
    limited = replace(BUSY, retry_after=77 * SECOND)

    breaker = learn(limited)

    assert allowed(breaker, NOON + 76 * SECOND) == 0
    assert allowed(breaker, NOON + 77 * SECOND) == 1
    assert learn(replace(BUSY, retry_after=SECOND), breaker=breaker).closed_until == (
        NOON + 77 * SECOND
    )


def test_a_probe_obeys_a_retry_after():
    limited = replace(BUSY, retry_after=timedelta(hours=24))

    assert learn(limited, breaker=PROBED).closed_until == NOON + timedelta(hours=24)


def test_each_success_after_a_silence_lets_one_more_start_until_all_may():
    breaker, widths = PROBED, []
    for _ in range(300):
        breaker = learn(DONE, breaker=breaker)
        widths.append(allowed(breaker, NOON))

    assert widths[:4] == [2, 3, 4, 5]
    assert widths[-1] is None


def test_a_pause_that_the_journal_kept_goes_on():
    breaker = learn(GONE, BUSY)

    assert paused(resumed(paused(breaker))) == paused(breaker)
    assert allowed(resumed(paused(breaker)), breaker.closed_until) == 1


def test_a_destination_that_was_changed_is_asked_at_once_by_a_probe():
    assert allowed(asked_at_once(learn(GONE), NOON), NOON) == 1
    assert asked_at_once(learn(replace(BUSY, retry_after=SECOND)), NOON) == Breaker()


def test_a_clock_that_is_set_back_keeps_nothing_closed_the_longer():
    hour = timedelta(hours=1)

    assert allowed(set_back(PROBED, hour), NOON + SECOND - hour) == 1
    assert set_back(Breaker(), hour) == Breaker()


@given(st.lists(st.sampled_from([DONE, BUSY, WRONG, GONE, UNSENT])), st.floats(0, 0.999))
def test_a_probe_is_never_further_away_than_the_longest(outcomes, jitter):
    breaker, now = Breaker(), NOON
    for outcome in outcomes:
        now += 3 * SECOND
        breaker = after(breaker, outcome, now - SECOND, now, jitter)

        assert (breaker.closed_until or now) - now <= LONGEST_PROBE
        assert (paused(breaker) is not None) <= (allowed(breaker, now) is not None)
