"""From a firing to its promise: a delivery with its request rendered once (rules.md §4)."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from reactor.duration import format_time
from reactor.engine.draft import Draft
from reactor.engine.normalize import canonical, described
from reactor.engine.passage import Passage
from reactor.model.delivery import Delivery, State
from reactor.model.errors import RenderFailed
from reactor.model.event import Event
from reactor.model.gates import Phase
from reactor.model.request import StoredRequest, shown_url
from reactor.model.rule import ActionSpec, Ruleset
from reactor.model.secret import masked

FIRING = "reactor.firing"
"""The `type` of the default webhook body (rules.md §4)."""

BODY = "reactor:body"
"""The name under which an action finds the default body. No frame field is in its way: a template
cannot write it."""


def promise(draft: Draft, passage: Passage, action: ActionSpec, suppressed: int) -> Delivery:
    """The promise, with its request rendered once; buried at birth if it cannot be rendered."""
    rule, event, now = passage.rule, passage.event, draft.now
    lane = _lane(draft, passage, action)
    identity = _identity(passage, action)
    names = _names(draft, passage, suppressed, delivery=identity, action=action.name)
    request, fault = _render(draft, action, names)
    is_ordered = bool(rule.group_by) and action.ordered
    return Delivery(
        id=identity,
        event_id=event.id if event else "",
        source=passage.source,
        rule=rule.name,
        action=action.name,
        type=action.type,
        destination=action.destination,
        lane=lane,
        order_key=canonical([rule.name, passage.key, lane]) if is_ordered else None,
        state=State.DEAD if fault else State.PENDING,
        request=request,
        timeout=action.timeout,
        retry=action.retry,
        created_at=now,
        promised_at=now,
        due_at=now,
        reason=fault,
    )


def _lane(draft: Draft, passage: Passage, action: ActionSpec) -> str:
    """What shares a queue: one destination, or the API of one source, which may hang as a whole."""
    if draft.situation.actions[action.type].calls_back:
        return f"source:{passage.source}"
    return action.destination or f"{passage.rule.name}/{action.name}"


def _identity(passage: Passage, action: ActionSpec) -> str:
    rule, event = passage.rule.name, passage.event
    if event is None:
        return _digest(rule, action.name, "", _moment(passage.due), passage.key)
    if passage.phase is Phase.RESOLVED:  # the event may have fired something by itself
        return _digest(rule, action.name, event.source, event.id, passage.key, Phase.RESOLVED)
    return delivery_id(rule, action.name, event, passage.key)


def delivery_id(rule: str, action: str, event: Event, key: str) -> str:
    """The id of what this rule and action promise for this event and key. It is the idempotency
    key of every attempt, so it must never depend on anything else (rules.md §4, Ids)."""
    return _digest(rule, action, event.source, event.id, key)


def _moment(due: datetime | None) -> str:
    return format_time(due) if due else ""


def _digest(*parts: str) -> str:
    """128 bits in hex; the parts are joined as JSON, so that no two lists look alike."""
    return hashlib.sha256(canonical(list(parts)).encode()).hexdigest()[:32]


def incident_id(rule: str, key: str, source: str, event_id: str) -> str:
    """The id of the incident that this event opened."""
    return _digest("incident", rule, key, source, event_id)[:16]


def _render(
    draft: Draft, action: ActionSpec, names: Mapping[str, object]
) -> tuple[StoredRequest, str | None]:
    ruleset: Ruleset = draft.situation.rules.ruleset
    destination = ruleset.destinations.get(action.destination or "")
    shown = shown_url(destination.url.value) if destination else None
    try:
        rendered = draft.situation.actions[action.type].render(action, names, ruleset.vault)
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
    draft: Draft, passage: Passage, suppressed: int, *, delivery: str, action: str
) -> Mapping[str, object]:
    """What templates can name (rules.md §4): ours win over fields of the same name."""
    event, rule = passage.event, passage.rule.name
    origin = (event.source, event.id) if event else ("", _moment(passage.due))
    firing = _digest(rule, *origin, passage.key)
    told = {
        "rule": rule,
        "firing_id": firing,
        "group": passage.group,
        "count": passage.count,
        "suppressed": suppressed,
        "event": described(event) if event else None,
    }
    incident = _incident(passage)
    ours = {**told, "incident": incident}
    body = {
        "id": delivery,
        "type": FIRING,
        "timestamp": format_time(draft.now),
        "action": action,
        **(ours if incident else told),
    }
    return {**passage.record.fields, **ours, BODY: body}


def _incident(passage: Passage) -> dict[str, object] | None:
    joined = passage.incident
    if joined is None:
        return None
    return {
        "id": joined.id,
        "phase": joined.phase,
        "since": format_time(joined.since),
        "count": joined.count,
    }
