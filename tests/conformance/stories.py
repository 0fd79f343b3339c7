"""Rules with any gates, and what happens to them: made by chance, and short enough to be read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from random import Random
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from reactor.engine.selector import parse_path
from reactor.engine.template import compile_template
from reactor.model.gates import (
    After,
    Gates,
    Hours,
    Mode,
    OnRestart,
    Otherwise,
    Overlap,
    Phase,
    Rate,
    Sequel,
)
from reactor.model.interval import Interval
from reactor.model.match import Truth
from reactor.model.protocols import Landing
from reactor.model.rule import ActionSpec, Rule
from tests.builders import Says, a_rule, an_action, replace

MOMENT, MINUTE = timedelta(milliseconds=1), timedelta(minutes=1)

SPANS = (MINUTE, 2 * MINUTE, 5 * MINUTE)
"""Of gates. Pauses are made of the same, so that many a step meets a boundary."""

PAUSES = (
    *(timedelta(), timedelta(), MOMENT, 20 * MOMENT, MINUTE - MOMENT, *(MINUTE,) * 4),
    *(MINUTE + MOMENT, 2 * MINUTE, 2 * MINUTE, 5 * MINUTE, 11 * MINUTE, 21 * MINUTE, 180 * MINUTE),
)

OFFSETS = (
    *(timedelta(),) * 12,
    *(-MINUTE, -2 * MINUTE, MINUTE, -10 * MINUTE, 10 * MINUTE),
    *(-10 * MINUTE - MOMENT, 10 * MINUTE + MOMENT, timedelta(days=-400)),
)
"""Of an event's own time from its arrival: up to ten minutes count."""

TELLS = compile_template(
    "{{ count }} {{ suppressed }} {{ incident.phase or '-' }} {{ incident.count or 0 }}",
    Landing.TEXT,
)
"""What a firing is told with: all that gates say of it."""

QUARTERS = tuple(time(hour, minute) for hour in (10, 11) for minute in range(0, 60, 5))

_OVERLAPS, _ON_RESTART, _OTHERWISE = tuple(Overlap), tuple(OnRestart), tuple(Otherwise)

LONGEST = 10
"""Steps of a story. Hardly any fault takes more, and they are read by people."""

Value = TypeVar("Value")


class Send(NamedTuple):
    """An event comes. `says` are its truths, by the field that a condition reads."""

    offset: timedelta
    subject: str
    group: str | None
    says: Mapping[str, Truth]


class Pass(NamedTuple):
    """Nothing comes. Events of the moment that is reached may still come, unless it is over."""

    is_over: bool


class Restart(NamedTuple):
    """A new process, so long after the one before died."""

    down_for: timedelta


class Load(NamedTuple):
    """The rule file is read again."""

    rule: Rule


class Link(NamedTuple):
    """The source connected, or lost its connection."""

    is_connected: bool


class Silence(NamedTuple):
    """A silence begins."""

    lasts: timedelta


class End(NamedTuple):
    """A delivery of those that are under way ends."""

    which: int


class Tidy(NamedTuple):
    """Memory that says nothing any more is dropped."""


What = Send | Pass | Restart | Load | Link | Silence | End | Tidy

Step = tuple[timedelta, What]
"""What happens, and how long after the step before."""


@dataclass(frozen=True, slots=True)
class Story:
    """A rule and what happens to it. `has_source`: the rule hears one that can be connected."""

    rule: Rule
    has_source: bool
    steps: tuple[Step, ...]


def some_story(chance: Random) -> Story:
    """A story by chance."""
    first = rule = some_rule(chance)
    steps: list[Step] = []
    for _ in range(LONGEST):
        what = _some_step(chance, rule)
        rule = what.rule if isinstance(what, Load) else rule
        steps.append((chance.choice(PAUSES), what))
    return Story(first, chance.random() < 0.5, tuple(steps))


def _some_step(chance: Random, rule: Rule) -> What:
    if chance.random() < 0.6:
        return _some_event(chance)
    others: Sequence[Callable[[], What]] = (
        lambda: Pass(is_over=chance.random() < 0.5),
        lambda: Restart(chance.choice(SPANS)),
        lambda: Load(altered(chance, rule)),
        lambda: Link(is_connected=chance.random() < 0.7),
        lambda: Silence(chance.choice(PAUSES)),
        lambda: End(chance.randrange(3)),
        Tidy,
    )
    return chance.choice(others)()


def _some_event(chance: Random) -> Send:
    odds = {"match": 0.75, "other": 0.75, "if": 0.8, "then": 0.3, "resolve": 0.2, "hush": 0.4}
    says = {name: chance.random() < odd for name, odd in odds.items()}
    unknown = {chance.choice(tuple(odds)): None} if chance.random() < 0.15 else {}
    return Send(
        offset=chance.choice(OFFSETS),
        subject=chance.choice("aab"),
        group=chance.choice(("x", "x", "y", None)),
        says={**says, **unknown},
    )


