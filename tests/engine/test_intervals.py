"""Time intervals, compared with a clock that is looked at every minute; and the nights in which
clocks are set."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.engine.intervals import LOOK_AHEAD, contains, is_open, next_change, opens
from reactor.model.gates import Hours
from reactor.model.interval import Interval
from tests.engine.clocks import CHANGES, MINUTE, moment_of, shows, walls

DAY, HOUR, MICROSECOND = timedelta(days=1), timedelta(hours=1), timedelta(microseconds=1)
MONDAY = datetime(2030, 1, 7, tzinfo=UTC)
SATURDAY = MONDAY + 5 * DAY


def an_interval(zone="UTC", **fields):
    return Interval(zone=ZoneInfo(zone), **fields)


def at(text):
    """`sat 02:00` of the first week."""
    day, clock = text.split()
    number = ("mon", "tue", "wed", "thu", "fri", "sat", "sun").index(day)
    return MONDAY + number * DAY + timedelta(hours=int(clock[:2]), minutes=int(clock[3:]))


# Against the clock.

BEFORE, AFTER, LOOKED = 3, 2, 5
"""Days that are looked at, before and after the days that count."""

clock_times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 59]))
week_days = st.none() | st.frozensets(st.integers(0, 6), min_size=1)


def inside(interval, shown):
    """For every minute whether it is inside, by the clock's showing a time of a day that counts for
    the first and for the last time."""
    found = [False] * len(shown)
    longer = DAY if interval.end <= interval.begin else timedelta()
    for number in range((shown[-1] - shown[0]).days + 2):
        day = shown[0].date() + number * DAY
        if counts(interval, day):
            begin, end = (datetime.combine(day, each) for each in (interval.begin, interval.end))
            first = next((n for n, wall in enumerate(shown) if wall >= begin), len(shown))
            last = max((n for n, wall in enumerate(shown) if wall < end + longer), default=-1)
            found[first : last + 1] = [True] * max(last + 1 - first, 0)
    return found


def counts(interval, day):
    dates = interval.dates or [(date.min, date.max)]
    return day.weekday() in (interval.days or range(7)) and any(a <= day <= b for a, b in dates)


def agree(interval, start, expected):
    """`contains` says what is expected of each minute, `next_change` when that changes next."""
    moments = [start + number * MINUTE for number in range(len(expected))]
    assert [contains(interval, moment) for moment in moments] == expected
    until = moments[-1]
    edges = [moments[n] for n in range(1, len(moments)) if expected[n] != expected[n - 1]]
    for edge, before in zip(edges, [start, *edges], strict=False):
        assert next_change(interval, before) == edge
        assert next_change(interval, edge - MICROSECOND) == edge
        assert contains(interval, edge - MICROSECOND) != contains(interval, edge)
    following = next_change(interval, edges[-1] if edges else start)
    assert following is None or following > until


@settings(max_examples=60)
@given(
    change=st.sampled_from(CHANGES),
    hours=st.integers(-LOOKED * 24, 0),
    begin=clock_times,
    end=clock_times,
    days=week_days,
    dated=st.none() | st.tuples(st.integers(-4, 4), st.integers(0, 3)),
)
def test_an_interval_is_what_a_clock_shows_from_its_begin_to_its_end(
    change, hours, begin, end, days, dated
):
    zone, day = change
    dates = dated and ((day + dated[0] * DAY, day + sum(dated) * DAY),)
    interval = an_interval(zone, days=days, dates=dates, begin=begin, end=end)
    start = moment_of(day, hours)
    shown = walls(zone, start - BEFORE * DAY, (BEFORE + LOOKED + AFTER) * 24 * 60)

    expected = inside(interval, shown)

    agree(interval, start, expected[BEFORE * 24 * 60 : (BEFORE + LOOKED) * 24 * 60])


@settings(max_examples=40)
@given(
    change=st.sampled_from(CHANGES),
    hours=st.integers(-48, 0),
    fields=st.tuples(st.sampled_from([0, 30, 45]), st.integers(0, 23)),
    lasts=st.integers(1, 30 * 60),
)
def test_one_by_cron_is_inside_for_as_long_as_it_lasts(change, hours, fields, lasts):
    zone, day = change
    minute, hours_of_day = fields[0], (fields[1], (fields[1] + 5) % 24)
    line = f"{minute} {hours_of_day[0]},{hours_of_day[1]} * * *"
    interval = an_interval(zone, cron=line, lasts=lasts * MINUTE)
    start = moment_of(day, hours)

    begins = shows(
        zone,
        start - 2 * DAY - MINUTE,
        4 * 24 * 60,
        lambda wall: wall.minute == minute and wall.hour in hours_of_day,
    )

    expected = [any(begins[max(n - lasts + 1, 0) : n + 1]) for n in range(len(begins))]
    agree(interval, start, expected[2 * 24 * 60 :])


# Nights in which the clocks are set. Times are UTC.


@pytest.mark.parametrize(
    ("zone", "day", "hours", "span"),
    [
        ("Europe/Berlin", (2030, 3, 30), "02:00-04:00", "30 01:00 - 30 03:00"),
        # From 02:00 the clock goes to 03:00.
        ("Europe/Berlin", (2030, 3, 31), "02:00-04:00", "31 01:00 - 31 02:00"),
        ("Europe/Berlin", (2030, 3, 31), "01:00-02:30", "31 00:00 - 31 01:00"),
        ("Europe/Berlin", (2030, 3, 31), "02:15-02:45", None),
        ("Europe/Berlin", (2030, 3, 30), "22:00-02:30", "30 21:00 - 31 01:00"),
        # From 03:00 it goes back to 02:00.
        ("Europe/Berlin", (2030, 10, 27), "02:00-04:00", "27 00:00 - 27 03:00"),
        ("Europe/Berlin", (2030, 10, 27), "02:15-02:45", "27 00:15 - 27 01:45"),
        ("Europe/Berlin", (2030, 10, 27), "00:00-02:00", "26 22:00 - 27 00:00"),
        ("Europe/Berlin", (2030, 10, 27), "03:00-04:00", "27 02:00 - 27 03:00"),
        ("Europe/Berlin", (2030, 10, 26), "22:00-02:30", "26 20:00 - 27 01:30"),
        ("Europe/Berlin", (2030, 10, 27), "00:00-00:00", "26 22:00 - 27 23:00"),  # 25 hours
        ("America/New_York", (2030, 3, 10), "02:00-04:00", "10 07:00 - 10 08:00"),
        ("America/New_York", (2030, 11, 3), "01:30-03:00", "03 05:30 - 03 08:00"),
        ("Asia/Kolkata", (2030, 3, 31), "02:00-04:00", "30 20:30 - 30 22:30"),
        # By half an hour, from 02:00 to 02:30 and back to 01:30.
        ("Australia/Lord_Howe", (2030, 10, 6), "02:00-04:00", "05 15:30 - 05 17:00"),
        ("Australia/Lord_Howe", (2030, 4, 7), "01:00-02:00", "06 14:00 - 06 15:30"),
        # From 24:00 to 01:00, and back to 23:00.
        ("Asia/Beirut", (2030, 3, 31), "00:00-00:00", "30 22:00 - 31 21:00"),
        ("Asia/Beirut", (2030, 3, 30), "00:00-00:00", "29 22:00 - 30 22:00"),
        ("Asia/Beirut", (2030, 10, 26), "00:00-00:00", "25 21:00 - 26 22:00"),
        ("America/Sao_Paulo", (2018, 11, 4), "00:00-00:00", "04 03:00 - 05 02:00"),
        # From 00:01 back to 23:01, so that two days lie one over the other.
        ("America/St_Johns", (2010, 11, 6), "00:00-00:00", "06 02:30 - 07 03:30"),
        ("America/St_Johns", (2010, 11, 7), "00:00-00:00", "07 02:30 - 08 03:30"),
        # There was no December 30th.
        ("Pacific/Apia", (2011, 12, 30), "00:00-00:00", None),
        ("Pacific/Apia", (2011, 12, 29), "22:00-02:00", "30 08:00 - 30 10:00"),
    ],
)
def test_clocks_are_set_within_an_interval(zone, day, hours, span):
    begin, end = map(time.fromisoformat, hours.split("-"))
    only = date(*day)
    interval = an_interval(zone, dates=((only, only),), begin=begin, end=end)

    first = next_change(interval, moment_of(only) - 2 * DAY)
    last = next_change(interval, first) if first else None

    assert (f"{first:%d %H:%M} - {last:%d %H:%M}" if first else None) == span


@pytest.mark.parametrize(
    ("day", "span"),
    [
        ((2030, 3, 30), "30 01:30 - 30 03:30"),
        ((2030, 3, 31), "31 01:00 - 31 03:00"),  # two hours all the same
        ((2030, 10, 27), "27 00:30 - 27 03:30"),  # 02:30 comes twice
    ],
)
def test_clocks_are_set_within_an_interval_by_cron(day, span):
    interval = an_interval("Europe/Berlin", cron="30 2 * * *", lasts=2 * HOUR)

    first = next_change(interval, moment_of(date(*day)) - HOUR)
    last = next_change(interval, first)

    assert f"{first:%d %H:%M} - {last:%d %H:%M}" == span


# Days and dates.


@pytest.mark.parametrize(
    ("fields", "yes", "no"),
    [
        ({}, "mon 00:00, sat 23:59", ""),
        ({"days": {5}}, "sat 00:00, sat 23:59", "fri 23:59, sun 00:00"),
        ({"begin": time(2), "end": time(4)}, "mon 02:00, sun 03:59", "mon 01:59, mon 04:00"),
        ({"begin": time(20)}, "mon 20:00, sun 23:59", "mon 19:59, tue 00:00"),
        ({"end": time(4)}, "mon 00:00, sun 03:59", "mon 04:00"),
        # The day that counts is that of the begin.
        (
            {"days": {5}, "begin": time(22), "end": time(2)},
            "sat 22:00, sat 23:59, sun 00:00, sun 01:59",
            "sat 01:00, sat 21:59, sun 02:00, sun 22:00",
        ),
        (
            {"days": {5}, "begin": time(6), "end": time(6)},
            "sat 06:00, sun 05:59",
            "sat 05:59, sun 06:00",
        ),
        (
            {"dates": ((date(2030, 1, 8), date(2030, 1, 9)), (date(2030, 1, 12),) * 2)},
            "tue 00:00, wed 23:59, sat 12:00",
            "mon 23:59, thu 00:00, sun 00:00",
        ),
        (
            {"dates": ((date(2030, 1, 1), date(2030, 12, 31)),), "days": {0, 2}},
            "mon 12:00, wed 12:00",
            "tue 12:00, thu 12:00",
        ),
    ],
)
def test_what_is_in_an_interval(fields, yes, no):
    days = fields.get("days")
    interval = an_interval(**{**fields, "days": days and frozenset(days)})

    assert [text for text in yes.split(", ") if not contains(interval, at(text))] == []
    assert [text for text in no.split(", ") if text and contains(interval, at(text))] == []


def test_the_end_is_outside_by_a_microsecond():
    interval = an_interval(begin=time(2), end=time(4, 0, 30))
    begin, end = MONDAY + 2 * HOUR, MONDAY + 4 * HOUR + timedelta(seconds=30)

    assert not contains(interval, begin - MICROSECOND)
    assert contains(interval, begin)
    assert contains(interval, end - MICROSECOND)
    assert not contains(interval, end)


# What never changes.

LONG_AGO = an_interval(dates=((date(2020, 1, 1), date(2020, 12, 31)),))
ALWAYS = an_interval()
NEVER = an_interval(days=frozenset({0}), dates=((date(2030, 1, 8),) * 2,))


@pytest.mark.parametrize("interval", [LONG_AGO, ALWAYS, NEVER])
def test_what_does_not_change_again_has_no_next_change(interval):
    assert next_change(interval, MONDAY) is None


def test_a_change_is_looked_for_as_long_as_a_year_has_days():
    christmas = an_interval(dates=((date(2031, 1, 6), date(2031, 1, 6)),))
    leap_day = an_interval(cron="0 0 29 2 *", lasts=DAY)

    assert next_change(christmas, MONDAY) == MONDAY + 364 * DAY
    assert next_change(christmas, MONDAY + 364 * DAY - LOOK_AHEAD) is None
    assert next_change(leap_day, MONDAY) is None


# `during` and `not_during`.

NIGHT = an_interval(begin=time(22), end=time(6))
WEEKEND = an_interval(days=frozenset({5, 6}))
OFFICE = an_interval(days=frozenset(range(5)), begin=time(9), end=time(17))


def during(*intervals):
    return Hours({str(number): each for number, each in enumerate(intervals)}, inside=True)


def not_during(*intervals):
    return Hours({str(number): each for number, each in enumerate(intervals)}, inside=False)


@pytest.mark.parametrize(
    ("hours", "yes", "no"),
    [
        (during(NIGHT, WEEKEND), ["mon 23:00", "sat 12:00", "sat 23:00"], ["mon 12:00"]),
        (not_during(NIGHT, WEEKEND), ["mon 12:00"], ["mon 23:00", "sat 12:00", "sat 23:00"]),
    ],
)
def test_hours_are_open_inside_any_interval_or_in_none(hours, yes, no):
    assert [is_open(hours, at(text)) for text in yes] == [True] * len(yes)
    assert [is_open(hours, at(text)) for text in no] == [False] * len(no)


@pytest.mark.parametrize(
    ("hours", "asked", "opening"),
    [
        ([], "mon 12:00", "mon 12:00"),
        ([during(OFFICE)], "mon 12:00", "mon 12:00"),
        ([during(OFFICE)], "mon 17:00", "tue 09:00"),
        ([during(OFFICE)], "fri 17:00", "mon 09:00"),
        ([during(OFFICE, NIGHT)], "mon 17:00", "mon 22:00"),
        ([not_during(NIGHT)], "mon 22:00", "tue 06:00"),
        ([not_during(NIGHT, WEEKEND)], "fri 23:00", "mon 06:00"),
        ([not_during(NIGHT), during(OFFICE)], "sat 12:00", "mon 09:00"),
        ([not_during(OFFICE), not_during(NIGHT)], "mon 12:00", "mon 17:00"),
        ([not_during(OFFICE), during(WEEKEND)], "mon 12:00", "sat 00:00"),
        ([during(OFFICE), during(WEEKEND)], "mon 12:00", None),
        ([during(LONG_AGO)], "mon 12:00", None),
        ([not_during(ALWAYS)], "mon 12:00", None),
        ([during(LONG_AGO, OFFICE)], "mon 17:00", "tue 09:00"),
    ],
)
def test_hours_open_at_the_first_moment_at_which_all_are_open(hours, asked, opening):
    moment = at(asked)

    expected = None if opening is None else at(opening)
    if expected and expected < moment:
        expected += 7 * DAY
    assert opens(hours, moment) == expected


def test_hours_that_keep_closing_each_other_never_open():
    ten = an_interval(cron="*/10 * * * *", lasts=MINUTE)
    longer = an_interval(cron="*/10 * * * *", lasts=5 * MINUTE)

    assert opens([during(ten), not_during(longer)], MONDAY) is None
