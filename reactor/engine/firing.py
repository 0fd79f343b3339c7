"""What becomes of a match: a firing or the reason why not, for each action of the rule."""

from datetime import datetime

from msgspec import structs

from reactor.duration import format_time
from reactor.engine import loop
from reactor.engine.chain import RESOLVING, Owner, at_its_key, gates_of, held_by, name_of, said_no
from reactor.engine.draft import Draft
from reactor.engine.gates.clock import event_clock
from reactor.engine.gates.incident import Open, has_incidents, opened, remembered
from reactor.engine.gates.mode import begun
from reactor.engine.gates.said import Held
from reactor.engine.gates.suppressed import one_more, suppressed_count
from reactor.engine.passage import (
    Passage,
    ended_slot,
    kept_in,
    passage_of,
    taken_up,
    told_of,
    whose,
)
from reactor.engine.promise import incident_id, promise
from reactor.engine.remembered import watches
from reactor.model.delivery import Delivery
from reactor.model.event import Event, Record
from reactor.model.gates import Phase
from reactor.model.incident import Joined
from reactor.model.match import Evaluation, Reason, Settlement
from reactor.model.memory import MemoryKey
from reactor.model.rule import ActionSpec, Rule


def enter(draft: Draft, passage: Passage, behind: str | None = None) -> None:
    """A match at the rule's gates, or further on `behind` the one that kept it."""
    reason = held_by(draft, passage, None, behind)
    if reason is None:
        _join(draft, passage)
    made = [
        delivery
        for action in passage.rule.actions
        if action.enabled and (delivery := _act(draft, passage, action, reason))
    ]
    _begin(draft, passage, None, made)


def go_on(draft: Draft, rule: Rule, key: MemoryKey, kept: Held, at: datetime) -> None:
    """A match that the gate of this memory kept goes on behind it; expired if its event or its
    action is gone."""
    source, event_id = whose(kept)
    event = draft.situation.event_of(source, event_id) if event_id else None
    action = next((each for each in rule.actions if each.name == key.action and each.enabled), None)
    if (event_id and event is None) or (key.action and action is None):
        draft.settle(rule.name, key.action or None, kept, Reason.EXPIRED)
        return
    source, last_id = told_of(kept)
    last = draft.situation.event_of(source, last_id) if last_id else None
    passage = at_its_key(draft, taken_up(rule, kept, event, at, last=last))
    passed = {"gate": key.gate, "action": key.action or None, "reason": None, "at": format_time(at)}
    passage.gates = (passed,)
    if action is None:
        enter(draft, passage, key.gate)
    else:
        _enter_action(draft, passage, action, key.gate)


def _enter_action(draft: Draft, passage: Passage, action: ActionSpec, behind: str) -> None:
    reason = held_by(draft, passage, action, behind) or _shadow(passage.rule, action)
    _conclude(draft, passage, action, reason)


def _act(
    draft: Draft, passage: Passage, action: ActionSpec, reason: Reason | None
) -> Delivery | None:
    """What becomes of a match for one action; each goes its own way from here."""
    common, count = passage.gates, passage.count
    why = reason or _held_by_action(draft, passage, action)
    delivery = _conclude(draft, passage, action, why)
    passage.gates, passage.count = common, count
    return delivery


def _held_by_action(draft: Draft, passage: Passage, action: ActionSpec) -> Reason | None:
    if passage.phase is not None and passage.phase not in action.when:
        return Reason.INCIDENT
    return (
        _if_false(passage, action)
        or held_by(draft, passage, action, None)
        or _shadow(passage.rule, action)
    )


def _if_false(passage: Passage, action: ActionSpec) -> Reason | None:
    if action.condition is None or action.condition.evaluate(passage.record) is True:
        return None
    return Reason.IF_FALSE


def _shadow(rule: Rule, action: ActionSpec) -> Reason | None:
    return Reason.SHADOW if action.shadow or rule.shadow else None


def _join(draft: Draft, passage: Passage) -> None:
    """The firing opens the incident of its key, or belongs to the one that is open."""
    event, rule = passage.event, passage.rule
    if event is None or not has_incidents(rule):
        return
    key, mark = passage.own_memory_of("incident"), rule.gates.mark("incident")
    before = opened(draft.recall(key, mark))
    passage.phase = Phase.REPEATED if before else Phase.OPENED
    fresh = incident_id(rule.name, passage.own, event.source, event.id)
    known = before or Open(
        id=fresh, since=passage.at, count=0, key=passage.key, group=passage.group
    )
    joined = structs.replace(known, count=known.count + 1)
    passage.incident = _part_of(joined, passage, event, passage.phase, draft.now)
    draft.remember(key, remembered(passage.incident, passage.group, mark))
    draft.joined.append(passage.incident)
    if passage.phase is Phase.OPENED:
        _end_held(draft, rule, ended_slot(passage.slot))