def some_rule(chance: Random) -> Rule:
    """A rule with any gates, of itself and of one or two actions."""
    names = ("one", "two")[: chance.choice((1, 2))]
    rule = a_rule(
        match=Says(field="match"),
        group_by=(parse_path("group"),) if chance.random() < 0.6 else (),
        gates=_some_gates(chance, 0.2),
        actions=tuple(_some_action(chance, name) for name in names),
        shadow=chance.random() < 0.05,
    )
    return marked(_with_course(chance, rule))


def _with_course(chance: Random, rule: Rule) -> Rule:
    """What the rule asks of several events, if anything."""
    absent, sequel, resolve = None, None, None
    if chance.random() < 0.15:
        absent, rule = chance.choice(SPANS), replace(rule, gates=replace(rule.gates, lasting=None))
    elif chance.random() < 0.3:
        comes, within = chance.random() < 0.5, chance.choice(SPANS)
        sequel = Sequel(match=Says(field="then"), within=within, comes=comes)
    if absent is None and chance.random() < 0.3:
        resolve = Says(field="resolve")
    return replace(rule, absent=absent, sequel=sequel, resolve=resolve)


def _some_action(chance: Random, name: str) -> ActionSpec:
    return an_action(
        name=name,
        parameters={"text": TELLS},
        enabled=chance.random() < 0.95,
        shadow=chance.random() < 0.05,
        condition=Says(field="if") if chance.random() < 0.3 else None,
        when=tuple(phase for phase in Phase if chance.random() < 0.7),
        gates=_some_gates(chance, 0.2),
    )


def _some_gates(chance: Random, odds: float) -> Gates:
    def perhaps(make: Callable[[], Value]) -> Value | None:
        return make() if chance.random() < odds else None

    inside = perhaps(lambda: _some_hours(chance, inside=True))
    outside = perhaps(lambda: _some_hours(chance, inside=False))
    return Gates(
        lasting=perhaps(lambda: chance.choice(SPANS)),
        after=perhaps(lambda: After(chance.choice((2, 3)), chance.choice(SPANS))),
        hours=tuple(each for each in (inside, outside) if each),
        throttle=perhaps(lambda: Rate(chance.choice((1, 2)), chance.choice(SPANS))),
        mode=perhaps(lambda: Mode(chance.choice(_OVERLAPS), chance.choice((1, 2)))),
        on_restart=chance.choice(_ON_RESTART),
    )


def _some_hours(chance: Random, *, inside: bool) -> Hours:
    begin, end = sorted(chance.sample(QUARTERS, 2))
    interval = Interval(zone=ZoneInfo("UTC"), begin=begin, end=end)
    return Hours({"hours": interval}, inside, chance.choice(_OTHERWISE))


def altered(chance: Random, rule: Rule) -> Rule:
    """The rule as it may be after a reload: mostly the same but for one thing."""
    first, *others = rule.actions
    changes: Sequence[Callable[[], dict[str, object]]] = (
        dict,
        lambda: {"enabled": not rule.enabled},
        lambda: {"shadow": not rule.shadow},
        lambda: {"match": Says(field="other")},
        lambda: {"group_by": () if rule.group_by else (parse_path("group"),)},
        lambda: {"gates": _altered(chance, rule.gates)},
        lambda: {"actions": (replace(first, gates=_altered(chance, first.gates)), *others)},
        lambda: {"actions": (replace(first, enabled=not first.enabled), *others)},
        lambda: {"actions": (first, _some_action(chance, "two"))},
        lambda: {"actions": (first,)},
    )
    other = replace(rule, **chance.choice(changes)())
    return marked(_with_course(chance, other) if chance.random() < 0.1 else other)


def _altered(chance: Random, gates: Gates) -> Gates:
    """With one of them as it is in others."""
    others = _some_gates(chance, 0.5)
    name = chance.choice(("lasting", "after", "hours", "throttle", "mode"))
    return replace(gates, **{name: getattr(others, name)})


def marked(rule: Rule) -> Rule:
    """With a mark for each gate, as the rule file's parser makes them: the gate's parameters, and
    what the whole rule goes by (rules.md §3, Reload)."""
    grounds = (getattr(rule.match, "field", None), bool(rule.group_by))
    sequel, lasting = rule.sequel, rule.gates.lasting
    own = _parameters(rule.gates) | {"absent": rule.absent}
    if sequel:
        own[sequel.gate] = sequel.within
    if rule.resolve or lasting:
        own["incident"] = (rule.resolve is not None, lasting)
    return replace(
        rule,
        gates=replace(rule.gates, marks=_marks(grounds, own)),
        actions=tuple(
            replace(each, gates=replace(each.gates, marks=_marks(grounds, _parameters(each.gates))))
            for each in rule.actions
        ),
    )


def _parameters(gates: Gates) -> dict[str, object]:
    hours: dict[str, object] = {each.gate: each for each in gates.hours}
    found = {"for": gates.lasting, "after": gates.after, "throttle": gates.throttle}
    return {**hours, **found, "mode": gates.mode}


def _marks(grounds: object, own: Mapping[str, object]) -> Mapping[str, str]:
    return {gate: str((grounds, value)) for gate, value in own.items() if value is not None}
