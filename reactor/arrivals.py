"""The beginning of the road: which frames are new events, which are known, which are none."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from reactor.engine.normalize import Refusal, normalize
from reactor.journal.batch import Batch
from reactor.journal.database import Connection
from reactor.journal.events import known
from reactor.model.event import Arrival, Event, Note, Rejection

EXCERPT_BYTES = 200


def take_in(
    arrivals: Sequence[Arrival], reader: Connection, now: datetime
) -> tuple[list[Event], Batch]:
    """The events that are new, and of the other frames what the journal is to keep. Blocks for a
    read."""
    events, rejections = _normalize(arrivals, now)
    fresh, duplicates = _only_new(events, reader)
    return fresh, Batch(rejections=tuple(rejections), duplicates=duplicates)


def _normalize(arrivals: Sequence[Arrival], now: datetime) -> tuple[list[Event], list[Rejection]]:
    """Frames that are events, and what is wrong with the others."""
    events, rejections = [], []
    for arrival in arrivals:
        found = normalize(arrival, arrival.at or now)
        if isinstance(found, Refusal):
            rejections.append(_rejection(arrival, found, now))
        else:
            events.append(found)
    return events, rejections


def _rejection(arrival: Arrival, why: Refusal, now: datetime) -> Rejection:
    return Rejection(
        source=arrival.source,
        received_at=arrival.at or now,
        reason=why,
        excerpt=arrival.raw[:EXCERPT_BYTES].decode(errors="replace"),
        size=len(arrival.raw),
    )


def _only_new(events: list[Event], reader: Connection) -> tuple[list[Event], Counter[str]]:
    """A frame seen twice is one event: leave out what the journal or this batch has."""
    ids: dict[str, list[str]] = {}
    for event in events:
        ids.setdefault(event.source, []).append(event.id)
    seen = {(source, id_) for source in ids for id_ in known(reader, source, ids[source])}
    fresh, duplicates = [], Counter[str]()
    for event in events:
        if (event.source, event.id) in seen:
            duplicates[event.source] += 1
        else:
            seen.add((event.source, event.id))
            fresh.append(event)
    return fresh, duplicates


def notes_of(items: Iterable[Arrival | Note]) -> tuple[Note, ...]:
    """What sources want to find again, with an event or without, in the order it came."""
    return tuple(
        item if isinstance(item, Note) else Note(source=item.source, remember=item.remember)
        for item in items
        if item.remember
    )
