"""The times of a crontab line, by the clock on the wall of a zone.

APScheduler's CronTrigger finds them on a clock that runs as UTC does; what a zone does to its
clocks is settled here (docs/decisions/0022-intervals-by-crontrigger.md).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND, _DAY = timedelta(microseconds=1), timedelta(days=1)

# As crontab(5) has it, and no step behind names: the library takes one, and forgets it.
_PART = r"(?:\*|\d+-\d+)(?:/\d+)?|\d+|[a-z]+(?:-[a-z]+)?"
_FIELD = re.compile(rf"(?:{_PART})(?:,(?:{_PART}))*", re.ASCII)
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_SUNDAY_AGAIN = 7  # a week of crontab ends as it begins


class Trigger(Protocol):
    """What we use of APScheduler's triggers."""

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """The first time that is not before `now`, or None if there is none."""


@dataclass(frozen=True, slots=True)
class Crontab:
    """A line that was read. `trigger` takes the clock on the wall of `zone` for UTC."""

    trigger: Trigger
    zone: ZoneInfo

    def first(self, after: datetime, until: datetime) -> datetime | None:
        """The first of its moments later than `after`, and to `until`, in UTC.

        What the clock shows twice comes twice. What it leaves out as it goes forward comes at the
        moment at which it does. Between two changes it runs as UTC does.
        """
        offset = _offset(self.zone, after)
        shown = self.trigger.get_next_fire_time(None, after + offset + _MICROSECOND)
        while shown is not None:
            moment = shown - offset
            change = changed(self.zone, after, min(moment, until))
            if change is None:
                return moment if moment <= until else None
            offset = _offset(self.zone, change)
            if shown < change + offset:
                return change
            after, shown = change, self.trigger.get_next_fire_time(None, change + offset)
        return None


def changed(zone: ZoneInfo, since: datetime, until: datetime) -> datetime | None:
    """The first moment after `since`, and to `until`, at which the clocks of `zone` are off UTC by
    something else than at `since`. No zone changes that twice in a day."""
    offset, moment = _offset(zone, since), since
    while _offset(zone, moment) == offset:
        if moment >= until:
            return None
        since, moment = moment, min(moment + _DAY, until)
    while moment - since > _MICROSECOND:
        middle = since + (moment - since) / 2
        since, moment = (middle, moment) if _offset(zone, middle) == offset else (since, middle)
    return moment


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


@lru_cache(maxsize=256)  # reading a line takes longer than asking it, and a file has few of them
def crontab(line: str, zone: ZoneInfo) -> Crontab:
    """What `trigger_of` reads, and raises, by the clock of this zone."""
    return Crontab(trigger_of(line), zone)


def trigger_of(line: str) -> Trigger:
    """Five fields as in crontab(5): minute, hour, day of the month, month, day of the week.

    Raises ValueError for what is none, and for one that no day fits.
    """
    from apscheduler.triggers.cron import CronTrigger

    fields = line.lower().split()
    if len(fields) != 5 or not all(map(_FIELD.fullmatch, fields)):
        raise ValueError("expected five fields such as 30 2 * * mon-fri")
    *others, weekdays = fields
    days = ",".join(_weekdays(weekdays))
    trigger: Trigger = CronTrigger.from_crontab(" ".join([*others, days]), UTC)
    if trigger.get_next_fire_time(None, _EPOCH) is None:
        raise ValueError("there is no such day")
    return trigger


def _weekdays(field: str) -> Iterator[str]:
    """A field of days as APScheduler takes it. There 0 is Monday; to crontab(5) it is Sunday, and
    so is 7."""
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, is_span, last = span.partition("-")
        if first == "*":
            first, last, is_span = "0", "6", "-"
        begin, end = _weekday(first), _weekday(last if is_span else first)
        if end == 0 < begin:
            end = _SUNDAY_AGAIN
        if end < begin or (step and not int(step)):
            raise ValueError(f"the days {part} lead nowhere")
        yield from (_DAYS[day % 7] for day in range(begin, end + 1, int(step or 1)))


def _weekday(text: str) -> int:
    number = int(text) if text.isdigit() else _DAYS.index(text) if text in _DAYS else -1
    if number not in range(_SUNDAY_AGAIN + 1):
        raise ValueError(f"{text} is no day of the week; expected 0 to 7, or sun to sat")
    return number
