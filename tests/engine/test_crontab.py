"""When crontab lines come, compared with a clock that is looked at every minute."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.crontab import changed, crontab
from tests.engine.clocks import CHANGES, MINUTE, moment_of, shows

START = datetime(2030, 1, 7, 12, 0, 20, tzinfo=UTC)
DAY = timedelta(days=1)


def moments(line, zone, after, until):
    """All of a line's moments later than `after`, to `until`."""
    found, each = [], crontab(line, ZoneInfo(zone))
    while moment := each.first(after, until):
        found.append(moment)
        after = moment
    return found


@given(
    change=st.sampled_from(CHANGES),
    before=st.integers(0, 50 * 60),
    minute=st.sampled_from([0, 15, 30, 59]),
    hours=st.sets(st.integers(0, 23), min_size=1).map(sorted),
)
def test_a_line_comes_whenever_the_wall_shows_its_time_or_leaves_it_out(
    change, before, minute, hours
):
    zone, day = change
    after = moment_of(day, 12) - before * MINUTE

    found = moments(f"{minute} {','.join(map(str, hours))} * * *", zone, after, after + 2 * DAY)

    expected = shows(
        zone, after, 2 * 24 * 60, lambda wall: wall.minute == minute and wall.hour in hours
    )
    assert found == [after + number * MINUTE for number, fits in enumerate(expected, 1) if fits]


@pytest.mark.parametrize(
    ("line", "day", "times"),
    [
        # On March 31st the clock goes from 2:00 to 3:00, which is 1:00 in UTC.
        ("30 2 * * *", (2030, 3, 31), ["01:00"]),
        ("0,30 1-3 * * *", (2030, 3, 31), ["00:00", "00:30", "01:00", "01:30"]),
        # On October 27th the hour from 2:00 comes twice.
        ("30 2 * * *", (2030, 10, 27), ["00:30", "01:30"]),
        ("0 2,3 * * *", (2030, 10, 27), ["00:00", "01:00", "02:00"]),
    ],
)
def test_a_night_in_which_the_clocks_change_lacks_nothing(line, day, times):
    midnight = datetime(*day, tzinfo=UTC) - MINUTE

    found = moments(line, "Europe/Berlin", midnight, midnight + DAY / 2)

    assert [f"{moment:%H:%M}" for moment in found] == times


def test_a_moment_is_later_than_after_and_not_later_than_until():
    each, noon = crontab("0 12 * * *", ZoneInfo("UTC")), START.replace(second=0)

    assert each.first(noon - MINUTE, noon) == noon
    assert each.first(noon, noon + DAY - MINUTE) is None
    assert each.first(noon, noon + DAY) == noon + DAY


def test_the_moment_of_a_change_comes_once():
    change = datetime(2030, 3, 31, 1, tzinfo=UTC)

    found = moments("*/10 2,3 * * *", "Europe/Berlin", change - DAY / 4, change + 10 * MINUTE)

    assert found == [change, change + 10 * MINUTE]


@pytest.mark.parametrize(
    ("field", "days"),
    [
        ("0", "6"),
        ("7", "6"),
        ("1-5", "01234"),
        ("mon-fri", "01234"),
        ("5-7", "456"),
        ("sun-tue", "016"),
        ("SUN,wed", "26"),
        ("1-5/2", "024"),
        ("*/2", "1356"),
        ("*", "0123456"),
    ],
)
def test_days_of_the_week_are_those_of_crontab(field, days):
    found = moments(f"0 0 * * {field}", "UTC", START, START + 7 * DAY)

    assert "".join(sorted(str(moment.weekday()) for moment in found)) == days


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("* * * *", "expected five fields"),
        ("@daily", "expected five fields"),
        ("0 0 * * mon-fri/2", "expected five fields"),
        ("0 0 * * 8", "8 is no day of the week"),
        ("0 0 * * fri-mon", "the days fri-mon lead nowhere"),
        ("0 0 * * 1-5/0", "the days 1-5/0 lead nowhere"),
        ("0 0 30 2 *", "there is no such day"),
        ("60 0 * * *", "60"),
    ],
)
def test_what_is_no_line_is_refused(line, fault):
    with pytest.raises(ValueError, match=fault):
        crontab(line, ZoneInfo("UTC"))


def test_a_change_of_clocks_is_found_to_the_microsecond():
    berlin, change = ZoneInfo("Europe/Berlin"), datetime(2030, 3, 31, 1, tzinfo=UTC)

    assert changed(berlin, change - 80 * DAY, change + DAY) == change
    assert changed(berlin, change - timedelta(microseconds=1), change) == change
    assert changed(berlin, change, change + 80 * DAY) is None
