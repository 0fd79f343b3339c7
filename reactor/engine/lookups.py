"""Lookups: which objects of the platform an event needs under the rules, and what answers tell it.

Pure. An object that was not asked for, or could not be had, stays unknown; and what one tells is
laid into an event only if it cannot be of another moment of the object's life.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from reactor.engine import cloudcause
from reactor.engine.compiled import CompiledRules
from reactor.engine.condition import is_open
from reactor.engine.normalize import record_of
from reactor.engine.rest import (
    LINKS,
    changes,
    facts_of,
    is_about,
    read_object,
    stable_facts,
    stable_fields,
    started_at,
)
from reactor.engine.selector import MISSING
from reactor.model.event import CAUSE, PLATFORM_OBJECTS, Event, Record
from reactor.model.lookup import NOT_ASKED, Found, Need, Reference
from reactor.model.protocols import ActionType
from reactor.model.rule import ActionSpec, Rule
from reactor.model.silence import Silence
from reactor.model.uri import parse_uri

_LINKED_BY = {
    linked: Reference(kind, field)
    for kind, links in LINKS.items()
    for field, linked in links.items()
}
_SLACK = timedelta(seconds=2)  # REST tells whole seconds, and a frame is sent after the change


@dataclass(frozen=True, slots=True)
class Wanted:
    """What rules want to know of platform objects: by rule's name the fields that it speaks of."""

    rules: CompiledRules
    references: Mapping[str, frozenset[Reference]]


def wanted(
    rules: CompiledRules, actions: Mapping[str, ActionType], silences: Iterable[Silence] = ()
) -> Wanted:
    """What the rules want to know: nothing, if none speaks of platform objects. What matches may be
    silenced, so that each wants to know what silences speak of."""
    of_all = frozenset(each for silence in silences for each in silence.match.references())
    every = {
        rule.name: of_all | frozenset(references_of(rule, actions)) for rule in rules.ruleset.rules
    }
    return Wanted(rules, {name: references for name, references in every.items() if references})


def references_of(rule: Rule, actions: Mapping[str, ActionType]) -> Iterator[Reference]:
    """All that a rule speaks of: its conditions, keys and actions."""
    yield from rule.match.references()
    if rule.unless is not None:
        yield from rule.unless.references()
    second = rule.sequel.match if rule.sequel else None
    for condition in (second, rule.resolve):
        yield from condition.references() if condition else ()
    for path in rule.group_by:
        yield from path.references()
    for action in rule.actions:
        if action.enabled:
            yield from _named_by(action, actions[action.type])


def _named_by(action: ActionSpec, kind: ActionType) -> Iterator[Reference]:
    if action.condition is not None:
        yield from action.condition.references()
    yield from kind.references(action)


def opened(event: Event) -> Event:
    """The event as it came from `normalize`, of a source that has lookups, with all objects unknown
    that its URIs name and that those can lead to, and its cause."""
    named = [kind for kind in PLATFORM_OBJECTS if kind in event.facts]
    reached = [each for kind in named for each in _reached_from(kind)]
    event = replace(event, unknown=dict.fromkeys(reached, NOT_ASKED))
    for kind in named:
        if uri_of(event, kind) is None:
            event = _failed(event, kind, "its URI is not that of an object")
    return cloudcause.opened(event)


def _reached_from(kind: str) -> Iterator[str]:
    yield kind
    for linked in LINKS[kind].values():
        yield from _reached_from(linked)


def uri_of(event: Event, kind: str) -> str | None:
    """The URI of the event's object of this kind, if it is known and may be asked for."""
    known = event.facts.get(kind)
    uri = known.get("uri") if isinstance(known, Mapping) else None
    return uri if isinstance(uri, str) and read_object(kind, uri) else None


def needs(event: Event, wanted: Wanted) -> tuple[Need, ...]:
    """What has to be asked before the event can be decided: for an object one need at most, and
    one for the actions on it.

    Answers may lead to further needs, of objects that they link to, but never to the same again.
    """
    if not wanted.references or NOT_ASKED not in event.unknown.values():
        return ()
    record = record_of(event)
    found: dict[tuple[str, bool], Need] = {}
    for rule in _concerned(event, record, wanted.rules):
        if rule.unless is not None and rule.unless.evaluate(record) is True:
            continue
        for need in _each_need(event, record, wanted.references.get(rule.name, frozenset())):
            key = need.kind, need.since is None
            if need.fresh or key not in found:
                found[key] = need
    return tuple(sorted(found.values(), key=lambda need: PLATFORM_OBJECTS.index(need.kind)))


def _concerned(event: Event, record: Record, rules: CompiledRules) -> Iterator[Rule]:
    """The rules that the event may mean something to."""
    source = event.source
    for asked in (rules.possible, rules.followed, rules.resolved):
        yield from asked(source, record)


def _each_need(event: Event, record: Record, references: Iterable[Reference]) -> Iterator[Need]:
    """Whom to ask for fields that nobody has asked for. Of an object of which no URI is known, that
    is the one that links to it."""
    for reference in references:
        kind = reference.kind
        if event.unknown.get(kind) != NOT_ASKED or not is_open(reference, record):
            continue
        if kind == CAUSE:
            yield from _each_need_of_cause(event, record)
            continue
        uri = uri_of(event, kind)
        if uri is not None:
            yield Need(kind, uri, fresh=reference.field not in stable_fields(kind))
        elif kind in _LINKED_BY:
            yield from _each_need(event, record, (_LINKED_BY[kind],))


