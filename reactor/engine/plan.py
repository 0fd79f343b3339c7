"""Deciding: what an event means under the rules, as evaluations, deliveries and changed memory.

Pure (docs/architecture.md): the same event, rules, memory and `now` always give the same decision.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reactor.duration import format_time
from reactor.engine.compiled import CompiledRules
from reactor.engine.condition import reason_of
from reactor.engine.gates.clock import event_clock, key_clock
from reactor.engine.gates.suppressed import one_more, suppressed_count
from reactor.engine.gates.throttle import throttle
from reactor.engine.normalize import canonical, described, record_of
from reactor.engine.selector import MISSING
from reactor.model.delivery import Delivery, State
from reactor.model.errors import RenderFailed
from reactor.model.event import Event, Record
from reactor.model.journal import GateMark
from reactor.model.match import Evaluation, Reason
from reactor.model.memory import Memory, MemoryEntry, MemoryKey
from reactor.model.protocols import ActionType
from reactor.model.request import StoredRequest, shown_url
from reactor.model.rule import ActionSpec, Rule, Ruleset
from reactor.model.secret import masked

FIRING = "reactor.firing"
"""The `type` of the default webhook body (rules.md §4)."""

BODY = "reactor:body"
"""The name under which an action finds the default body. No frame field is in its way: a template
cannot write it."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one event. `memory` maps changed keys to their new entry, None to forget.
    `undecided` names the rules that did not fire because a lookup failed."""

    evaluations: tuple[Evaluation, ...]
    deliveries: tuple[Delivery, ...]
    memory: Mapping[MemoryKey, MemoryEntry | None]
    undecided: tuple[str, ...]


@dataclass(slots=True)
class _Draft:
    """A decision in the making: what is remembered so far, laid over the memory before."""

    ruleset: Ruleset
    actions: Mapping[str, ActionType]
    event: Event
    record: Record
    before: Memory
    now: datetime
    evaluations: list[Evaluation] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    changes: dict[MemoryKey, MemoryEntry | None] = field(default_factory=dict)

    def recall(self, key: MemoryKey) -> MemoryEntry | None:
        return self.changes[key] if key in self.changes else self.before.get(key)

    def remember(self, key: MemoryKey, entry: MemoryEntry | None) -> None:
        if entry is not None:
            self.changes[key] = entry


@dataclass(frozen=True, slots=True, kw_only=True)
class _Match:
    """A rule that matched, its group key and the time its gates go by."""

    rule: Rule
    key: str
    group: object
    at: datetime

    def memory_of(self, gate: str, action: str = "") -> MemoryKey:
        return MemoryKey(self.rule.name, action, gate, self.key)


def decide(
    event: Event,
    rules: CompiledRules,
    memory: Memory,
    now: datetime,
    actions: Mapping[str, ActionType],
) -> Decision:
    """Every rule on one event, in file order. `actions` renders what fires."""
    record = record_of(event)
    draft = _Draft(rules.ruleset, actions, event, record, memory, now)
    undecided = []
    for rule in rules.possible(event.source, record):
        # Without anything unknown what is possible is so.
        missed = miss(rule, event, record) if record.unknown else _held_back(rule, record)
        if missed is None:
            _pass_gates(draft, _matched(draft, rule))
        elif missed is Reason.LOOKUP_FAILED:
            undecided.append(rule.name)
    evaluations, deliveries = tuple(draft.evaluations), tuple(draft.deliveries)
    return Decision(evaluations, deliveries, draft.changes, tuple(undecided))


def miss(rule: Rule, event: Event, record: Record) -> Reason | None:
    """Why `rule` does not match, or None if it does."""
    if not rule.enabled:
        return Reason.DISABLED
    if rule.sources is not None and event.source not in rule.sources:
        return Reason.OTHER_SOURCE
    truth = rule.match.evaluate(record)
    if truth is not True:
        return reason_of(truth, rule.match, record)
    return _held_back(rule, record)


def _held_back(rule: Rule, record: Record) -> Reason | None:
    """Why `unless` holds back a rule whose `match` is true, or None if it does not."""
    held_back = rule.unless is not None and rule.unless.evaluate(record)
    if held_back is None:  # there a field that does not exist is false: what is left is a lookup
        return Reason.LOOKUP_FAILED
    return Reason.CONDITION_FALSE if held_back else None


def _matched(draft: _Draft, rule: Rule) -> _Match:
    values = [path.find(draft.record.fields) for path in rule.group_by]
    known = [None if value is MISSING else value for value in values]
    group = known[0] if len(known) == 1 else known or None
    match = _Match(rule=rule, key=canonical(known), group=group, at=event_clock(draft.event))
    if not _is_throttled(rule):
        return match
    clock = match.memory_of("clock")
    at, entry = key_clock(draft.recall(clock), match.at)
    draft.remember(clock, entry)
    return _Match(rule=rule, key=match.key, group=group, at=at)


def _is_throttled(rule: Rule) -> bool:
    return rule.throttle is not None or any(action.throttle for action in rule.actions)


def _pass_gates(draft: _Draft, match: _Match) -> None:
    """First the rule's gates, then each action's `if` and gates (rules.md §3, Order)."""
    held = _hold(draft, match, None)
    for action in match.rule.actions:
        if action.enabled:
            reason = held or _held_by_action(draft, match, action)
            _conclude(draft, match, action, reason)


def _held_by_action(draft: _Draft, match: _Match, action: ActionSpec) -> Reason | None:
    if action.condition is not None and action.condition.evaluate(draft.record) is not True:
        return Reason.IF_FALSE
    if held := _hold(draft, match, action):
        return held
    return Reason.SHADOW if action.shadow or match.rule.shadow else None


def _hold(draft: _Draft, match: _Match, action: ActionSpec | None) -> Reason | None:
    """Ask the throttle of the action, or of the rule itself."""
    owner = action or match.rule
    if owner.throttle is None:
        return None
    key = match.memory_of("throttle", action.name if action else "")
    passed, entry = throttle(owner.throttle, owner.throttle_mark, draft.recall(key), match.at)
    draft.remember(key, entry)
    return None if passed else Reason.THROTTLED


def _conclude(draft: _Draft, match: _Match, action: ActionSpec, reason: Reason | None) -> None:
    """Write down what became of the match for one action, and count what was held back."""
    suppressed = _count_suppressed(draft, match, action, reason)
    delivery = _delivery(draft, match, action, suppressed) if reason is None else None
    if delivery:
        draft.deliveries.append(delivery)
    draft.evaluations.append(
        Evaluation(
            event_id=draft.event.id,
            source=draft.event.source,
            rule=match.rule.name,
            action=action.name,
            reason=reason or Reason.FIRED,
            at=draft.now,
            key=match.key,
            delivery_id=delivery.id if delivery else None,
        )
    )


def _count_suppressed(
    draft: _Draft, match: _Match, action: ActionSpec, reason: Reason | None
) -> int:
    """How many were held back before this; a firing (or its shadow) starts the count again."""
    if match.rule.throttle is None and action.throttle is None:
        return 0
    key = match.memory_of("suppressed", action.name)
    mark = match.rule.throttle_mark + action.throttle_mark
    before = draft.recall(key)
    if reason is Reason.THROTTLED:
        draft.remember(key, one_more(before, mark, match.at))
    elif reason in (None, Reason.SHADOW) and before is not None:
        draft.changes[key] = None
    return suppressed_count(before, mark, match.at)


def _delivery(draft: _Draft, match: _Match, action: ActionSpec, suppressed: int) -> Delivery:
    """The promise, with its request rendered once; buried at birth if it cannot be rendered."""
    event, rule, now = draft.event, match.rule, draft.now
    lane = _lane(draft, rule, action)
    identity = delivery_id(rule.name, action.name, event, match.key)
    names = _names(draft, match, suppressed, delivery=identity, action=action.name)
    request, fault = _render(draft, action, names)
    is_ordered = bool(rule.group_by) and action.ordered
    return Delivery(
        id=identity,
        event_id=event.id,
        source=event.source,
        rule=rule.name,
        action=action.name,
        type=action.type,
        destination=action.destination,
        lane=lane,
        order_key=canonical([rule.name, match.key, lane]) if is_ordered else None,
        state=State.DEAD if fault else State.PENDING,
        request=request,
        timeout=action.timeout,
        retry=action.retry,
        created_at=now,
        promised_at=now,
        due_at=now,
        reason=fault,
    )


def _lane(draft: _Draft, rule: Rule, action: ActionSpec) -> str:
    """What shares a queue: one destination, or the API of one source, which may hang as a whole."""
    if draft.actions[action.type].calls_back:
        return f"source:{draft.event.source}"
    return action.destination or f"{rule.name}/{action.name}"


def _render(
    draft: _Draft, action: ActionSpec, names: Mapping[str, object]
) -> tuple[StoredRequest, str | None]:
    destination = draft.ruleset.destinations.get(action.destination or "")
    shown = shown_url(destination.url.value) if destination else None
    try:
        rendered = draft.actions[action.type].render(action, names, draft.ruleset.vault)
    except RenderFailed as fault:
        return StoredRequest(method="POST", shown_url=shown), str(fault)
    if rendered.shown_url is None:
        if rendered.url:
            shown = shown_url(masked(rendered.url))
        rendered = StoredRequest(  # twice as fast as `replace`
            method=rendered.method,
            shown_url=shown,
            url=rendered.url,
            headers=rendered.headers,
            body=rendered.body,
        )
    return rendered, None


def _names(
    draft: _Draft, match: _Match, suppressed: int, *, delivery: str, action: str
) -> Mapping[str, object]:
    """What templates can name (rules.md §4): ours win over fields of the same name."""
    event, rule = draft.event, match.rule.name
    firing = _digest(rule, event.source, event.id, match.key)
    ours: dict[str, object] = {
        "event": described(event),
        "rule": rule,
        "group": match.group,
        "count": 1,
        "suppressed": suppressed,
        "firing_id": firing,
        "incident": None,
    }
    body = {
        "id": delivery,
        "type": FIRING,
        "timestamp": format_time(draft.now),
        "rule": rule,
        "action": action,
        "firing_id": firing,
        "group": match.group,
        "count": 1,
        "suppressed": suppressed,
        "event": ours["event"],
    }
    return {**draft.record.fields, **ours, BODY: body}


def delivery_id(rule: str, action: str, event: Event, key: str) -> str:
    """The id of what this rule and action promise for this event and key. It is the idempotency
    key of every attempt, so it must never depend on anything else (rules.md §4, Ids)."""
    return _digest(rule, action, event.source, event.id, key)


def _digest(*parts: str) -> str:
    """128 bits in hex; the parts are joined as JSON, so that no two lists look alike."""
    return hashlib.sha256(canonical(list(parts)).encode()).hexdigest()[:32]


def memory_marks(ruleset: Ruleset) -> frozenset[GateMark]:
    """The gates of these rules that remember; other memory was made by rules that are gone or
    changed (rules.md §3, Reload)."""
    return frozenset(mark for rule in filter(_is_throttled, ruleset.rules) for mark in _marks(rule))


def _marks(rule: Rule) -> Iterator[GateMark]:
    yield GateMark(rule=rule.name, action="", gate="clock", mark="")
    yield GateMark(rule=rule.name, action="", gate="throttle", mark=rule.throttle_mark)
    for action in rule.actions:
        own, both = action.throttle_mark, rule.throttle_mark + action.throttle_mark
        yield GateMark(rule=rule.name, action=action.name, gate="throttle", mark=own)
        yield GateMark(rule=rule.name, action=action.name, gate="suppressed", mark=both)
