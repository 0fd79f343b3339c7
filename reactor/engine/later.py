"""Deciding without an event: a timer comes due, a delivery ends, a source connects, reactor starts
or takes up other rules. Pure, as `engine.plan`."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import structs

from reactor.duration import from_micros, to_micros
from reactor.engine import links, loop
from reactor.engine.chain import gates_of
from reactor.engine.compiled import CompiledRules, tracked_by
from reactor.engine.draft import Decision, Draft, Recheck, Situation
from reactor.engine.firing import enter, go_on
from reactor.engine.gates.absent import numbers, seen, stayed_away
from reactor.engine.gates.hours import gathered
from reactor.engine.gates.lasting import lasted, leaves
from reactor.engine.gates.mode import ended, following, queued
from reactor.engine.gates.said import Held
from reactor.engine.normalize import canonical, record_of
from reactor.engine.passage import NOTHING, Passage, kept_in, subject_token, whose
from reactor.engine.plan import truth_of
from reactor.engine.remembered import watches
from reactor.engine.rest import facts_of, read_object
from reactor.model.event import Event
from reactor.model.gates import OnRestart, Otherwise, Phase
from reactor.model.journal import GateMark
from reactor.model.lookup import Need
from reactor.model.match import Reason
from reactor.model.memory import MemoryEntry, MemoryKey
from reactor.model.rule import ActionSpec, Rule, Ruleset
from reactor.model.uri import parse_uri

SHARED = ("alive", "call", "cause", "full", "guarded", "link", "tree")
"""Memory that is no rule's; also `previous`, by the field."""


_OVER = {"for": lasted, "absent": stayed_away}
"""What is left of a memory whose timer is over; of those of other gates nothing is."""


def come_due(key: MemoryKey, situation: Situation, now: datetime) -> Decision:
    """The timer of a gate has come."""
    draft = Draft(situation, now)
    memory, rule = draft.recall(key), situation.rules.rule(key.rule)
    if memory is None:
        return draft.done()
    if rule is None or (key.action and _action(rule, key.action) is None):
        _expire(draft, key, memory)
    elif key.gate == "absent":
        _stayed_away(draft, rule, key, memory)
    else:
        _fire(draft, rule, key, memory)
    return draft.done()


def expired(key: MemoryKey, situation: Situation, now: datetime) -> Decision:
    """Nothing comes of what waits there."""
    draft = Draft(situation, now)
    if memory := draft.recall(key):
        _expire(draft, key, memory)
    return draft.done()


def _action(rule: Rule, name: str) -> ActionSpec | None:
    return next((each for each in rule.actions if each.name == name and each.enabled), None)


def _expire(draft: Draft, key: MemoryKey, memory: MemoryEntry) -> None:
    """Nothing comes of what waited there."""
    draft.remember(key, None)
    for kept in _every_kept(memory):
        draft.settle(key.rule, key.action or None, kept, Reason.EXPIRED)


def _every_kept(memory: MemoryEntry) -> Iterator[Held]:
    if kept := kept_in(memory):
        yield kept
    yield from queued(memory)


def _fire(draft: Draft, rule: Rule, key: MemoryKey, memory: MemoryEntry) -> None:
    """What waited goes on, at the moment that it waited for."""
    kept, at = kept_in(memory), memory.due_at or draft.now
    draft.remember(key, lasted(memory) if key.gate == "for" else None)
    if key.gate == "then":
        draft.settle(rule.name, None, kept, Reason.EXPIRED)
    else:
        if _is_digest(rule, key):
            kept = {**kept, "count": gathered(memory)}
        go_on(draft, rule, key, kept, at)


def _is_digest(rule: Rule, key: MemoryKey) -> bool:
    every = gates_of(rule, _action(rule, key.action)).hours
    of_hours = any(each.gate == key.gate for each in every)
    return of_hours and any(each.otherwise is Otherwise.DIGEST for each in every)


def _stayed_away(draft: Draft, rule: Rule, key: MemoryKey, memory: MemoryEntry) -> None:
    """A firing without an event; it tells of the last one that there was."""
    draft.remember(key, stayed_away(memory))
    due, last = memory.due_at or draft.now, memory.value.get("last")
    passage = Passage(
        rule=rule,
        event=None,
        source=(rule.sources or ("",))[0],
        record=NOTHING,
        key=key.key,
        slot=key.key,
        own=key.key,
        group=None,
        at=due,
        own_at=due,
        due=due,
    )
    if isinstance(last, Mapping):
        event = draft.situation.event_of(*whose(last))
        passage.source, passage.group = whose(last)[0], last.get("group")
        passage.last, passage.record = event, record_of(event) if event else NOTHING
    told = numbers(rule.absent, memory) if rule.absent else {}
    passage.gates = ({"gate": "absent", "action": None, "reason": None, **told},)
    enter(draft, passage, behind="absent")


