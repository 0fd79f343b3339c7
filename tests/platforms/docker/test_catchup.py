import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.platforms.docker.catchup import MOST_SEEN, RING, Mark, Seen, covers, oldest_of
from reactor.platforms.docker.events import parse_event
from tests.fake_engine import TIME, docker_event


def an_event(action="die", time=TIME):
    return parse_event(docker_event(action, time))


def test_an_event_is_new_once():
    seen = Seen()
    told = [an_event(), an_event(), an_event("stop"), an_event(time=TIME + 1), an_event()]

    assert [seen.is_new(event) for event in told] == [True, False, True, True, False]


def test_what_was_seen_is_forgotten_when_it_is_long_ago():
    seen = Seen()
    for number in range(MOST_SEEN + 1):
        seen.is_new(an_event(time=number + 1))

    assert len(seen) == MOST_SEEN
    assert not seen.is_new(an_event(time=2))
    assert seen.is_new(an_event(time=1))


def a_ring(begin, end):
    """As an engine keeps it that has told events at all these moments."""
    return [Mark(time, "c") for time in range(begin, end)][-RING:]


@pytest.mark.parametrize(
    ("ring", "since", "before", "is_covered"),
    [
        (a_ring(1, 9), 5, None, True),  # it has what was before
        (a_ring(5, 9), 5, None, True),  # the same moment
        (a_ring(6, 9), 5, a_ring(3, 5), False),  # it began anew
        (a_ring(6, 9), 5, a_ring(6, 8), True),  # it has had nothing older, and still has that
        (a_ring(6, 9), 5, [], False),
        ([], 5, a_ring(3, 5), False),
        ([], 5, [], False),
        (a_ring(1, RING + 7), 6, a_ring(1, 6), False),  # the 6 oldest are gone
        (a_ring(1, RING + 7), 7, a_ring(1, 6), True),
        (a_ring(7, RING + 7), 6, a_ring(7, 9), True),  # full, and still has that
        (a_ring(8, RING + 8), 6, a_ring(7, 9), False),
    ],
)
def test_a_ring_shows_whether_events_are_missing(ring, since, before, is_covered):
    oldest = oldest_of(before, len(before)) if before is not None else None

    assert covers(ring, since, oldest) is is_covered


def test_of_a_ring_that_was_not_read_as_a_whole_nobody_knows_the_oldest():
    assert oldest_of(a_ring(1, 9), RING) is None


@given(st.integers(0, 3 * RING), st.integers(1, 2 * RING), st.integers(0, 2 * RING))
def test_what_is_said_to_be_covered_is_there(restarted_at, told, missed):
    """An engine told events 1 … `told`, then `missed` more; before `restarted_at` it forgot all."""
    every = range(1, told + missed + 1)
    before = [Mark(n, "c") for n in range(1, told + 1)][-RING:]
    now = [Mark(n, "c") for n in every if n >= restarted_at or restarted_at > told + missed]
    ring = now[-RING:]

    if covers(ring, told, oldest_of(before, len(before))):
        assert {mark.time_nano for mark in ring} >= set(range(told + 1, told + missed + 1))
