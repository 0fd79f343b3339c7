"""`keep` of the rule file: how long the journal keeps what."""

from collections.abc import Mapping
from datetime import timedelta

from reactor.config.node import Entry, Problems, Table
from reactor.config.settings import parse_fields
from reactor.config.values import as_duration, check_keys, refuse
from reactor.model.protocols import Field, Kind
from reactor.model.rule import Keep

FIELDS: Mapping[str, Field] = {
    "events": Field(kind=Kind.DURATION, about="Events and what was decided of them; 30d."),
    "deliveries": Field(
        kind=Kind.DURATION, about="Deliveries that are over, with their events; 3 times `events`."
    ),
    "dead_letters": Field(
        kind=Kind.DURATION, about="Dead letters, with their events; as long as `deliveries`."
    ),
}
"""Its keys, from what is kept for the shortest time to what is kept for the longest."""

SHORTEST = timedelta(hours=1)
"""An event that a source brings again later than this must still be known."""


def parse_keep(entry: Entry, problems: Problems) -> Keep:
    """What the key holds; what is wrong with it is noted."""
    if isinstance(entry.value, Table):
        return _long(entry.value, problems)
    events = as_duration("keep", entry.value, problems)
    if events is not None and events < SHORTEST:
        refuse(problems, "keep", entry.value, "at least 1h")
    return _kept({"events": events})


def _long(table: Table, problems: Problems) -> Keep:
    check_keys(table, FIELDS, problems)
    options = parse_fields(table, FIELDS, problems, "'keep'")
    spans = {key: each for key, each in options.items() if isinstance(each, timedelta)}
    keep = _kept(spans)
    floors = {
        "events": (SHORTEST, "at least 1h"),
        "deliveries": (keep.events, "at least as long as 'events'"),
        "dead_letters": (keep.deliveries, "at least as long as 'deliveries'"),
    }
    for key, (floor, expected) in floors.items():
        if spans.get(key, floor) < floor:
            refuse(problems, key, table.entries[key].value, expected)
    return keep


def _kept(spans: Mapping[str, timedelta | None]) -> Keep:
    """With what is left out: what fired outlives what did not."""
    events = spans.get("events") or Keep().events
    deliveries = spans.get("deliveries") or 3 * events
    dead_letters = spans.get("dead_letters") or deliveries
    return Keep(events=events, deliveries=deliveries, dead_letters=dead_letters)
