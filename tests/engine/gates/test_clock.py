"""Gates go by the event's own time if it is near its arrival, and per key never backwards."""

from datetime import datetime, timedelta

import pytest

from reactor.engine.gates.clock import event_clock, key_clock
from tests.builders import NOON, an_event


@pytest.mark.parametrize(
    ("own", "clock"),
    [
        (NOON - timedelta(minutes=10), NOON - timedelta(minutes=10)),
        (NOON + timedelta(minutes=10), NOON + timedelta(minutes=10)),
        (NOON - timedelta(minutes=10, microseconds=1), NOON),
        (NOON + timedelta(minutes=10, microseconds=1), NOON),
    ],
)
def test_the_own_time_counts_within_ten_minutes_of_arrival(own: datetime, clock: datetime) -> None:
    assert clock == event_clock(an_event(datetime=own.isoformat()))


def test_a_keys_clock_never_goes_back() -> None:
    at, memory = key_clock(None, NOON)
    earlier, changed = key_clock(memory, NOON - timedelta(seconds=3))

    assert (at, earlier, changed) == (NOON, NOON, None)


def test_a_keys_clock_goes_forward_and_is_remembered() -> None:
    _, memory = key_clock(None, NOON)
    later, changed = key_clock(memory, NOON + timedelta(seconds=3))

    assert later == NOON + timedelta(seconds=3)
    assert key_clock(changed, NOON)[0] == later


def test_a_clock_that_was_set_back_is_followed() -> None:
    """No late event is more than twenty minutes behind its key: the clock of the host was wrong."""
    _, memory = key_clock(None, NOON + timedelta(days=400))

    assert key_clock(memory, NOON)[0] == NOON
