"""Whether a moment lies in a time interval, and when that changes (rules.md §1, `time_intervals`).

An interval is told by the clock on a wall: it lies from the first moment to the last at which that
clock shows a time in it. So 02:00 to 04:00 has three hours in the night in which Berlin's clocks go
back, one in that in which they go forward, and neither a break nor an hour before or behind it.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from reactor.engine.crontab import changed, crontab
from reactor.model.gates import Hours
from reactor.model.interval import Interval

LOOK_AHEAD = timedelta(days=400)
"""What does not happen within it counts as never: what comes once a year does."""

_MOST_LOOKS = 1_000  # intervals that keep closing in turn may never be open together
_DAY, _MICROSECOND = timedelta(days=1), timedelta(microseconds=1)

_Span = tuple[datetime, datetime]


def contains(interval: Interval, at: datetime) -> bool:
    """Whether `at`, in UTC, is inside. The begin is, the end is not."""
    spans = _spans_on(interval, at.date())
    begun = bisect_right(spans, at, key=_begin)  # of two spans the later ends later, too
    return begun > 0 and at < spans[begun - 1][1]


def _begin(span: _Span) -> datetime:
    return span[0]


@lru_cache(maxsize=1024)  # asked for every match, and most of them are of one day
def _spans_on(interval: Interval, day: date) -> tuple[_Span, ...]:
    midnight = datetime.combine(day, time.min, UTC)
    return tuple(_spans(interval, midnight, midnight + _DAY))


def next_change(interval: Interval, after: datetime) -> datetime | None:
    """The first moment later than `after` at which `contains` changes, in UTC; None if it does not
    within LOOK_AHEAD."""
    change = _next_change(interval, after.replace(second=0, microsecond=0))
    return change if change is None or change > after else _next_change(interval, after)


@lru_cache(maxsize=1024)  # asked for whatever waits, and most of it begins to within one minute
def _next_change(interval: Interval, after: datetime) -> datetime | None:
    until, edge = after + LOOK_AHEAD, after
    for begin, end in _spans(interval, after, until):
        if begin > edge:
            return begin if edge == after else edge
        edge = max(edge, end)
    return edge if after < edge < until else None


def is_open(hours: Hours, at: datetime) -> bool:
    """Whether `during` has `at`, in UTC, inside one of its intervals, or `not_during` in none."""
    return hours.inside == any(contains(each, at) for each in hours.intervals.values())


def opens(hours: Sequence[Hours], at: datetime) -> datetime | None:
    """The first moment from `at` on at which all of them are open, in UTC; None if there is none
    within LOOK_AHEAD."""
    moment = at
    for _ in range(_MOST_LOOKS):
        waits = [_opening(each, moment) for each in hours if not is_open(each, moment)]
        if not waits:
            return moment
        found = [wait for wait in waits if wait and wait <= at + LOOK_AHEAD]
        if len(found) < len(waits):
            return None
        moment = max(found)
    return None


def _opening(hours: Hours, at: datetime) -> datetime | None:
    """The first moment at which closed hours can be open: `during` when any of its intervals has
    begun, `not_during` when all that lie over `at` have ended."""
    intervals = hours.intervals.values()
    if hours.inside:
        begins = [next_change(each, at) for each in intervals]
        return min((begin for begin in begins if begin), default=None)
    ends = [next_change(each, at) for each in intervals if contains(each, at)]
    return None if None in ends else max(end for end in ends if end)


def _spans(interval: Interval, since: datetime, until: datetime) -> Iterator[_Span]:
    """Begin and end, in UTC, of what lies between `since` and `until`, in part at least, by their
    begins."""
    found = _by_cron if interval.cron else _by_day
    for begin, end in found(interval, since, until):
        if begin < end and since < end and begin < until:
            yield begin, end


def _by_cron(interval: Interval, since: datetime, until: datetime) -> Iterator[_Span]:
    line = crontab(interval.cron or "", interval.zone)
    moment = line.first(since - interval.lasts, until)
    while moment:
        yield moment, moment + interval.lasts
        moment = line.first(moment, until)


def _by_day(interval: Interval, since: datetime, until: datetime) -> Iterator[_Span]:
    """From two days before: what ends on the day after its begin may do so on a third, if the clock
    goes back over midnight. To one day after, for the same reason."""
    zone = interval.zone
    day, last = since.astimezone(zone).date() - 2 * _DAY, until.astimezone(zone).date() + _DAY
    overnight = _DAY if interval.end <= interval.begin else timedelta()
    while day <= last:
        if _counts(interval, day):
            begin, _ = _shown(datetime.combine(day, interval.begin), zone)
            end = datetime.combine(day + overnight, interval.end)
            yield begin, _shown(end - _MICROSECOND, zone)[1] + _MICROSECOND
        day += _DAY


def _counts(interval: Interval, day: date) -> bool:
    """Whether something begins on this day."""
    if interval.days is not None and day.weekday() not in interval.days:
        return False
    dates = interval.dates
    return dates is None or any(first <= day <= last for first, last in dates)


def _shown(wall: datetime, zone: ZoneInfo) -> _Span:
    """The first moment at which the clock of the zone shows `wall` or later, and the last at which
    it shows that or earlier: mostly one and the same."""
    first, last = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    # Of a time that is left out, the second reading lies before the change and the first behind it.
    if last < first and (change := changed(zone, last, first)):
        return change, change - _MICROSECOND
    return first, last
