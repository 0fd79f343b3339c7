"""The gates that may stand on a rule and on each of its actions (rules.md §3)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from reactor.config.intervals import parse_hours
from reactor.config.node import Node, Problems, Table, plain
from reactor.config.values import (
    as_after,
    as_choice,
    as_count,
    as_duration,
    as_rate,
    value_of,
)
from reactor.duration import format_duration
from reactor.engine.normalize import canonical
from reactor.model.gates import Gates, Hours, Mode, OnRestart, Otherwise, Overlap
from reactor.model.interval import Interval

KEYS = ("for", "after", "during", "not_during", "throttle", "mode", "max", "on_restart")
"""The keys of gates that rules and actions have in common."""

MOST = 10
"""`max` where it is left out."""

Intervals = Mapping[str, Interval] | None
"""The file's `time_intervals`; None while it is broken, as the names in it are not known."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the memory of each gate of a rule hangs on, as plain data: its `match`, `unless` and
    `group_by`, which is a list."""

    match: object
    unless: object
    group_by: object

    def mark(self, own: object) -> str:
        """A digest of these and of a gate's own parameters in their normal form: while it is the
        same, a reload keeps the gate's memory (rules.md §3, Reload)."""
        meant = [self.match, self.unless, self.group_by, own]
        return hashlib.sha256(canonical(meant).encode()).hexdigest()[:16]


def grounds_of(match: Node | None, unless: Node | None, group_by: Node | None) -> Grounds:
    """Those of a rule with these values."""
    given = [plain(node) if node else None for node in (match, unless, group_by)]
    key = [given[2]] if isinstance(given[2], str) else given[2]
    return Grounds(given[0], given[1], key)


def parse_gates(
    owner: Table,
    grounds: Grounds,
    intervals: Intervals,
    problems: Problems,
    *,
    waits: bool = False,
) -> Gates:
    """The gates of a rule or an action, with their marks; what is wrong with them is noted.
    `waits`: other keys of the rule have timers of their own."""
    lasting, after, throttle = (value_of(owner, key) for key in ("for", "after", "throttle"))
    gates = Gates(
        lasting=as_duration("for", lasting, problems) if lasting else None,
        after=as_after("after", after, problems) if after else None,
        hours=_hours(owner, intervals, problems),
        throttle=as_rate("throttle", throttle, problems) if throttle else None,
        mode=_mode(owner, problems),
        on_restart=_on_restart(owner, problems),
    )
    if not waits and not _waits(gates):
        _warn_of_restart(owner, problems)
    return replace(gates, marks={gate: grounds.mark(own) for gate, own in _own(gates).items()})


def _hours(owner: Table, intervals: Intervals, problems: Problems) -> tuple[Hours, ...]:
    given = {key: value_of(owner, key) for key in ("during", "not_during")}
    read = [parse_hours(key, node, intervals, problems) for key, node in given.items() if node]
    return tuple(hours for hours in read if hours)


def _mode(owner: Table, problems: Problems) -> Mode | None:
    mode, most = value_of(owner, "mode"), value_of(owner, "max")
    count = as_count("max", most, problems) if most else None
    overlap = as_choice("mode", mode, tuple(Overlap), problems) if mode else None
    if most and (mode is None or overlap == Overlap.SINGLE):
        message = "'max' says how many of 'mode: queued' or 'mode: parallel', and there is none"
        problems.note(owner.entries["max"].key_place, message)
    if overlap is None:
        return None
    return Mode(Overlap(overlap), 1 if overlap == Overlap.SINGLE else count or MOST)


def _on_restart(owner: Table, problems: Problems) -> OnRestart:
    node = value_of(owner, "on_restart")
    found = as_choice("on_restart", node, tuple(OnRestart), problems) if node else None
    return OnRestart(found) if found else OnRestart.RECHECK


def _waits(gates: Gates) -> bool:
    """Whether something can come due in one of these gates."""
    holds = any(hours.otherwise is not Otherwise.DROP for hours in gates.hours)
    queues = gates.mode is not None and gates.mode.overlap is Overlap.QUEUED
    return gates.lasting is not None or holds or queues


def _warn_of_restart(owner: Table, problems: Problems) -> None:
    if "on_restart" in owner.entries:
        message = "'on_restart' means nothing here, as nothing waits"
        hint = "it goes with for, absent, not_then, 'then: hold', 'then: digest' or 'mode: queued'"
        problems.warn(owner.entries["on_restart"].key_place, message, hint)


def _own(gates: Gates) -> dict[str, object]:
    """The parameters of each gate that is there, the same for whatever means the same."""
    own: dict[str, object] = {each.gate: _own_hours(each) for each in gates.hours}
    if gates.lasting:
        own["for"] = format_duration(gates.lasting)
    if gates.after:
        own["after"] = [gates.after.count, format_duration(gates.after.within)]
    if gates.throttle:
        own["throttle"] = [gates.throttle.count, format_duration(gates.throttle.per)]
    if gates.mode:
        own["mode"] = [gates.mode.overlap, gates.mode.most]
    return own


def _own_hours(hours: Hours) -> object:
    """What the intervals are, whatever they are called."""
    return [hours.otherwise, sorted(map(_written, hours.intervals.values()))]


def _written(interval: Interval) -> str:
    return canonical(
        [
            interval.zone.key,
            None if interval.days is None else sorted(interval.days),
            None if interval.dates is None else [list(map(str, each)) for each in interval.dates],
            str(interval.begin),
            str(interval.end),
            interval.cron,
            format_duration(interval.lasts),
        ]
    )
