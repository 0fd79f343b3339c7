"""When ticks are due, compared with slow and simple ways to find that out."""

from datetime import UTC, datetime, timedelta
from threading import Event
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.duration import format_time
from reactor.sources.schedule import crontab, intervals
from reactor.sources.ticks import NEVER, Schedule

START = datetime(2030, 1, 7, 12, 0, 20, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

CHANGES = [
    ("UTC", (2030, 3, 31)),
    ("Europe/Berlin", (2030, 3, 31)),
    ("Europe/Berlin", (2030, 10, 27)),
    ("America/New_York", (2030, 3, 10)),
    ("America/New_York", (2030, 11, 3)),
    ("Australia/Lord_Howe", (2030, 4, 6)),  # by half an hour
    ("Australia/Lord_Howe", (2030, 10, 5)),
    ("America/Santiago", (2030, 9, 8)),  # at midnight
    ("Pacific/Apia", (2011, 12, 30)),  # a whole day was left out
]
"""Zones and days on which their clocks change."""


@given(st.integers(0, 4 * 10**15), st.integers(1, 10**10))
def test_even_ticks_are_exact(micros, millis):
    moment, every = EPOCH + timedelta(microseconds=micros), timedelta(milliseconds=millis)

    assert intervals(every).after(moment) == EPOCH + ((moment - EPOCH) // every + 1) * every


def shown(zone, moment, hours, minute):
    """The next two days, minute by minute, as far as the clock on the wall shows such a time."""
    minutes = (moment + number * MINUTE for number in range(1, 2 * 24 * 60))
    return [
        each
        for each in minutes
        for wall in [each.astimezone(ZoneInfo(zone))]
        if wall.hour in hours and wall.minute == minute
    ]


@given(
    change=st.sampled_from(CHANGES),
    before=st.integers(0, 50 * 60),
    minute=st.sampled_from([0, 15, 30, 59]),
    hours=st.sets(st.integers(0, 23), min_size=1).map(sorted),
)
def test_a_crontab_ticks_whenever_the_wall_shows_its_time(change, before, minute, hours):
    zone, day = change
    moment = datetime(*day, 12, tzinfo=UTC) - before * MINUTE
    schedule = crontab(f"{minute} {','.join(map(str, hours))} * * *", zone)

    ticks = schedule.ticks(schedule.after(moment), moment + timedelta(days=2) - MINUTE)

    assert list(ticks) == shown(zone, moment, hours, minute)


@pytest.mark.parametrize(
    ("line", "ticks"),
    [
        # On March 31st the clock goes from 2:00 to 3:00, so there is no 2:30.
        ("30 2 30,31 3 *", ["01:30"]),
        ("0 1-3 31 3 *", ["00:00", "01:00"]),
        ("0 0 30,31 3 *", ["23:00", "23:00"]),
        ("0 0 1 4 *", ["22:00"]),
        # On October 27th the hour from 2:00 comes twice.
        ("30 2 27 10 *", ["00:30", "01:30"]),
        ("0 1-3 27 10 *", ["23:00", "00:00", "01:00", "02:00"]),
    ],
)
def test_a_crontab_follows_the_clock_on_the_wall(line, ticks):
    schedule = crontab(line, "Europe/Berlin")

    found = schedule.ticks(schedule.after(START), START + timedelta(days=365))

    assert [format_time(tick)[11:16] for tick in found] == ticks


@pytest.mark.parametrize("before", [timedelta(days=400), timedelta(days=3000)])
def test_a_change_of_clocks_far_ahead_is_no_obstacle(before):
    schedule = crontab("30 2 27 10 *", "Europe/Berlin")
    first = datetime(2030, 10, 27, 0, 30, tzinfo=UTC)

    assert list(schedule.ticks(schedule.after(first - HOUR), first + HOUR)) == [first, first + HOUR]
    assert schedule.after(first - before) < first


def test_after_the_last_there_is_never_another():
    class Over:
        def get_next_fire_time(self, previous, now):
            return None

    assert Schedule("", Over()).after(START) == NEVER


@given(
    st.integers(0, 10**7),
    st.sampled_from(["* * * * *", "0 3 * * 1", "* * * 1 *", "0 0 29 2 *", "*/5 9 13 * *"]),
)
def test_the_last_tick_is_found_without_going_through_all(minutes, line):
    schedule, first = crontab(line, "UTC"), START - timedelta(days=400)
    first = schedule.after(first)
    until = first + minutes * MINUTE

    last = schedule.last(first, until)

    assert last <= until < schedule.after(last)


@given(st.integers(0, 3000), st.sampled_from(["* * * * *", "0 3 * * 1"]))
def test_ticks_are_counted(minutes, line):
    schedule, until = crontab(line, "UTC"), START + minutes * MINUTE
    first = schedule.after(START)

    assert schedule.count(first, until, Event()) == len(list(schedule.ticks(first, until)))


def test_even_ticks_are_counted_at_once_and_others_until_a_stop():
    stop, first = Event(), datetime(2030, 1, 1, tzinfo=UTC)
    stop.set()

    even = intervals(timedelta(milliseconds=1)).count(first, first + timedelta(days=1000), stop)
    assert even == 86_400_000_000 + 1
    assert crontab("* * * * *", "UTC").count(first, first + timedelta(days=1000), stop) == 0
