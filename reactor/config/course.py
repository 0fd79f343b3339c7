"""What a rule asks of several events: `absent`, `then`, `not_then` and `resolve` (rules.md §3)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from reactor.config.node import Node, Problems, Table, plain
from reactor.config.values import as_duration, check_keys, refuse, value_of
from reactor.duration import format_duration
from reactor.model.condition import Condition
from reactor.model.gates import Sequel

KEYS = ("absent", "then", "not_then", "resolve")
"""Its keys, which stand on the rule alone."""

_NOT_WITH_ABSENT = {
    "for": "there is no event that could go on matching",
    "then": "there is no first event for another one to follow",
    "not_then": "there is no first event for another one to follow",
    "resolve": "what it waits for resolves it",
    "unless": "what does not count is said by a 'not' in its 'match'",
}

_Read = Callable[[Node], Condition | None]
"""Reads a condition, or notes what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """As Rule has them; `match` is that of `absent` where the rule has one."""

    match: Condition | None
    absent: timedelta | None
    sequel: Sequel | None
    resolve: Condition | None


def matched_by(rule: Table) -> Node | None:
    """The condition by which events match a rule: its `match`, or that of its `absent`."""
    absent = value_of(rule, "absent")
    if absent is None:
        return value_of(rule, "match")
    return value_of(absent, "match") if isinstance(absent, Table) else None


def parse_course(rule: Table, read: _Read, problems: Problems) -> Course:
    """What the rule asks; what is wrong with it is noted."""
    _note_conflicts(rule, problems)
    match = value_of(rule, "match")
    matched = read(match) if match else None
    absent = _timed("absent", rule, read, problems)
    then, not_then = (_sequel(key, rule, read, problems) for key in ("then", "not_then"))
    return Course(
        match=absent[0] if absent else matched,
        absent=absent[1] if absent else None,
        sequel=then or not_then,
        resolve=_resolve(rule, read, problems),
    )


def own_parameters(rule: Table, course: Course, lasting: timedelta | None) -> dict[str, object]:
    """By gate what its memory hangs on beside the grounds of the rule: that of incidents, which
    `for` (`lasting`) makes as `resolve` does, is `incident`."""
    own: dict[str, object] = {}
    if course.absent:
        own["absent"] = format_duration(course.absent)
    if course.sequel:
        match = _inner(rule, course.sequel.gate)
        own[course.sequel.gate] = [match, format_duration(course.sequel.within)]
    if course.resolve or lasting:
        spell = format_duration(lasting) if lasting else None
        own["incident"] = [_inner(rule, "resolve"), spell]
    return own


def _inner(rule: Table, key: str) -> object:
    """The `match` under a key, as plain data."""
    table = value_of(rule, key)
    node = value_of(table, "match") if isinstance(table, Table) else None
    return plain(node) if node else None


def _note_conflicts(rule: Table, problems: Problems) -> None:
    if {"then", "not_then"} <= rule.entries.keys():
        message = "'then' and 'not_then' are both here, expected one of them"
        problems.note(rule.entries["not_then"].key_place, message, "make it two rules")
    if "absent" not in rule.entries:
        return
    if "match" in rule.entries:
        message = "'match' and 'absent' are both here, expected one of them"
        hint = "what must not stay away is the 'match' within 'absent'"
        problems.note(rule.entries["match"].key_place, message, hint)
    for key, why in _NOT_WITH_ABSENT.items():
        if key in rule.entries:
            problems.note(rule.entries[key].key_place, f"'{key}' cannot go with 'absent': {why}")


def _sequel(key: str, rule: Table, read: _Read, problems: Problems) -> Sequel | None:
    timed = _timed(key, rule, read, problems)
    return Sequel(match=timed[0], within=timed[1], comes=key == "then") if timed else None


def _timed(
    key: str, rule: Table, read: _Read, problems: Problems
) -> tuple[Condition, timedelta] | None:
    """`{match: CONDITION, within: DURATION}`."""
    node = value_of(rule, key)
    if node is None:
        return None
    if not isinstance(node, Table):
        refuse(problems, key, node, "a mapping of match and within")
        return None
    check_keys(node, ("match", "within"), problems)
    match, within = _needed(key, "match", node, problems), _needed(key, "within", node, problems)
    condition = read(match) if match else None
    span = as_duration("within", within, problems) if within else None
    return (condition, span) if condition and span else None


def _needed(key: str, name: str, table: Table, problems: Problems) -> Node | None:
    node = value_of(table, name)
    if node is None:
        problems.note(table.place, f"'{key}' needs '{name}'")
    return node


def _resolve(rule: Table, read: _Read, problems: Problems) -> Condition | None:
    """`{match: CONDITION}`."""
    node = value_of(rule, "resolve")
    if node is None:
        return None
    if not isinstance(node, Table):
        refuse(problems, "resolve", node, "a mapping with a match")
        return None
    check_keys(node, ("match",), problems)
    match, opening = _needed("resolve", "match", node, problems), value_of(rule, "match")
    if match and opening and plain(match) == plain(opening):
        message = "'resolve' asks what 'match' asks: each incident ends as it begins"
        problems.warn(match.place, message)
    return read(match) if match else None