def _each_need_of_cause(event: Event, record: Record) -> Iterator[Need]:
    """Whom to ask why a container ended."""
    yield from _each_need(event, record, cloudcause.ASKED)
    for kind in cloudcause.ACTED_ON:
        uri = uri_of(event, kind)
        if uri is None:
            yield from _each_need(event, record, (Reference(kind, "uri"),))
        elif kind not in cloudcause.gathered(event):
            yield Need(kind, uri, fresh=True, since=cloudcause.asked_since(event))


def recalled(event: Event, kind: str, stable: Mapping[str, object]) -> Event:
    """The event with what never changes of one of its objects, by an earlier answer: `stable` is
    at least that part of the REST object. The object stays unknown, for there is more to it."""
    asked = read_object(kind, uri_of(event, kind))
    return _with_stable(event, kind, stable) if asked and is_about(stable, asked) else event


def answered(event: Event, need: Need, found: Found, *, has_follower: bool) -> Event:
    """The event with what a lookup told. `has_follower`: its own object is known to have changed
    again before the answer came."""
    if need.since is not None:
        return cloudcause.with_actions(event, need.kind, need.uri, found)
    return _with_object(event, need, found, has_follower=has_follower)


def _with_object(event: Event, need: Need, found: Found, *, has_follower: bool) -> Event:
    kind, rest, asked = need.kind, found.object, read_object(need.kind, need.uri)
    if rest is None:
        return _failed(event, kind, found.reason)
    if asked is None or not is_about(rest, asked):
        return _failed(event, kind, "the answer is about another object")
    event = _with_stable(event, kind, rest)
    if not need.fresh:
        return event
    doubt = _doubt(event, rest, has_follower=has_follower) if _is_own(event, kind) else None
    if doubt is not None:
        return replace(event, unknown={**event.unknown, kind: doubt})
    return _without(_with_facts(event, kind, facts_of(kind, rest)), {kind})


def _is_own(event: Event, kind: str) -> bool:
    """Whether it is to its object of this kind that the event happened."""
    own = parse_uri(event.subject)
    return own is not None and own.type == kind


def _doubt(event: Event, rest: Mapping[str, object], *, has_follower: bool) -> str | None:
    """Why what the object tells may be of a later moment than the event, if it may.

    A container that crashed, came up and crashed again is Stopped, with the other exit code.
    """
    then, now = event.data.get("state"), rest.get("state")
    if isinstance(then, str) and now != then:
        return f"it is {_shown(now)} by now, not {_shown(then)}"
    # A frame that tells no time happened when it came, or before: what changed since is later.
    if has_follower or _changed_since(event.time, then, rest):
        return "it changed again before it could be asked"
    return None


def _changed_since(happened: datetime, state: object, rest: Mapping[str, object]) -> bool:
    """Whether the object tells of a change after the event. What stopped had been started before:
    there no slack is due, and two crashes within it are told apart."""
    started = started_at(rest)
    if state == "Stopped" and started is not None and started > happened:
        return True
    return any(each - happened > _SLACK for each in changes(rest))


def _shown(state: object) -> str:
    return f"{state:.40}" if isinstance(state, str) else "in no state"


def _with_stable(event: Event, kind: str, rest: Mapping[str, object]) -> Event:
    """The event with what never changes of an object, and with those that only it leads to."""
    event = _with_facts(event, kind, stable_facts(kind, rest))
    for field, linked in LINKS[kind].items():
        if _is_behind(event, linked):
            event = _linked(event, linked, rest.get(field, MISSING))
    return event


def _linked(event: Event, kind: str, uri: object) -> Event:
    """The event with the object that a link leads to; null leads to none."""
    if uri is None:
        return _without(event, set(_with_behind(event, kind)))
    found = read_object(kind, uri)
    if found is None:
        return _failed(event, kind, "what belongs to it does not tell its URI")
    return _with_facts(event, kind, {"uuid": found.uuid, "uri": uri})


def _is_behind(event: Event, kind: str) -> bool:
    """Whether only a link can lead to the event's object of this kind, and none has."""
    return event.unknown.get(kind) == NOT_ASKED and kind not in event.facts


def _with_behind(event: Event, kind: str) -> Iterator[str]:
    """A kind, and those that only it can lead to."""
    yield kind
    for linked in LINKS[kind].values():
        if _is_behind(event, linked):
            yield from _with_behind(event, linked)


def _failed(event: Event, kind: str, reason: str) -> Event:
    """The event with an object that stays unknown for this reason, and those behind it."""
    lost = dict.fromkeys(_with_behind(event, kind), reason)
    return replace(event, unknown={**event.unknown, **lost})


def _without(event: Event, kinds: set[str]) -> Event:
    """The event with all known of objects of these kinds: what is missing does not exist."""
    unknown = {kind: why for kind, why in event.unknown.items() if kind not in kinds}
    return replace(event, unknown=unknown)


def _with_facts(event: Event, kind: str, told: Mapping[str, object]) -> Event:
    before = event.facts.get(kind)
    known = before if isinstance(before, Mapping) else {}
    return replace(event, facts={**event.facts, kind: {**known, **told}})
