"""Incidents: the firings of one key from the first until the condition ends (rules.md §3)."""

from datetime import datetime, timedelta

from msgspec import Struct

from reactor.duration import from_micros, to_micros
from reactor.model.incident import Joined
from reactor.model.memory import MemoryEntry
from reactor.model.rule import Rule

KEPT = timedelta(days=366)


def has_incidents(rule: Rule) -> bool:
    """Whether its firings belong to incidents."""
    return rule.resolve is not None or rule.gates.lasting is not None


class Open(Struct, frozen=True, kw_only=True):
    """An open incident as it is remembered: since when, how many firings, and its group."""

    id: str
    since: datetime
    count: int
    key: str
    group: object


def remembered(joined: Joined, group: object, mark: str) -> MemoryEntry:
    """What is kept of an open incident."""
    value = {
        "id": joined.id,
        "since": to_micros(joined.since),
        "count": joined.count,
        "key": joined.key,
        "group": group,
    }
    return MemoryEntry(mark, value, joined.at + KEPT)


def opened(memory: MemoryEntry | None) -> Open | None:
    """The incident that is open, if one is."""
    if memory is None:
        return None
    identity, since, count, key = (
        memory.value.get(each) for each in ("id", "since", "count", "key")
    )
    if not (isinstance(since, int) and isinstance(count, int)):
        return None
    return Open(
        id=str(identity),
        since=from_micros(since),
        count=count,
        key=str(key),
        group=memory.value.get("group"),
    )
