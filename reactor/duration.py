"""Spans of time as people write them, `500ms 90s 5m 2h 1d 1h30m` (rules.md §1), and RFC 3339."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
}
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII)
_LONGEST = timedelta(days=3650)


def parse_duration(text: str) -> timedelta | None:
    """The span that `text` writes, or None if it is no duration, zero, or over ten years."""
    found = _DURATION.fullmatch(text)
    if found is None or len(text) > 40:
        return None
    counts = [int(count) if count else 0 for count in found.groups()]
    if any(count > 10**12 for count in counts):
        return None
    try:
        span = sum(
            (count * unit for count, unit in zip(counts, UNITS.values(), strict=True)), timedelta()
        )
    except OverflowError:
        return None
    return span if timedelta() < span <= _LONGEST else None


@lru_cache(maxsize=1024)  # told of every match at a gate, and of the spans of rules
def format_duration(span: timedelta) -> str:
    """The shortest text that `parse_duration` reads back as `span` (whole milliseconds)."""
    rest, texts = span // timedelta(milliseconds=1), []
    for name, unit in UNITS.items():
        count, rest = divmod(rest, unit // timedelta(milliseconds=1))
        if count:
            texts.append(f"{count}{name}")
    return "".join(texts) or "0s"


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds: `2030-01-07T12:00:00.000000Z`."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[:26] + "Z"


def parse_time(text: str) -> datetime | None:
    """A moment from RFC 3339 text (a missing offset means UTC), or None."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970 in UTC: how the journal keeps moments."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The moment that `to_micros` turned into a number."""
    return _EPOCH + timedelta(microseconds=micros)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
