"""Clocks on walls, minute by minute, and days on which they are set."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)

CHANGES = [
    ("UTC", date(2030, 3, 31)),
    ("Asia/Kolkata", date(2030, 3, 31)),
    ("Europe/Berlin", date(2030, 3, 31)),
    ("Europe/Berlin", date(2030, 10, 27)),
    ("America/New_York", date(2030, 3, 10)),
    ("America/New_York", date(2030, 11, 3)),
    ("Australia/Lord_Howe", date(2030, 4, 7)),  # by half an hour
    ("Australia/Lord_Howe", date(2030, 10, 6)),
    ("Asia/Beirut", date(2030, 3, 31)),  # a day that begins at 01:00
    ("Asia/Beirut", date(2030, 10, 27)),  # whose last hour before comes twice
    ("America/Sao_Paulo", date(2018, 11, 4)),
    ("America/St_Johns", date(2010, 11, 7)),  # back over midnight, from 00:01 to 23:01
    ("Pacific/Apia", date(2011, 12, 30)),  # a day that there never was
]
"""Zones, and days on which most of them set their clocks."""


def moment_of(day: date, hours: int = 0) -> datetime:
    """So many hours after a day's midnight in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours)


def walls(zone: str, start: datetime, minutes: int) -> list[datetime]:
    """What the clock shows at `start` and at every minute after it."""
    there = ZoneInfo(zone)
    moments = (start + number * MINUTE for number in range(minutes))
    return [moment.astimezone(there).replace(tzinfo=None) for moment in moments]


def shows(zone: str, start: datetime, minutes: int, fits: Callable[[datetime], bool]) -> list[bool]:
    """Whether the clock shows what fits, or leaves it out, at every minute after `start`."""
    shown = walls(zone, start, minutes + 1)
    found = []
    for before, wall in pairwise(shown):
        left_out = max((wall - before) // MINUTE, 1)
        found.append(any(fits(wall - number * MINUTE) for number in range(left_out)))
    return found