def call_began(
    situation: Situation, now: datetime, *, delivery: str, source: str, uri: str
) -> Decision:
    """An attempt of a call back to the object at `uri` begins."""
    draft = Draft(situation, now)
    loop.began(draft, delivery, source, uri, now)
    return draft.done()


def delivery_ended(
    situation: Situation, now: datetime, *, delivery: str, source: str, action_uri: str | None
) -> Decision:
    """A delivery is done, dead or cancelled: what waited for that goes on."""
    draft = Draft(situation, now)
    loop.ended(draft, delivery, source, action_uri, now)
    for key in situation.memory.watching(f"delivery:{delivery}"):
        memory = draft.recall(key)
        if key.gate == "mode" and memory is not None:
            draft.remember(key, ended(memory, delivery, now))
            _release(draft, key)
    return draft.done()


def _release(draft: Draft, key: MemoryKey) -> None:
    """Let the matches that queue go on, up to one that makes deliveries."""
    while True:
        kept, memory = following(draft.recall(key), draft.now)
        rule = draft.situation.rules.rule(key.rule)
        if kept is None or rule is None:
            return
        draft.remember(key, memory)
        go_on(draft, rule, key, kept, draft.now)


def linked(situation: Situation, now: datetime, *, source: str, is_connected: bool) -> Decision:
    """A source connected, or lost its connection."""
    draft = Draft(situation, now)
    links.live(draft)
    links.link(draft, source, is_connected=is_connected)
    links.count_or_stand(draft, now)
    return draft.done()


def started(situation: Situation, now: datetime, alive_at: datetime) -> Decision:
    """A new process. The one before was alive at `alive_at`, and no source is connected since.
    Timers that came due meanwhile do what `on_restart` says."""
    draft = Draft(situation, now)
    links.live(draft)
    if situation.rules.absents:
        for source in situation.rules.ruleset.sources:
            links.link(draft, source, is_connected=False)
        links.count_or_stand(draft, alive_at)
    unanswered = [key for key, entry in situation.memory if RECHECKING in entry.value]
    for key in (*situation.memory.overdue(now), *unanswered):
        entry, rule = draft.recall(key), situation.rules.rule(key.rule)
        if entry is not None and rule is not None:
            memory = _due_again(entry)
            draft.remember(key, memory)
            if memory.due_at is not None:  # an `absent` stands still by now
                _overdue(draft, rule, key, memory)
    return draft.done()


RECHECKING = "rechecking"
"""In the value of a memory: when it was due that is being asked about."""


def _due_again(memory: MemoryEntry) -> MemoryEntry:
    """The memory as it was before it was asked about; whoever asked may have died of something."""
    due = memory.value.get(RECHECKING)
    if not isinstance(due, int):
        return memory
    value = {name: each for name, each in memory.value.items() if name != RECHECKING}
    return structs.replace(memory, value=value, due_at=from_micros(due))


def _overdue(draft: Draft, rule: Rule, key: MemoryKey, memory: MemoryEntry) -> None:
    choice = gates_of(rule, _action(rule, key.action)).on_restart
    if choice is OnRestart.SKIP and key.gate != "then":
        draft.remember(key, over(memory) if (over := _OVER.get(key.gate)) else None)
        draft.settle(rule.name, key.action or None, kept_in(memory), Reason.EXPIRED)
    elif choice is OnRestart.RECHECK and (key.gate == "not_then" or watches(memory)):
        _recheck(draft, key, memory)


def _recheck(draft: Draft, key: MemoryKey, memory: MemoryEntry) -> None:
    """Ask whether what waited still holds; until then it is not due. Of what cannot be asked it is
    enough that nothing else was heard."""
    kept = kept_in(memory)
    event = draft.situation.event_of(*whose(kept))
    own = parse_uri(event.subject) if event else None
    if (
        kept.get("phase") == Phase.RESOLVED
        or event is None
        or own is None
        or read_object(own.type, event.subject) is None
    ):
        return
    value = {**memory.value, RECHECKING: to_micros(memory.due_at or draft.now)}
    draft.remember(key, structs.replace(memory, value=value, due_at=None))
    draft.rechecks.append(Recheck(key, event, Need(own.type, event.subject, fresh=True)))


