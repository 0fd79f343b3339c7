"""Ticks over months of a clock that the test sets: nothing here waits for a real one."""

import json
from datetime import UTC, datetime, timedelta
from threading import Event
from zoneinfo import ZoneInfo

import pytest

from reactor.duration import parse_time
from reactor.model.platform import SHAPED
from reactor.model.problem import Place
from reactor.model.rule import SourceSpec
from reactor.sources.schedule import (
    MOST_MISSED,
    SCHEDULE,
    CatchUp,
    ScheduleSource,
    crontab,
    faults,
    intervals,
)
from tests.fakes import PATIENCE, FullFeed, RecordingFeed, Running

START = datetime(2030, 1, 7, 12, 0, 20, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Clockwork(Event):
    """A clock that moves as far as it is waited for; the stop is set at its `end`. At some waits
    it also jumps."""

    def __init__(self, start, end, jumps=None):
        super().__init__()
        self.moment, self.end, self.jumps = start, end, dict(jumps or {})

    def now(self):
        return self.moment

    def wait(self, timeout=None):
        self.moment += timedelta(seconds=timeout)
        for at in [at for at in self.jumps if at <= self.moment]:
            self.moment += self.jumps.pop(at)
        if self.moment >= self.end:
            self.set()
        return self.is_set()


def run(feed, schedule, start, span, catch_up=CatchUp.LAST, jumps=None):
    """Let the source run from `start` for `span`."""
    clock = Clockwork(start, start + span, jumps)
    source = ScheduleSource(name="tick-tock", schedule=schedule, catch_up=catch_up, now=clock.now)
    source.run(feed, clock)


def told(feed):
    return [json.loads(put.raw) for put in feed.puts]


def times(feed):
    """When the ticks were due, as the clock shows it."""
    return [each["scheduled_at"][11:19] for each in told(feed) if each["type"] == "tick"]


@pytest.fixture
def feed():
    return RecordingFeed()


def test_a_tick_says_when_it_was_due(feed):
    run(feed, intervals(HOUR), START, HOUR)

    [put] = feed.puts
    data = json.loads(put.raw)
    at = "2030-01-07T13:00:00.000000Z"
    assert data.pop("uuid") == put.identity
    assert data == {"type": "tick", "source": "tick-tock", "scheduled_at": at, "datetime": at}
    assert feed.subscribed.is_set()


def test_the_same_tick_is_the_same_event(feed):
    other = RecordingFeed()
    run(feed, intervals(HOUR), START, 2 * HOUR)
    run(other, crontab("0 * * * *", "UTC"), START - HOUR, 3 * HOUR)

    assert [put.identity for put in other.puts][1:] == [put.identity for put in feed.puts]


def test_even_ticks_are_counted_from_1970_and_begin_with_the_next(feed):
    run(feed, intervals(timedelta(minutes=25)), START, HOUR)

    begin = datetime(1970, 1, 1, tzinfo=UTC)
    assert times(feed) == ["12:15:00", "12:40:00"]
    assert all(
        (parse_time(each["scheduled_at"]) - begin) % timedelta(minutes=25) == timedelta()
        for each in told(feed)
    )


def test_even_ticks_do_not_care_for_a_change_of_clocks(feed):
    run(feed, intervals(6 * HOUR), datetime(2030, 3, 30, 23, tzinfo=UTC), 24 * HOUR)

    assert times(feed) == ["00:00:00", "06:00:00", "12:00:00", "18:00:00"]


@pytest.mark.parametrize(
    ("field", "days"),
    [
        ("0", "6"),
        ("7", "6"),
        ("1-5", "01234"),
        ("mon-fri", "01234"),
        ("fri-sun", "456"),
        ("5-7", "456"),
        ("sun-tue", "016"),
        ("SUN,wed", "26"),
        ("1-5/2", "024"),
        ("0-0,sun-sun", "6"),
        ("*/2", "1356"),
        ("*", "0123456"),
    ],
)
def test_days_of_the_week_are_those_of_crontab(field, days):
    schedule = crontab(f"0 0 * * {field}", "UTC")

    ticks = schedule.ticks(schedule.after(START), START + timedelta(days=7))

    assert "".join(sorted({str(tick.weekday()) for tick in ticks})) == days


# What was missed.


def missed(feed, catch_up, hours=0):
    """Ticks of an hour, three of them before a crash, then as many hours without reactor."""
    schedule = intervals(HOUR)
    run(feed, schedule, START, 3 * HOUR, catch_up)
    feed.puts.clear()
    run(feed, schedule, START + hours * HOUR, HOUR, catch_up)
    return times(feed)


@pytest.mark.parametrize(
    ("catch_up", "ticks"),
    [
        (CatchUp.ALL, ["16:00:00", "17:00:00", "18:00:00", "19:00:00"]),
        (CatchUp.LAST, ["18:00:00", "19:00:00"]),
        (CatchUp.NONE, ["19:00:00"]),
    ],
)
def test_ticks_that_were_missed_are_made_up_for_as_configured(feed, catch_up, ticks):
    assert missed(feed, catch_up, hours=6) == ticks


@pytest.mark.parametrize("catch_up", CatchUp)
def test_after_a_restart_in_between_nothing_is_missing_and_nothing_twice(feed, catch_up):
    assert missed(feed, catch_up, hours=3) == ["16:00:00"]


def test_of_very_many_a_gap_tells_how_many_were_left_out(feed):
    missed(feed, CatchUp.ALL, hours=3 + 5000)

    *ticks, gap, live = told(feed)
    assert len(ticks) == MOST_MISSED
    assert gap["reason"] == "4000 ticks were left out: more than 1000 were missed"
    assert gap["left_out"] == 4000
    assert parse_time(gap["from"]) - parse_time(ticks[-1]["scheduled_at"]) == HOUR
    assert parse_time(live["scheduled_at"]) - parse_time(gap["to"]) == HOUR


def test_every_frame_has_one_of_the_shapes_that_are_told(feed):
    missed(feed, CatchUp.ALL, hours=3 + 5000)

    found = {tuple(frame.get(name) for name in SHAPED) for frame in told(feed)}

    shapes = [[shape[name] for name in SHAPED] for shape in SCHEDULE.shapes]
    assert [frame for frame in found if list(zip(frame)) not in shapes] == []
    assert len(found) == len(shapes)


def test_a_crontab_counts_what_it_left_out_one_by_one(feed):
    run(feed, crontab("*/10 8-17 * * mon-fri", "UTC"), START, MINUTE, CatchUp.ALL)
    run(feed, crontab("*/10 8-17 * * mon-fri", "UTC"), START + 28 * 24 * HOUR, MINUTE, CatchUp.ALL)

    [gap] = [each for each in told(feed) if each["type"] == "gap"]
    assert gap["left_out"] == 20 * 60 - MOST_MISSED


def test_after_a_crash_in_the_middle_the_rest_is_made_up_for(feed):
    schedule = intervals(HOUR)
    missed(feed, CatchUp.ALL, hours=6)
    feed.kept["last"] = "2030-01-07T17:00:00.000000Z"  # the others were not committed
    feed.puts.clear()

    run(feed, schedule, START + 7 * HOUR, MINUTE, CatchUp.ALL)

    assert times(feed) == ["18:00:00", "19:00:00"]


def test_another_schedule_has_missed_nothing(feed):
    missed(feed, CatchUp.ALL)
    feed.puts.clear()

    run(feed, crontab("30 * * * *", "UTC"), START + 48 * HOUR, HOUR, CatchUp.ALL)

    assert times(feed) == ["12:30:00"]


# What clocks do.


def test_a_clock_set_back_makes_no_tick_twice(feed):
    back = {START + 3 * HOUR: -2 * HOUR}

    run(feed, intervals(HOUR), START, 5 * HOUR, jumps=back)

    assert times(feed) == ["13:00:00", "14:00:00", "15:00:00", "16:00:00", "17:00:00"]


def test_a_last_tick_far_ahead_is_of_a_clock_that_was_wrong(feed):
    run(feed, intervals(HOUR), START + timedelta(days=3000), HOUR)
    feed.puts.clear()

    run(feed, intervals(HOUR), START, HOUR)

    assert times(feed) == ["13:00:00"]


@pytest.mark.parametrize(
    ("catch_up", "ticks"),
    [
        (CatchUp.ALL, ["13:00:00", "14:00:00", "15:00:00", "16:00:00"]),
        (CatchUp.LAST, ["15:00:00", "16:00:00"]),
        (CatchUp.NONE, ["16:00:00"]),
    ],
)
def test_what_a_machine_slept_through_was_missed(feed, catch_up, ticks):
    slept = {START + MINUTE: 3 * HOUR}

    run(feed, intervals(HOUR), START, 4 * HOUR, catch_up, jumps=slept)

    assert times(feed) == ticks


@pytest.mark.parametrize("catch_up", CatchUp)
def test_a_tick_that_is_a_little_late_was_not_missed(feed, catch_up):
    held_up = {START + MINUTE: timedelta(seconds=50)}

    run(feed, intervals(timedelta(seconds=15)), START, 2 * MINUTE, catch_up, jumps=held_up)

    assert len(feed.puts) == len(set(times(feed))) == 8


# As every source.


def test_while_the_road_is_full_a_tick_waits_and_a_stop_is_noticed():
    feed = FullFeed(room=2)
    source = ScheduleSource(
        name="s", schedule=intervals(timedelta(milliseconds=10)), catch_up=CatchUp.ALL
    )

    with Running(source, feed) as running:
        assert feed.is_waiting.wait(PATIENCE)
        running.stop.set()
        assert running.wait(1.0) is None

    assert feed.taken == 2


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, {"cron": "a schedule needs either 'cron' or 'every'"}),
        (
            {"cron": "* * * * *", "every": HOUR},
            {"cron": "a schedule needs either 'cron' or 'every'"},
        ),
        ({"every": HOUR, "timezone": "UTC"}, {"timezone": "goes with 'cron' alone"}),
        ({"every": HOUR}, {}),
        ({"cron": "0 3 * * *", "timezone": "Europe/Berlin"}, {}),
        ({"cron": "0 0 29 2 mon"}, {}),
        ({"cron": "0 0 last jan-mar *"}, {}),
    ],
)
def test_a_schedule_is_a_crontab_or_a_span(options, told):
    assert faults(options) == told


