"""The `schedule` source: ticks at the times of a crontab line, or at even intervals.

APScheduler's triggers say when; here is what becomes of the ticks that were missed.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import islice
from threading import Event as StopEvent
from zoneinfo import ZoneInfo

from reactor.clock import utc_now
from reactor.duration import format_duration, format_time, parse_time
from reactor.engine.crontab import trigger_of
from reactor.model.event import Frame
from reactor.model.platform import GAP
from reactor.model.protocols import Feed, Field, Kind, SourceType
from reactor.model.rule import SourceSpec
from reactor.model.uri import stable_uuid
from reactor.sources.spool import made
from reactor.sources.ticks import Schedule, WallClock

MOST_MISSED = 1_000
"""Of the ticks that were missed, so many are made up for; of the others a `gap` tells."""

ON_TIME = timedelta(minutes=1)
"""While we run, a tick that is later than this was missed: the machine slept, or the road was
full."""

WRONG_CLOCK = timedelta(days=1)
"""A last tick that lies further ahead is of a clock that was wrong."""

_LAST, _BY = "last", "schedule"  # kept: up to when ticks were handed in, and by which schedule
_LOOK_SECONDS = 10.0  # how soon it is noticed that the clock was set, or the machine slept
_ROOM_SECONDS = 0.02  # how soon it is noticed that the road has room again
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class CatchUp(StrEnum):
    """Which of the ticks that were missed are handed in late."""

    ALL = "all"
    LAST = "last"
    NONE = "none"


def crontab(line: str, timezone: str) -> Schedule:
    """The schedule of a crontab line: there is a tick whenever the clock on the wall shows one of
    its times, so where clocks change, a time may be left out or come twice. Raises ValueError as
    `trigger_of` does."""
    return Schedule(f"cron {line} ({timezone})", WallClock(trigger_of(line), ZoneInfo(timezone)))


def intervals(every: timedelta) -> Schedule:
    """The schedule of even spans, counted from 1970-01-01T00:00Z: the same on every machine, after
    every restart, and whatever the clocks of a time zone do."""
    from apscheduler.triggers.interval import IntervalTrigger

    trigger = IntervalTrigger(seconds=every.total_seconds(), start_date=_EPOCH, timezone=UTC)
    return Schedule(f"every {format_duration(every)}", trigger, every)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSource:
    """The ticks of one schedule. The time of the last is kept with its event, so that after a crash
    they go on where they ended."""

    name: str
    schedule: Schedule
    catch_up: CatchUp
    now: Callable[[], datetime] = utc_now

    @property
    def peer(self) -> str:
        """The schedule, in words."""
        return self.schedule.text

    def run(self, feed: Feed, stop: StopEvent) -> None:
        """Hand in every tick when it is due."""
        last = self._begin(feed)
        feed.connected()
        tolerance = timedelta()  # what was due before we began was missed, however lately
        while not stop.is_set():
            now = self.now()
            if last - now > WRONG_CLOCK:
                last = now
            first = self.schedule.after(last)
            if first <= now:
                for frame in self._due(first, now, tolerance, stop):
                    _hand_in(frame, feed, stop)
                last, first = now, self.schedule.after(now)
            tolerance = ON_TIME
            stop.wait(min(max((first - self.now()).total_seconds(), 0), _LOOK_SECONDS))

    def _begin(self, feed: Feed) -> datetime:
        """Up to when ticks were handed in: until now, if this schedule is a new one."""
        kept = feed.recall()
        last = parse_time(str(kept.get(_LAST, "")))
        if last and kept.get(_BY) == self.schedule.text:
            return last
        last = self.now()
        feed.remember({_BY: self.schedule.text, _LAST: format_time(last)})
        return last

    def _due(
        self, first: datetime, now: datetime, tolerance: timedelta, stop: StopEvent
    ) -> Iterator[Frame]:
        """What is to be handed in of the ticks from `first` to `now`."""
        schedule = self.schedule
        if first >= now - tolerance:
            yield from map(self._tick, schedule.ticks(first, now))
        elif self.catch_up is CatchUp.LAST:
            yield self._tick(schedule.last(first, now))
        elif self.catch_up is CatchUp.NONE:
            yield from map(self._tick, schedule.ticks(schedule.after(now - tolerance), now))
        else:
            ticks = schedule.ticks(first, now)
            yield from map(self._tick, islice(ticks, MOST_MISSED))
            if left_out := next(ticks, None):
                yield self._gap(left_out, now, stop)

    def _tick(self, moment: datetime) -> Frame:
        """The same tick is the same event, whenever it is handed in."""
        at = format_time(moment)
        uuid = stable_uuid("tick", self.name, at)
        data = {"type": "tick", "source": self.name, "scheduled_at": at, "datetime": at}
        return Frame(json.dumps({**data, "uuid": uuid}).encode(), uuid, remember={_LAST: at})

    def _gap(self, first: datetime, now: datetime, stop: StopEvent) -> Frame:
        last, count = self.schedule.last(first, now), self.schedule.count(first, now, stop)
        data = {
            "type": "gap",
            "reason": f"{count} ticks were left out: more than {MOST_MISSED} were missed",
            "from": format_time(first),
            "to": format_time(last),
            "left_out": count,
        }
        return made(data, {_LAST: format_time(last)})


def _hand_in(frame: Frame, feed: Feed, stop: StopEvent) -> None:
    """Wait for room, unless we stop: then the tick is one that was missed."""
    while not stop.is_set() and not feed.offer(frame):
        stop.wait(_ROOM_SECONDS)


def open_schedule(spec: SourceSpec) -> ScheduleSource:
    """The source that an entry of `sources` describes."""
    return ScheduleSource(
        name=spec.name,
        schedule=_read(spec.options),
        catch_up=CatchUp(str(spec.options.get("catch_up", CatchUp.LAST))),
    )


def _read(options: Mapping[str, object]) -> Schedule:
    """Raises ValueError for a crontab line that is none."""
    every = options.get("every")
    if isinstance(every, timedelta):
        return intervals(every)
    return crontab(str(options["cron"]), str(options.get("timezone", "UTC")))


def faults(options: Mapping[str, object]) -> Mapping[str, str]:
    """What is wrong with an entry, by key."""
    if ("cron" in options) == ("every" in options):
        return {"cron": "a schedule needs either 'cron' or 'every'"}
    if "every" in options:
        return {"timezone": "goes with 'cron' alone"} if "timezone" in options else {}
    try:
        ZoneInfo(str(options.get("timezone", "UTC")))
    except (KeyError, ValueError, OSError):
        return {"timezone": "expected the name of a time zone such as Europe/Berlin"}
    try:
        _read(options)
    except ValueError as error:
        return {"cron": str(error)}
    return {}


SCHEDULE = SourceType(
    fields={
        "cron": Field(
            kind=Kind.TEXT,
            about="Five fields as in crontab: minute, hour, day, month, day of the week.",
        ),
        "timezone": Field(kind=Kind.TEXT, about="Where `cron` is told by the clock; default UTC."),
        "every": Field(kind=Kind.DURATION, about="In place of `cron` the span between two ticks."),
        "catch_up": Field(
            kind=Kind.CHOICE,
            about="Which ticks that were missed are handed in late; default last.",
            choices=tuple(CatchUp),
        ),
    },
    platform=False,
    open=open_schedule,
    faults=faults,
    shapes=({"type": ("tick",), "action": (None,), "state": (None,)}, GAP),
)
