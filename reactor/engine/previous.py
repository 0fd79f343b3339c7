"""What fields held at a subject's previous event, for conditions that ask `from` and `to`."""

from datetime import timedelta

from msgspec.structs import replace

from reactor.engine.compiled import Tracked
from reactor.engine.draft import Draft
from reactor.engine.normalize import canonical
from reactor.engine.passage import subject_token
from reactor.engine.selector import MISSING
from reactor.model.event import Event, Record, Tracker
from reactor.model.memory import MemoryEntry, MemoryKey

KEPT = timedelta(days=30)
"""A value that nothing was heard of for so long is not known any more."""

RENEWED = timedelta(days=1)
"""A value that stays the same is written again after that, not at each event."""

MOST_VALUES = 1_000_000
"""So many are kept; of a further subject nothing is known until others are forgotten."""

MOST_LETTERS = 4096
"""A larger value, as JSON, is not kept: then it is not known."""


def with_previous(draft: Draft, event: Event, record: Record) -> Record:
    """The record with what fields held before, as far as rules ask for that."""
    tracked = draft.situation.rules.tracked
    if not tracked:
        return record
    found: dict[Tracker, object] = {}
    for each in tracked:
        entry = draft.recall(memory_key(each, event, record))
        if entry is not None and entry.expires_at >= event.received_at:
            found[each.tracker] = entry.value.get("value")
    return replace(record, previous=found)


def track(draft: Draft, event: Event, record: Record) -> None:
    """Keep what the fields hold now; an event without a field changes nothing."""
    for each in draft.situation.rules.tracked:
        value = each.path.find(record.fields)
        if value is not MISSING:
            _keep(draft, memory_key(each, event, record), value)


def _keep(draft: Draft, key: MemoryKey, value: object) -> None:
    before, text = draft.recall(key), canonical(value)
    is_full = before is None and draft.situation.memory.of_gate("previous") >= MOST_VALUES
    if is_full:
        _say_once(draft)
    if len(text) > MOST_LETTERS or is_full:
        draft.remember(key, None)
    elif (
        before is None
        or canonical(before.value.get("value")) != text  # 1 is not true
        or before.expires_at < draft.now + KEPT - RENEWED
    ):
        draft.remember(key, MemoryEntry("", {"value": value}, draft.now + KEPT))


def _say_once(draft: Draft) -> None:
    key = MemoryKey("", "", "full", "previous")
    if draft.recall(key) is None:
        draft.remember(key, MemoryEntry("", {}, draft.now + RENEWED))
        draft.notices.append(
            f"what fields held before is remembered of {MOST_VALUES:,} subjects, and of no further "
            "ones: 'from' and 'to' are unknown there, and fire nothing"
        )


def memory_key(tracked: Tracked, event: Event, record: Record) -> MemoryKey:
    """By subject; where a source names none, what the rule groups by tells them apart. The field
    itself does not: its change would be another key."""
    if event.subject != event.source:
        return MemoryKey("", canonical(tracked.tracker), "previous", subject_token(event))
    groups = [path.find(record.fields) for path in tracked.groups if path.text != tracked.path.text]
    known = [None if value is MISSING else value for value in groups]
    return MemoryKey(
        "", canonical(tracked.tracker), "previous", canonical([subject_token(event), *known])
    )