@pytest.mark.parametrize("zone", ["Europe/Berln", "Europe", "", "../etc/passwd", "/etc/passwd"])
def test_a_zone_that_nobody_knows_is_told(zone):
    [(key, fault)] = faults({"cron": "* * * * *", "timezone": zone}).items()

    assert (key, fault) == ("timezone", "expected the name of a time zone such as Europe/Berlin")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "expected five fields"),
        ("* * * *", "expected five fields"),
        ("0 * * * * *", "expected five fields"),
        ("@daily", "expected five fields"),
        ("0 0 L * *", 'Unrecognized expression "l"'),
        ("5x * * * *", "expected five fields"),
        ("5/15 * * * *", "expected five fields"),
        ("61 * * * *", "higher than the maximum value (59)"),
        ("5-1 * * * *", "must not be higher than the maximum"),
        ("*/0 * * * *", "Increment must be higher than 0"),
        ("0 0 * jan-jun/2 *", "expected five fields"),
        ("0 0 * foo *", 'Invalid month name "foo"'),
        ("0 0 * * 8", "8 is no day of the week"),
        ("0 0 * * sunday", "sunday is no day of the week"),
        ("0 0 * * fri-mon", "the days fri-mon lead nowhere"),
        ("0 0 * * */0", "the days */0 lead nowhere"),
        ("0 0 * * mon-fri/2", "expected five fields"),
        ("0 0 30 2 *", "there is no such day"),
    ],
)
def test_a_line_that_is_no_crontab_is_told(line, words):
    [(key, fault)] = faults({"cron": line}).items()

    assert key == "cron"
    assert words in fault


def test_it_is_opened_by_its_options_and_named_in_words():
    def opened(**options):
        return SCHEDULE.open(
            SourceSpec(name="s", type="schedule", options=options, place=Place("f", 1, 1))
        )

    nightly = opened(cron="30 2 * * *", timezone="Europe/Berlin", catch_up="all")
    assert (nightly.peer, nightly.catch_up) == ("cron 30 2 * * * (Europe/Berlin)", CatchUp.ALL)
    assert nightly.schedule.after(START).astimezone(ZoneInfo("Europe/Berlin")).hour == 2
    assert opened(cron="0 0 * * *").schedule.after(START).hour == 0
    assert opened(every=90 * MINUTE).peer == "every 1h30m"
    assert opened(every=HOUR).catch_up is CatchUp.LAST
