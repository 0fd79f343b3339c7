"""Durations and moments as people write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.duration import (
    format_duration,
    format_time,
    from_micros,
    parse_duration,
    parse_time,
    to_micros,
)

DAY = 86_400_000_000  # microseconds
NOON = datetime(2030, 1, 7, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("500ms", timedelta(milliseconds=500)),
        ("90s", timedelta(seconds=90)),
        ("5m", timedelta(minutes=5)),
        ("2h", timedelta(hours=2)),
        ("1d", timedelta(days=1)),
        ("1h30m", timedelta(minutes=90)),
        ("1d2h3m4s5ms", timedelta(days=1, hours=2, minutes=3, seconds=4, milliseconds=5)),
        ("5m10ms", timedelta(minutes=5, milliseconds=10)),
        ("007s", timedelta(seconds=7)),
        ("3650d", timedelta(days=3650)),
    ],
)
def test_a_duration_is_read(text, span):
    assert parse_duration(text) == span


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0s",  # a window of nothing
        "5",  # no unit
        "5 m",
        "5M",
        "-5m",
        "1.5h",
        "m",
        "30m1h",  # units go down
        "1m1m",
        "3651d",  # over ten years
        "99999999999999h",
        "9" * 50 + "s",
        "٣s",  # only ASCII digits
        "5m\n",
        "five minutes",
    ],
)
def test_what_is_no_duration_is_none(text):
    assert parse_duration(text) is None


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=90), "1m30s"),
        (timedelta(hours=24), "1d"),
        (timedelta(milliseconds=1500), "1s500ms"),
        (timedelta(), "0s"),
    ],
)
def test_a_duration_is_written_short(span, text):
    assert format_duration(span) == text


@given(st.integers(min_value=1, max_value=3650 * 86_400_000))
def test_what_is_written_is_read_back(milliseconds):
    span = timedelta(milliseconds=milliseconds)

    assert parse_duration(format_duration(span)) == span


@given(st.text(max_size=60))
def test_reading_a_duration_never_raises(text):
    parse_duration(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2030-01-07T12:00:00Z", NOON),
        ("2030-01-07T12:00:00", NOON),  # without an offset: UTC
        ("2030-01-07T14:00:00+02:00", NOON),
        ("2030-01-07T12:00:00.250000Z", NOON + timedelta(milliseconds=250)),
        ("0001-01-01T00:00:00+02:00", None),  # before the first year
        ("noon", None),
        ("", None),
    ],
)
def test_a_moment_is_read_as_utc(text, moment):
    assert parse_time(text) == moment


def test_a_moment_is_written_in_utc_with_microseconds():
    berlin = timezone(timedelta(hours=1))

    assert format_time(datetime(2030, 1, 7, 13, 0, tzinfo=berlin)) == "2030-01-07T12:00:00.000000Z"


# The first and the last day are left out: another offset would leave the calendar.
MOMENTS = st.integers(min_value=-(719_161 * DAY), max_value=2_932_894 * DAY).map(from_micros)


@given(MOMENTS)
def test_moments_survive_their_text(moment):
    assert parse_time(format_time(moment)) == moment


@given(MOMENTS)
def test_moments_survive_the_journal(moment):
    assert from_micros(to_micros(moment)) == moment


def test_the_journal_counts_microseconds_since_1970():
    assert to_micros(datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC)) == 1_000_005
