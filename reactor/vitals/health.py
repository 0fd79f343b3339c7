"""Whether a running service works: by what its parts do, not by their being there.

Each loop says when it turned last (observe/pulse.py). Pure: nothing here reads a clock.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from reactor.duration import format_time
from reactor.journal.database import Connection
from reactor.journal.reserve import Reserve
from reactor.journal.retention import Retention
from reactor.journal.writer import Writer
from reactor.model.journal import Pause
from reactor.observe.pulse import Pulse
from reactor.sources.supervise import SourceState, SourceStatus

SLOW = 10.0
"""Seconds after which a loop that owes a sign of life makes the service not ready."""

HUNG = 60.0
"""Seconds after which nobody expects one any more."""

NO_RESERVE = "the disk has no room for the reserve of 16 MiB, and will soon be full"

_AT_WORK = (SourceState.CONNECTED, SourceState.ENDED)
"""A source that hears nothing finds that out by itself, and is connected no longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of the service. All may be asked by any thread, and but for a read by `reader`
    none of them blocks. `waiting` are frames on the road, `parked` events that wait for lookups,
    `keys` how many of them each rule remembers something under, `timers` those that wait for their
    time, `paused` the lanes that are paused and `addressed` those that the rules send to.
    """

    is_started: Callable[[], bool]
    statuses: Callable[[], Iterable[SourceStatus]]
    waiting: Callable[[], int]
    parked: Callable[[], int]
    keys: Callable[[], Mapping[str, int]]
    timers: Callable[[], int]
    pipeline: Pulse
    dispatcher: Pulse
    paused: Callable[[], Mapping[str, Pause]]
    addressed: Callable[[], Collection[str]]
    writer: Writer
    reserve: Reserve
    retention: Retention
    reader: Callable[[], Connection]


def unready(parts: Parts) -> Mapping[str, str]:
    """The parts that do not work as they should, and why."""
    if not parts.is_started():
        return {"service": "starting"}
    sources = {f"source {each.name}": _why(each) for each in parts.statuses() if not _works(each)}
    return {**sources, **_unsafe(parts), **_silenced(parts), **hung(parts, SLOW)}


def _unsafe(parts: Parts) -> Mapping[str, str]:
    """The journal, when it takes nothing or soon will not."""
    trouble = parts.writer.trouble or (None if parts.reserve.is_there else NO_RESERVE)
    return {"journal": trouble} if trouble else {}


def _silenced(parts: Parts) -> Mapping[str, str]:
    """The destinations, when there is none that takes deliveries."""
    paused = parts.paused()
    if not paused:
        return {}
    lanes = set(parts.addressed())
    if not lanes or not lanes <= paused.keys():
        return {}
    return {f"destination {name}": f"paused: {paused[name].why}" for name in sorted(lanes)}


def _works(status: SourceStatus) -> bool:
    return status.state in _AT_WORK


def _why(status: SourceStatus) -> str:
    detail = f": {status.detail}" if status.detail else ""
    return f"{status.state} since {format_time(status.since)}{detail}"


def hung(parts: Parts, patience: float) -> Mapping[str, str]:
    """The loops that are not heard of for more than `patience` seconds, though they should be.

    While the disk takes nothing and the writer says so, those that wait for it are not to blame: a
    restart would not help.
    """
    late = _overdue({"journal": parts.writer.pulse}, patience)
    if parts.writer.trouble:
        return late
    return {
        **late,
        **_overdue({"pipeline": parts.pipeline, "dispatcher": parts.dispatcher}, patience),
    }


def _overdue(loops: Mapping[str, Pulse], patience: float) -> Mapping[str, str]:
    late = {name: pulse.overdue() for name, pulse in loops.items()}
    return {
        name: f"no sign of life for {seconds:.0f} s"
        for name, seconds in late.items()
        if seconds > patience
    }