def _part_of(incident: Open, passage: Passage, event: Event, phase: Phase, now: datetime) -> Joined:
    return Joined(
        id=incident.id,
        rule=passage.rule.name,
        key=incident.key,
        phase=phase,
        at=now,
        since=incident.since,
        count=incident.count,
        event_id=event.id,
        source=event.source,
    )


def close(draft: Draft, rule: Rule, own: str, event: Event, record: Record) -> None:
    """The condition of the incident of this key ended by `event`, if one is open."""
    key = MemoryKey(rule.name, "", "incident", own)
    incident = opened(draft.recall(key, rule.gates.mark("incident")))
    if incident is None:
        return
    draft.remember(key, None)
    passage = passage_of(rule, event, record, event_clock(event))
    passage = structs.replace(
        passage,
        key=incident.key,
        slot=own if rule.group_by else passage.slot,
        own=own,
        group=incident.group,
        phase=Phase.RESOLVED,
    )
    passage.incident = _part_of(incident, passage, event, Phase.RESOLVED, draft.now)
    draft.joined.append(passage.incident)
    _end_held(draft, rule, passage.slot)
    _resolve(draft, passage)


def _end_held(draft: Draft, rule: Rule, slot: str) -> None:
    """What actions hold until their time comes is over with the incident; and that it was over is,
    when the next one opens."""
    for action in rule.actions:
        for gate in ("during", "not_during"):
            key = MemoryKey(rule.name, action.name, gate, slot)
            memory = draft.recall(key)
            if memory is not None and watches(memory):
                draft.remember(key, None)
                draft.settle(key.rule, action.name, kept_in(memory), Reason.ENDED)


def _resolve(draft: Draft, passage: Passage) -> None:
    """The end of an incident, for the actions that tell of it."""
    common = passage.gates
    for action in passage.rule.actions:
        if action.enabled and Phase.RESOLVED in action.when:
            why = (
                _if_false(passage, action)
                or said_no(draft, passage, action, RESOLVING)
                or _shadow(passage.rule, action)
            )
            _conclude(draft, passage, action, why)
            passage.gates = common


def _conclude(
    draft: Draft, passage: Passage, action: ActionSpec, reason: Reason | None
) -> Delivery | None:
    """Write down what became of the match for one action, and count what was held back."""
    suppressed = _count_suppressed(draft, passage, action, reason)
    delivery = promise(draft, passage, action, suppressed) if reason is None else None
    if delivery:
        draft.deliveries.append(delivery)
        if draft.situation.actions[action.type].calls_back:
            loop.planned(draft, passage, delivery)
        _begin(draft, passage, action, [delivery])
    _write_down(draft, passage, action, reason or Reason.FIRED, delivery)
    return delivery


def _begin(draft: Draft, passage: Passage, owner: Owner, made: list[Delivery]) -> None:
    """A firing is under way, for `mode`."""
    gates = gates_of(passage.rule, owner)
    if gates.mode is None:
        return
    if ids := [delivery.id for delivery in made if delivery.reason is None]:
        key, mark = passage.memory_of("mode", name_of(owner)), gates.mark("mode")
        draft.remember(key, begun(mark, draft.recall(key, mark), ids, draft.now))


def _write_down(
    draft: Draft, passage: Passage, action: ActionSpec, reason: Reason, delivery: Delivery | None
) -> None:
    event, rule = passage.event, passage.rule.name
    identity = delivery.id if delivery else None
    if passage.is_settling:
        draft.settlements.append(
            Settlement(
                event_id=event.id if event else "",
                source=event.source if event else "",
                rule=rule,
                action=action.name,
                reason=reason,
                at=draft.now,
                key=passage.key,
                delivery_id=identity,
                gates=passage.gates,
            )
        )
        return
    draft.evaluations.append(
        Evaluation(
            event_id=event.id if event else "",
            source=event.source if event else "",
            rule=rule,
            action=action.name,
            reason=reason,
            at=draft.now,
            key=passage.key,
            delivery_id=identity,
            gates=passage.gates,
        )
    )


def _count_suppressed(
    draft: Draft, passage: Passage, action: ActionSpec, reason: Reason | None
) -> int:
    """How many were held back before this; a firing (or its shadow) starts the count again."""
    rule = passage.rule
    if rule.gates.throttle is None and action.gates.throttle is None:
        return 0
    key = passage.memory_of("suppressed", action.name)
    mark = rule.gates.mark("throttle") + action.gates.mark("throttle")
    before = draft.recall(key)
    if reason is Reason.THROTTLED:
        draft.remember(key, one_more(before, mark, passage.at))
    elif reason in (None, Reason.SHADOW):
        draft.remember(key, None)
    return suppressed_count(before, mark, passage.at)
