"""A match on its way through the gates, and how a gate keeps it for later."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from msgspec import Struct, convert, structs, to_builtins

from reactor.duration import from_micros, to_micros
from reactor.engine.gates.said import Held
from reactor.engine.normalize import canonical, record_of
from reactor.engine.selector import MISSING
from reactor.model.event import Event, Record
from reactor.model.gates import Phase
from reactor.model.incident import Joined
from reactor.model.match import Verdict
from reactor.model.memory import MemoryEntry, MemoryKey
from reactor.model.rule import Rule
from reactor.model.uri import ObjectRef, comparable_uri

NOTHING = Record({}, platform=False)


@dataclass(frozen=True, slots=True)
class Cause:
    """The calls that led to an event: the rules that made them, first to last, by `delivery` the
    last. `root` is the first delivery of all."""

    root: str
    delivery: str
    chain: tuple[str, ...]


class Passage(Struct, kw_only=True):
    """One match of one rule. `event` None: a timer fired without one, and tells of the `last` that
    there was.

    `source` is that of the event, or the one that the rule would hear of it from. `key` is the
    group key as JSON, one for the whole rule without `group_by`. `slot` is what gates remember it
    under: the key, until a rule has too many; `own` is the same, but without `group_by` the subject
    (rules.md §3). `at` is the time that gates go by, `own_at` that of those
    that go by `own`. `is_settling`: its
    evaluations are in the journal, and wait. `due` is when its timer was due. `gates` are what was
    said since.
    """

    rule: Rule
    event: Event | None
    last: Event | None = None
    source: str
    record: Record
    key: str
    slot: str
    own: str
    group: object
    at: datetime
    own_at: datetime
    count: int = 1
    is_settling: bool = False
    due: datetime | None = None
    gates: tuple[Verdict, ...] = ()
    phase: Phase | None = None
    incident: Joined | None = None
    cause: Cause | None = None

    def memory_of(self, gate: str, action: str = "") -> MemoryKey:
        """Where a gate remembers what concerns the key."""
        return MemoryKey(self.rule.name, action, gate, self.slot)

    @property
    def hours_slot(self) -> str:
        """What waits for its time under it: the end of an incident apart from its firings."""
        return ended_slot(self.slot) if self.phase is Phase.RESOLVED else self.slot

    def own_memory_of(self, gate: str, action: str = "") -> MemoryKey:
        """The same for gates that go by the subject where there is no `group_by`."""
        return MemoryKey(self.rule.name, action, gate, self.own)


def ended_slot(slot: str) -> str:
    """Where the end of an incident of this slot waits; in order it comes behind what it ends."""
    return f"{slot} {Phase.RESOLVED}"


def passage_of(rule: Rule, event: Event, record: Record, at: datetime) -> Passage:
    """An event at the first gate."""
    known = key_values(rule, record)
    key = canonical(known)
    return Passage(
        rule=rule,
        event=event,
        source=event.source,
        record=record,
        key=key,
        slot=key,
        own=key if rule.group_by else subject_token(event),
        group=known[0] if len(known) == 1 else known or None,
        at=at,
        own_at=at,
    )


def key_values(rule: Rule, record: Record) -> list[object]:
    """The values of `group_by`; what is unknown is null, and 5.0 is 5."""
    return [_key_value(path.find(record.fields)) for path in rule.group_by]


def _key_value(value: object) -> object:
    if value is MISSING:
        return None
    return int(value) if isinstance(value, float) and value.is_integer() else value


def subject_token(event: Event) -> str:
    """What is equal for events of one subject of one source, however its URI is written. It is a
    key of memories, and what they watch."""
    return _token(event.source, event.subject)


def watch_token(rule: Rule, event: Event, key: str) -> str:
    """What a memory of this key watches to hear of the subject again. Where a source names no
    subjects, it is the key that comes again."""
    if event.subject != event.source or not rule.group_by:
        return subject_token(event)
    return f"subject:{canonical([event.source, [path.text for path in rule.group_by], key])}"


@lru_cache(maxsize=1024)  # asked by each rule that an event matches, and again by its next event
def _token(source: str, subject: str) -> str:
    return f"subject:{canonical([source, _comparable(subject)])}"


def _comparable(subject: str) -> object:
    found = comparable_uri(subject)
    return [found.type, found.id] if isinstance(found, ObjectRef) else found


def held(passage: Passage) -> Held:
    """The match as plain JSON."""
    event, cause = passage.event, passage.cause
    return {
        "source": passage.source,
        "event": event.id if event else "",
        "last": passage.last.id if passage.last else "",
        "key": passage.key,
        "slot": passage.slot,
        "own": passage.own,
        "group": passage.group,
        "at": to_micros(passage.at),
        "count": passage.count,
        "due": to_micros(passage.due) if passage.due else None,
        "cause": [cause.root, cause.delivery, *cause.chain] if cause else None,
        "phase": passage.phase,
        "incident": to_builtins(passage.incident),
        "previous": [[*each] for each in (passage.record.previous or {}).items()],
    }


def kept_in(memory: MemoryEntry) -> Held:
    """The match that a gate keeps in its memory; empty if there is none."""
    kept = memory.value.get("held")
    return kept if isinstance(kept, Mapping) else {}


def whose(kept: Held) -> tuple[str, str]:
    """The source and the id of the event that was kept; both are empty where there was none."""
    return _text(kept, "source"), _text(kept, "event")


def told_of(kept: Held) -> tuple[str, str]:
    """The source and the id of the event that a match without one tells of; the id is empty where
    there was none."""
    return _text(kept, "source"), _text(kept, "last")


def taken_up(
    rule: Rule, kept: Held, event: Event | None, at: datetime, *, last: Event | None = None
) -> Passage:
    """The match again, at `at`."""
    seen = event or last
    due, cause, phase = (kept.get(name) for name in ("due", "cause", "phase"))
    return Passage(
        rule=rule,
        event=event,
        last=last,
        source=_text(kept, "source"),
        record=_record(seen, kept) if seen else NOTHING,
        key=_text(kept, "key"),
        slot=_text(kept, "slot"),
        own=_text(kept, "own"),
        group=kept.get("group"),
        at=at,
        own_at=at,
        count=_number(kept, "count", 1),
        is_settling=True,
        due=from_micros(due) if isinstance(due, int) else None,
        phase=Phase(phase) if isinstance(phase, str) else None,
        incident=_incident(kept),
        cause=_cause(cause),
    )


def _record(event: Event, kept: Held) -> Record:
    """The event as it was seen, with what its fields had held before."""
    told = kept.get("previous")
    known = told if isinstance(told, list | tuple) else ()
    previous = {(str(path), tuple(groups)): value for (path, groups), value in known}
    return structs.replace(record_of(event), previous=previous or None)


def _incident(kept: Held) -> Joined | None:
    """What it is to its incident, as that was then."""
    told = kept.get("incident")
    return convert(told, Joined) if isinstance(told, Mapping) else None


def _cause(told: object) -> Cause | None:
    if not isinstance(told, list | tuple):
        return None
    root, delivery, *chain = map(str, told)
    return Cause(root, delivery, tuple(chain))


def _text(kept: Held, name: str) -> str:
    value = kept.get(name)
    return value if isinstance(value, str) else ""


def _number(kept: Held, name: str, default: int) -> int:
    value = kept.get(name)
    return value if isinstance(value, int) else default
