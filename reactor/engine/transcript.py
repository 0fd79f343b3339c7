"""A test made of what happened: events that were decided, and what became of them under one rule.

Its clock is that of the gates, to the millisecond.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reactor.duration import format_duration
from reactor.engine.gates.clock import event_clock
from reactor.engine.normalize import normalize
from reactor.model.event import PLATFORM_FACTS, Arrival, Event
from reactor.model.match import Evaluation, Reason
from reactor.model.problem import Place
from reactor.model.rule import RuleTest, Step

_MILLISECOND = timedelta(milliseconds=1)
_NOWHERE = Place("", 0, 0)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_OWN = ("uuid", "datetime")
"""Fields of a frame that a test fills in by itself: it has a clock of its own."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An event, and what became of it under the rule."""

    event: Event
    rows: tuple[Evaluation, ...]


@dataclass(slots=True)
class _Moment:
    """What happened at one time after the first event: an event, or without one a timer. `told` are
    the actions and the reasons of then."""

    offset: timedelta
    event: Event | None
    told: list[tuple[str, Reason]]


def transcribe(name: str, seen: Sequence[Seen]) -> RuleTest:
    """The test that sends these events again, in the order in which they came, and expects what
    became of them. Of what was told by lookups it keeps the facts."""
    ordered = sorted(seen, key=lambda each: (each.event.received_at, each.event.time))
    every = [_facts(each.event) for each in ordered]
    shared = every[0] if all(facts == every[0] for facts in every) else {}
    return RuleTest(
        name=name,
        place=_NOWHERE,
        steps=tuple(_steps(_moments(ordered), shared)),
        facts=shared,
    )


def _moments(ordered: Sequence[Seen]) -> list[_Moment]:
    """Events and timers in the order of their time; of two at once the timer is first."""
    start = event_clock(ordered[0].event)
    events, timers = dict[datetime, _Moment](), dict[datetime, _Moment]()
    sent, latest = [], timedelta()
    for each in ordered:
        latest = max(latest, _whole(event_clock(each.event) - start))
        moment = _Moment(latest, each.event, [_at_first(row) for row in each.rows])
        sent.append(moment)
        events |= dict.fromkeys([each.event.received_at, *(row.at for row in each.rows)], moment)
    for row in (row for each in ordered for row in each.rows):
        if (at := row.settled_at) is not None:
            moment = events.get(at) or timers.setdefault(at, _Moment(_whole(at - start), None, []))
            moment.told.append((row.action, row.reason))
    every = [*timers.values(), *sent]
    return sorted(every, key=lambda moment: (moment.offset, moment.event is not None))


def _whole(span: timedelta) -> timedelta:
    """Durations are written in milliseconds."""
    return span // _MILLISECOND * _MILLISECOND


def _at_first(row: Evaluation) -> tuple[str, Reason]:
    """What settled later had been waiting."""
    return row.action, row.reason if row.settled_at is None else Reason.WAITING


def _steps(moments: Iterable[_Moment], shared: Mapping[str, object]) -> Iterator[Step]:
    clock = timedelta()
    for moment in moments:
        step = Step(
            place=_NOWHERE,
            expect=tuple(action for action, reason in moment.told if reason is Reason.FIRED),
            because=_reasons(moment),
        )
        wait = moment.offset - clock
        if moment.event is None:
            wait = max(wait, _MILLISECOND)  # time must pass for a timer to come due
            yield replace(step, wait=wait)
        else:
            if wait > timedelta():
                yield Step(place=_NOWHERE, wait=wait)
            facts = _facts(moment.event)
            own = None if facts == shared else facts
            yield replace(step, send=_frame(moment.event), facts=own)
        clock += max(wait, timedelta())


def _reasons(moment: _Moment) -> tuple[str, ...]:
    held = (reason.value for _, reason in moment.told if reason is not Reason.FIRED)
    return tuple(dict.fromkeys(held))


def _frame(event: Event) -> dict[str, object]:
    """The fields that rules see of it. On other sources than platforms facts are among them; a
    subject that the sender gave beside the frame stands in it, to tell subjects apart."""
    fields = {name: value for name, value in event.data.items() if name not in _OWN}
    if not event.platform:
        fields |= event.facts
    if event.subject != event.source:
        fields.setdefault("resource_uri", event.subject)
    return fields


def _facts(event: Event) -> dict[str, object]:
    """What is known beyond the frame and its URIs."""
    if not event.platform:
        return {}
    bare = Arrival(source=event.source, raw=event.raw, identity=event.id, platform=True)
    again = normalize(bare, event.received_at)
    derived = again.facts if isinstance(again, Event) else {}
    return {
        name: rest
        for name, value in event.facts.items()
        if name in PLATFORM_FACTS and (rest := _beyond(value, derived.get(name))) != {}
    }


def _beyond(value: object, derived: object) -> object:
    if not isinstance(value, Mapping) or not isinstance(derived, Mapping):
        return value
    return {name: each for name, each in value.items() if derived.get(name) != each}


def written(test: RuleTest) -> dict[str, object]:
    """The test as plain data, as rule files have it."""
    return {
        "name": _literal(test.name),
        **({"facts": _flat(test.facts)} if test.facts else {}),
        "steps": [_written_step(step) for step in test.steps],
    }


def _written_step(step: Step) -> dict[str, object]:
    shown: dict[str, object] = {}
    if step.send is not None:
        shown["send"] = _literal(step.send)
    if step.wait is not None:
        shown["wait"] = format_duration(step.wait)
    if step.facts is not None:
        shown["facts"] = _flat(step.facts)
    if step.expect:
        shown["expect"] = list(step.expect)
    if step.because:
        shown["because"] = step.because[0] if len(step.because) == 1 else list(step.because)
    return shown


def _flat(facts: Mapping[str, object]) -> dict[str, object]:
    """Facts with dotted names, as far as names can be joined without quotes."""
    flat: dict[str, object] = {}
    for name, value in facts.items():
        if isinstance(value, Mapping) and value and all(map(_PLAIN.fullmatch, (name, *value))):
            flat |= {f"{name}.{inner}": _literal(each) for inner, each in value.items()}
        else:
            flat[name] = _literal(value)
    return flat


def _literal(value: object) -> object:
    """Plain data that means itself in a rule file, where `$` begins a variable."""
    if isinstance(value, Mapping):
        return {str(name): _literal(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_literal(each) for each in value]
    return value.replace("$", "$$") if isinstance(value, str) else value