def rechecked(
    key: MemoryKey, rest: Mapping[str, object] | None, situation: Situation, now: datetime
) -> Decision:
    """What the object is like now, as its API tells it; None when that could not be learned."""
    draft = Draft(situation, now)
    asked, rule = draft.recall(key), situation.rules.rule(key.rule)
    if asked is None or rule is None or RECHECKING not in asked.value:
        return draft.done()
    memory = _due_again(asked)
    draft.remember(key, memory)
    event = situation.event_of(*whose(kept_in(memory)))
    if event is not None and rest is not None and _is_over(rule, key, event, rest):
        left = leaves(memory, subject_token(event))
        draft.remember(key, left)
        if left is None:
            return _ended(draft, rule, key)
        memory = left
    _fire(draft, rule, key, memory)
    return draft.done()


def _ended(draft: Draft, rule: Rule, key: MemoryKey) -> Decision:
    before = draft.situation.memory.get(key)
    if before is not None:
        draft.settle(rule.name, key.action or None, kept_in(before), Reason.ENDED)
    return draft.done()


def _is_over(rule: Rule, key: MemoryKey, event: Event, rest: Mapping[str, object]) -> bool:
    """Whether the rule is false of the object as it is now."""
    own = parse_uri(event.subject)
    if own is None:
        return False
    known = event.facts.get(own.type)
    before = known if isinstance(known, Mapping) else {}
    now = structs.replace(
        event,
        data={**event.data, "state": rest["state"]} if "state" in rest else event.data,
        facts={**event.facts, own.type: {**before, **facts_of(own.type, rest)}},
    )
    return truth_of(rule, _action(rule, key.action), record_of(now)) is False


def adopted(situation: Situation, now: datetime, gone: list[MemoryKey]) -> Decision:
    """Other rules are taken up, under which the memories in `gone` say nothing; what waited there
    is expired. The time of an `absent` that was never loaded begins."""
    draft = Draft(situation, now)
    links.live(draft)
    for key in gone:
        memory = draft.recall(key)
        if memory is not None:
            _expire(draft, key, memory)
    for rule in situation.rules.absents:
        _begin(draft, rule)
    return draft.done()


def waits_in_vain(rules: CompiledRules, key: MemoryKey, memory: MemoryEntry) -> bool:
    """Whether a match waits there for a rule or an action that is switched off."""
    if next(_every_kept(memory), None) is None:
        return False
    rule = rules.rule(key.rule)
    return rule is None or bool(key.action and _action(rule, key.action) is None)


def _begin(draft: Draft, rule: Rule) -> None:
    """The time of an `absent` begins, unless it is running or each key has its own."""
    known = draft.situation.memory.of_rule(rule.name, "absent")
    if rule.absent is None or rule.group_by or any(map(draft.recall, known)):
        return
    mark, counts = rule.gates.mark("absent"), links.is_counting(draft, rule)
    key = MemoryKey(rule.name, "", "absent", canonical([]))
    draft.remember(key, seen(rule.absent, mark, at=draft.now, held=None, is_counting=counts))


def memory_marks(ruleset: Ruleset) -> frozenset[GateMark]:
    """The gates of these rules that remember; other memory was made by rules that are gone or
    changed (rules.md §3, Reload)."""
    shared = (GateMark(rule="", action="", gate=gate, mark="") for gate in SHARED)
    return frozenset((*shared, *(mark for rule in ruleset.rules for mark in _marks(rule))))


def _marks(rule: Rule) -> Iterator[GateMark]:
    for each in tracked_by(rule):
        field = canonical(each.tracker)
        yield GateMark(rule="", action=field, gate="previous", mark="")
    if rule.remembers:
        yield GateMark(rule=rule.name, action="", gate="clock", mark="")
    for gate, mark in rule.gates.marks.items():
        yield GateMark(rule=rule.name, action="", gate=gate, mark=mark)
    for action in rule.actions:
        both = rule.gates.mark("throttle") + action.gates.mark("throttle")
        for gate, mark in action.gates.marks.items():
            yield GateMark(rule=rule.name, action=action.name, gate=gate, mark=mark)
        if both:
            yield GateMark(rule=rule.name, action=action.name, gate="suppressed", mark=both)
