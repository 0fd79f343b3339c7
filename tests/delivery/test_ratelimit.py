"""Rate limits delay, and never let more through than they say."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from reactor.delivery.ratelimit import GRAINS, Window, next_start, room, started
from reactor.model.gates import Rate
from tests.builders import NOON

SECOND = timedelta(seconds=1)
TWO_PER_SECOND = Rate(2, SECOND)


def test_an_empty_window_has_room_for_the_whole_count():
    assert room(Window(), TWO_PER_SECOND, NOON) == 2
    assert next_start(Window(), TWO_PER_SECOND, NOON) == NOON


def test_a_full_window_opens_when_its_oldest_start_is_exactly_one_span_old():
    window = started(Window(), TWO_PER_SECOND, NOON, 1)
    window = started(window, TWO_PER_SECOND, NOON + SECOND / 2, 1)

    assert room(window, TWO_PER_SECOND, NOON + SECOND * 0.9) == 0
    assert next_start(window, TWO_PER_SECOND, NOON + SECOND * 0.9) == NOON + SECOND
    assert room(window, TWO_PER_SECOND, NOON + SECOND) == 1


def test_a_clock_set_back_does_not_keep_a_destination_waiting():
    window = started(Window(), TWO_PER_SECOND, NOON, 2)

    assert next_start(window, TWO_PER_SECOND, NOON - timedelta(hours=1)) < NOON


def test_a_lower_limit_counts_the_starts_made_under_the_higher_one():
    window = started(Window(), Rate(5, SECOND), NOON, 5)

    assert room(window, TWO_PER_SECOND, NOON) == 0
    assert next_start(window, TWO_PER_SECOND, NOON) == NOON + SECOND


def test_many_starts_are_kept_in_little_room_and_none_counts_too_early():
    rate, now, window = Rate(10_000, timedelta(minutes=10)), NOON, Window()
    for _ in range(5000):
        now += SECOND / 10
        window = started(window, rate, now, 2)

    assert len(window.starts) <= 2 * GRAINS
    assert room(window, rate, now) == 0
    assert next_start(window, rate, now) - NOON >= rate.per
    assert next_start(window, rate, now) - NOON <= rate.per * 1.02


@given(
    st.integers(min_value=1, max_value=5),
    st.integers(min_value=1, max_value=1000),
    st.lists(st.integers(min_value=0, max_value=700), max_size=60),
)
def test_no_window_ever_holds_more_starts_than_its_count(count, milliseconds, pauses):
    rate = Rate(count, timedelta(milliseconds=milliseconds))
    now, window, starts = NOON, Window(), []
    for pause in pauses:
        now = next_start(window, rate, now + timedelta(milliseconds=pause))
        window = started(window, rate, now, 1)
        starts.append(now)

    assert all(sum(end - rate.per < start <= end for start in starts) <= count for end in starts)
