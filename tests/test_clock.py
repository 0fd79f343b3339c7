"""The clock says the time, in UTC."""

from datetime import UTC, timedelta

from reactor.clock import monotonic, utc_now


def test_the_wall_clock_is_in_utc_and_goes_on():
    earlier = utc_now()

    assert earlier.tzinfo is UTC
    assert utc_now() >= earlier


def test_the_monotonic_clock_never_goes_back():
    readings = [monotonic() for _ in range(100)]

    assert readings == sorted(readings)
    assert timedelta(seconds=readings[-1] - readings[0]) < timedelta(minutes=1)
