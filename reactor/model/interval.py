"""A time interval as the rule file means it (rules.md §1, `time_intervals`)."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Times that come again, on the clock on the wall of `zone`.

    With `cron`, a crontab line: from each of its moments on for `lasts`. Else on the `days` (0 is
    Monday; None is every day) that are among the `dates` (first and last, both included; None is
    every date), from `begin` to `end`. An `end` that is not after `begin` is on the next day, and
    the day that counts is that of `begin`. The end is outside.
    """

    zone: ZoneInfo
    days: frozenset[int] | None = None
    dates: tuple[tuple[date, date], ...] | None = None
    begin: time = time.min
    end: time = time.min
    cron: str | None = None
    lasts: timedelta = timedelta()
