"""`time_intervals`, and what `during` and `not_during` make of them (rules.md §1, §3)."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from reactor.config.node import Entry, Node, Problems, Scalar, Table, did_you_mean, kind_of, plain
from reactor.config.values import (
    as_choice,
    as_duration,
    as_text,
    as_texts,
    check_keys,
    is_name,
    refuse,
    shown,
    value_of,
)
from reactor.engine.crontab import Crontab, crontab
from reactor.engine.intervals import LOOK_AHEAD
from reactor.model.gates import Hours, Otherwise
from reactor.model.interval import Interval

KEYS = ("days", "dates", "from", "to", "timezone", "cron", "for")
"""Every key of a time interval. `cron` and `for` are the other way to write one: it begins at the
times of a crontab line, and is over after so long."""

_BY_DAY = ("days", "dates", "from", "to")
_EXPECTED_DATE = "a date such as 2026-12-24, or the first and last of many, 2026-12-24/2027-01-02"
_EXAMPLE = '{days: [sat], from: "02:00", to: "04:00"}'

_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBERS = {name: day for day, full in enumerate(_WEEK) for name in (full, full[:3])}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?")
_MIDNIGHT = ("24:00", "24:00:00")  # the next one: where a day ends

_SOME_DAY = datetime(2030, 1, 1, tzinfo=UTC)
_FAR = timedelta(days=40 * 366)  # every date has been on every day of the week by then
_MANY = 1_500  # minutes, a day and some


def parse_intervals(node: Node | None, problems: Problems) -> Mapping[str, Interval]:
    """Each interval by its name; `timezone` is UTC if it is left out. What is wrong with one is
    noted and left out of it, so that rules which name it are not blamed."""
    if node is None:
        return {}
    if not isinstance(node, Table):
        refuse(problems, "time_intervals", node, f"a mapping of names to such as {_EXAMPLE}")
        return {}
    return {name: _interval(name, entry, problems) for name, entry in node.entries.items()}


def _interval(name: str, entry: Entry, problems: Problems) -> Interval:
    table = entry.value
    if not is_name(name):
        message = "expected a name: a line of 1 to 200 printable characters"
        problems.note(entry.key_place, message)
    if not isinstance(table, Table):
        message = f"the time interval '{name}' is {kind_of(table)}, expected {_EXAMPLE}"
        problems.note(table.place, message)
        return Interval(zone=ZoneInfo("UTC"))
    check_keys(table, KEYS, problems)
    zone = _zone(value_of(table, "timezone"), problems)
    if "cron" in table.entries:
        return _by_cron(table, zone, problems)
    return _by_day(table, zone, problems)


def _zone(node: Node | None, problems: Problems) -> ZoneInfo:
    name = as_text("timezone", node, problems) if node else None
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):  # unknown, impossible, or the name of a folder
        if node and name:
            message = f"'timezone' is {shown(node)}, expected a name such as Europe/Berlin"
            problems.note(node.place, message, did_you_mean(name, available_timezones()))
        return ZoneInfo("UTC")


def _by_day(table: Table, zone: ZoneInfo, problems: Problems) -> Interval:
    days, dates, begin, end = (value_of(table, key) for key in _BY_DAY)
    if "for" in table.entries:
        problems.note(
            table.entries["for"].key_place, "'for' goes with 'cron'; here 'to' is the end"
        )
    elif table.entries.keys() <= {"timezone"}:
        message = "a time interval needs 'days', 'dates', 'from' or 'to', or 'cron' and 'for'"
        problems.note(table.place, message)
    found = Interval(
        zone=zone,
        days=_days(days, problems) if days else None,
        dates=_dates(dates, problems) if dates else None,
        begin=_time("from", begin, problems) if begin else time.min,
        end=_time("to", end, problems) if end else time.min,
    )
    if dates and _never_is(found):
        message = "none of 'dates' is on one of 'days': the interval never is"
        problems.warn(dates.place, message)
    return found


def _days(node: Node, problems: Problems) -> frozenset[int]:
    found = set[int]()
    for text, each in as_texts("days", node, problems):
        days = _week_days(text.lower())
        if not days:
            message = f"'days' is {shown(each)}, expected mon to sun, or a span such as mon-fri"
            problems.note(each.place, message, did_you_mean(text.lower(), _NUMBERS))
        found.update(days)
    return frozenset(found)


def _week_days(text: str) -> Sequence[int]:
    """`sat`, `saturday` or `fri-mon`; nothing if it is none of these."""
    first, dash, last = text.partition("-")
    begin, end = _NUMBERS.get(first), _NUMBERS.get(last if dash else first)
    if begin is None or end is None:
        return ()
    return [(begin + number) % 7 for number in range((end - begin) % 7 + 1)]


def _dates(node: Node, problems: Problems) -> tuple[tuple[date, date], ...]:
    texts = as_texts("dates", node, problems)
    found = [(_date_span(text), each) for text, each in texts]
    for span, each in found:
        if span is None:
            refuse(problems, "dates", each, _EXPECTED_DATE)
    return tuple(span for span, _ in found if span)


def _date_span(text: str) -> tuple[date, date] | None:
    first, slash, last = text.partition("/")
    begin, end = _date(first), _date(last if slash else first)
    return (begin, end) if begin and end and begin <= end else None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:  # there is no such day
        return None


def _time(key: str, node: Node, problems: Problems) -> time:
    text = node.value if isinstance(node, Scalar) else None
    if key == "to" and text in _MIDNIGHT:
        return time.min
    if isinstance(text, str) and _TIME.fullmatch(text):
        return time.fromisoformat(text)
    if not (isinstance(node, Scalar) and node.unresolved):
        latest = "24:00" if key == "to" else "23:59"
        refuse(problems, key, node, f"a time of the day, from 00:00 to {latest}")
    return time.min


def _never_is(interval: Interval) -> bool:
    """Whether its dates have none of its days."""
    week = {
        (first + timedelta(number)).weekday()
        for first, last in interval.dates or ()
        for number in range(min((last - first).days + 1, 7))
    }
    days = interval.days or frozenset()
    return bool(week and days) and week.isdisjoint(days)


def _by_cron(table: Table, zone: ZoneInfo, problems: Problems) -> Interval:
    for key in _BY_DAY:
        if key in table.entries:
            problems.note(table.entries[key].key_place, f"'{key}' does not go with 'cron'")
    cron, length = table.entries["cron"].value, value_of(table, "for")
    if length is None:
        message = "'cron' says when it begins: it needs 'for', how long it lasts"
        problems.note(table.place, message)
    lasts = as_duration("for", length, problems) if length else None
    line = _line(cron, zone, problems)
    if length and lasts and line and _never_ends(line, lasts):
        message = f"'for' is {shown(length)}, within which 'cron' comes again, and so without end"
        problems.note(length.place, message)
    return Interval(zone=zone, cron=str(plain(cron)) if line else None, lasts=lasts or timedelta())


def _line(node: Node, zone: ZoneInfo, problems: Problems) -> Crontab | None:
    text = as_text("cron", node, problems)
    try:
        return None if text is None else crontab(text, zone)
    except ValueError as error:
        problems.note(node.place, f"'cron': {error}")
        return None


def _never_ends(line: Crontab, lasts: timedelta) -> bool:
    """Whether it comes again before it is over, a year long or a day of minutes."""
    begin = line.first(_SOME_DAY, _SOME_DAY + _FAR) or _SOME_DAY
    moment: datetime | None = begin
    for _ in range(_MANY):
        if moment is None or moment > begin + LOOK_AHEAD:
            break
        moment = line.first(moment, moment + lasts)
    return moment is not None


def parse_hours(
    key: str, node: Node, intervals: Mapping[str, Interval] | None, problems: Problems
) -> Hours | None:
    """`during` or `not_during`: names of intervals, or `{interval: NAMES, then: OTHERWISE}`. None
    after what is wrong was noted, and while nobody knows the intervals, as the file is broken."""
    names: Node | None = node
    otherwise = Otherwise.DROP
    if isinstance(node, Table):
        check_keys(node, ("interval", "then"), problems)
        names, otherwise = value_of(node, "interval"), _otherwise(node, problems)
    if names is None:
        problems.note(node.place, f"'{key}' needs 'interval', the name of a time interval")
        return None
    given = as_texts(key if names is node else "interval", names, problems)
    if intervals is None:
        return None
    for name, each in given:
        if name not in intervals:
            message = f"'{key}' names the time interval '{name}', which does not exist"
            problems.note(each.place, message, did_you_mean(name, intervals))
    found = {name: intervals[name] for name, _ in given if name in intervals}
    return Hours(found, inside=key == "during", otherwise=otherwise) if found else None


def _otherwise(table: Table, problems: Problems) -> Otherwise:
    node = value_of(table, "then")
    found = as_choice("then", node, tuple(Otherwise), problems) if node else None
    return Otherwise(found) if found else Otherwise.DROP
