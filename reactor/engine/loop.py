"""The loop guard: events that our own calls caused are recognised, and a rule that would fire on
its own consequences without end is stopped (rules.md §3).

A call is remembered when its delivery is planned, is a cause of what happens to its object from its
first attempt on, and for a while after its last.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from reactor.engine.draft import Draft
from reactor.engine.gates.said import Said
from reactor.engine.normalize import canonical
from reactor.engine.passage import Cause, Passage
from reactor.model.delivery import Delivery
from reactor.model.event import Event
from reactor.model.match import Reason
from reactor.model.memory import MemoryEntry, MemoryKey
from reactor.model.uri import ObjectRef, comparable_uri

DEEPEST = 3
"""So often in a row a rule may fire on consequences of itself."""

MOST_CALLS = 100
"""So many calls may go back to one."""

UNDER_WAY = timedelta(minutes=10)
"""How long a call that began and was not heard of again counts as a cause."""

AFTERMATH = timedelta(minutes=1)
"""How long after a call what happens to its object counts as its consequence."""

KEPT = timedelta(days=1)
_SAID_FOR = timedelta(hours=1)


def cause_of(draft: Draft, event: Event) -> Cause | None:
    """The call that led to the event, if one did: that with the longest chain."""
    if not draft.situation.memory.of_gate("cause"):
        return None
    found = [draft.recall(_cause_key(event.source, uri)) for uri in _uris(event)]
    causes = [_cause(entry) for entry in found if entry and entry.expires_at >= event.received_at]
    return max(causes, key=lambda cause: len(cause.chain), default=None)


def _uris(event: Event) -> Iterator[str]:
    """The URIs of what it happened to: the object itself, and its parents."""
    yield event.subject
    parents = event.data.get("parents")
    yield from (uri for uri in parents if isinstance(uri, str)) if isinstance(parents, list) else ()


def guard(draft: Draft, passage: Passage) -> Said | None:
    """The gate: whether the rule fires on consequences of itself for too long."""
    cause = passage.cause
    if cause is None:
        return None
    depth, calls = cause.chain.count(passage.rule.name), _calls(draft, cause.root)
    numbers = {"cause": cause.delivery, "depth": depth, "deepest": DEEPEST, "calls": calls}
    if depth <= DEEPEST and calls < MOST_CALLS:
        return Said(None, None, numbers)
    _say_once(draft, passage, cause, depth)
    return Said(Reason.LOOP_GUARD, None, numbers)


def _calls(draft: Draft, root: str) -> int:
    entry = draft.recall(MemoryKey("", "", "tree", root))
    count = entry.value.get("calls") if entry else None
    return count if isinstance(count, int) else 0


def _say_once(draft: Draft, passage: Passage, cause: Cause, depth: int) -> None:
    key = MemoryKey("", "", "guarded", canonical([passage.rule.name, cause.root]))
    if draft.recall(key) is None:
        why = f"its own calls led to this {depth} times in a row"
        if depth <= DEEPEST:
            why = f"delivery {cause.root} led to {MOST_CALLS} calls"
        draft.notices.append(f"rule '{passage.rule.name}' is held back by the loop guard: {why}")
        draft.remember(key, MemoryEntry("", {}, draft.now + _SAID_FOR))


def planned(draft: Draft, passage: Passage, delivery: Delivery) -> None:
    """A call was promised."""
    cause = passage.cause
    root, chain = (cause.root, cause.chain) if cause else (delivery.id, ())
    until = draft.now + delivery.retry.give_up_after + KEPT
    value = {"root": root, "chain": [*chain, passage.rule.name]}
    draft.remember(MemoryKey("", "", "call", delivery.id), MemoryEntry("", value, until))
    tree = {"calls": _calls(draft, root) + 1}
    draft.remember(MemoryKey("", "", "tree", root), MemoryEntry("", tree, until))


def began(draft: Draft, delivery: str, source: str, uri: str, at: datetime) -> None:
    """An attempt of a call to the object at `uri` begins: what happens to it may be of that."""
    call = draft.recall(MemoryKey("", "", "call", delivery))
    if call is not None:
        value = {**call.value, "delivery": delivery, "watches": [f"delivery:{delivery}"]}
        draft.remember(_cause_key(source, uri), MemoryEntry("", value, at + UNDER_WAY))


def ended(draft: Draft, delivery: str, source: str, action_uri: str | None, at: datetime) -> None:
    """The call was answered, or is given up. `action_uri` is what it became on the platform."""
    for key in draft.situation.memory.watching(f"delivery:{delivery}"):
        entry = draft.recall(key)
        if key.gate == "cause" and entry is not None:
            lasting = replace(entry, expires_at=at + AFTERMATH)
            draft.remember(key, lasting)
            if action_uri:
                draft.remember(_cause_key(source, action_uri), lasting)


def _cause_key(source: str, uri: str) -> MemoryKey:
    found = comparable_uri(uri)
    named = [found.type, found.id] if isinstance(found, ObjectRef) else found
    return MemoryKey("", "", "cause", canonical([source, named]))


def _cause(entry: MemoryEntry) -> Cause:
    chain = entry.value.get("chain")
    return Cause(
        root=str(entry.value.get("root")),
        delivery=str(entry.value.get("delivery")),
        chain=tuple(map(str, chain)) if isinstance(chain, list) else (),
    )
