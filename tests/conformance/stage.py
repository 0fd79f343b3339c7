"""One story in two worlds: in the engine, as the pipeline drives it, and in the reference."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from reactor.actions import ACTIONS
from reactor.decider import Decider
from reactor.duration import from_micros, to_micros
from reactor.engine.compiled import CompiledRules
from reactor.engine.later import memory_marks
from reactor.journal.batch import Batch
from reactor.journal.codec import from_json, from_moment, to_json, to_moment
from reactor.model.delivery import Delivery
from reactor.model.event import Event, Record
from reactor.model.gates import Phase
from reactor.model.incident import Joined
from reactor.model.match import Reason
from reactor.model.memory import MemoryEntry, MemoryKey
from reactor.model.rule import Rule, SourceSpec
from reactor.model.signal import DeliveryEnded, Linked, Signal, Started
from reactor.model.silence import Silence as Silenced
from tests.builders import NOON, PLACE, a_ruleset, replace
from tests.conformance import stories
from tests.conformance.ledger import Ledger
from tests.conformance.reference import Reference
from tests.conformance.reference_gates import SILENCED
from tests.conformance.reference_values import Part, Row, Sent, Told

SOURCE = "local"
_SPEC = SourceSpec(name=SOURCE, type="file", options={}, place=PLACE)


def difference(story: stories.Story) -> str | None:
    """Where the engine and the reference differ first, in words for people."""
    stage = Stage(story)
    for number, step in enumerate(story.steps, 1):
        if wrong := stage.perform(number, step):
            return f"step {number}: {wrong}"
    return None


class Stage:
    """Both worlds, and the clock."""

    def __init__(self, story: stories.Story) -> None:
        self.reached = Counter[Reason]()
        self._now, self._since = NOON, NOON
        self._has_source = story.has_source
        self._events: dict[tuple[str, str], Event] = {}
        self._silences: tuple[Silenced, ...] = ()
        self._deliveries: list[str] = []
        self._ended: set[int] = set()
        self._batches: list[Batch] = []
        self._rule, self._rules = story.rule, self._compiled(story.rule)
        self._reference = Reference(story.rule, NOON, has_source=story.has_source)
        self._ledger = Ledger()
        self._decider = self._new_decider({})
        self._adopt()

    def _compiled(self, rule: Rule) -> CompiledRules:
        sources = {SOURCE: _SPEC} if self._has_source else {}
        return CompiledRules(replace(a_ruleset(rule), sources=sources))

    def _new_decider(self, memory: Mapping[MemoryKey, MemoryEntry]) -> Decider:
        decider = Decider(
            self._rules,
            ACTIONS,
            memory,
            0,
            since=self._now,
            event_of=lambda source, identity: self._events.get((source, identity)),
        )
        decider.silence(self._silences)
        return decider

    def perform(self, number: int, step: stories.Step) -> str | None:
        """Let it happen in both; what differs then."""
        pause, what = step
        self._batches = []
        if isinstance(what, stories.Restart):
            down_for = min(pause, what.down_for)
            self._restart(pause - down_for, down_for)
        else:
            self._now += pause
            self._reference.passes(self._now, is_over=False, since=self._since)
            self._happen(f"e{number}", what)
        is_over = isinstance(what, stories.Pass) and what.is_over
        self._reference.passes(self._now, is_over=is_over, since=self._since)
        return self._compared()

    def _happen(self, name: str, what: stories.What) -> None:
        match what:
            case stories.Send():
                self._send(name, what)
            case stories.Pass(is_over):
                self._conclude((), is_over=is_over)
            case stories.Load(rule):
                self._load(rule)
            case stories.Link(is_connected):
                self._reference.linked(is_connected=is_connected, at=self._now)
                self._conclude([Linked(SOURCE, is_connected)])
            case _:
                self._conclude()
                self._interfere(what)

    def _conclude(self, moments: Sequence[Event | Signal] = (), *, is_over: bool = False) -> None:
        """As the pipeline does with what came in at one moment."""
        concluded = self._decider.conclude(
            Batch(),
            [(each, self._now) for each in moments],
            (),
            now=self._now,
            until=(self._now, is_over),
        )
        self._decider.remember(concluded.batch)
        self._batches.append(concluded.batch)
        self._deliveries += [delivery.id for delivery in concluded.batch.deliveries]

    def _send(self, name: str, what: stories.Send) -> None:
        known = {name: truth for name, truth in what.says.items() if truth is not None}
        data = known if what.group is None else {**known, "group": what.group}
        event = Event(
            id=name,
            source=SOURCE,
            subject=what.subject,
            time=self._now + what.offset,
            received_at=self._now,
            raw=b"",
            data=data,
            facts={},
            platform=False,
        )
        self._events[SOURCE, name] = event
        record = Record(data, platform=False)
        sent = Sent(name, event.time, self._now, what.subject, what.group, record)
        self._ledger.heard(self._rule, sent)
        self._reference.event(sent)
        self._conclude([event])

    def _restart(self, alive_for: timedelta, down_for: timedelta) -> None:
        """A process goes on for a while and dies, and what it remembers goes through the journal's
        JSON to the next one."""
        self._now += alive_for
        alive_at = self._now
        self._reference.passes(alive_at, is_over=False, since=self._since)
        self._conclude()
        self._now += down_for
        memory = {key: _reread(entry) for key, entry in self._decider.memory}
        self._since = self._now
        self._decider = self._new_decider(memory)
        self._adopt()
        self._reference.started(self._now, alive_at)
        self._conclude([Started(alive_at)])

    def _load(self, rule: Rule) -> None:
        self._conclude()
        self._rule, self._rules = rule, self._compiled(rule)
        self._reference.loaded(rule)
        self._adopt()

    def _adopt(self) -> None:
        marks = memory_marks(self._rules.ruleset)
        adoption = self._decider.adoption(self._rules, marks, self._now)
        self._decider.adopt(self._rules, adoption)
        self._batches.append(Batch(settlements=adoption.settlements))

    def _interfere(self, what: stories.What) -> None:
        if isinstance(what, stories.Tidy):
            self._decider.forget(self._now)
        elif isinstance(what, stories.Silence):
            self._silence(self._now + what.lasts)
        elif isinstance(what, stories.End) and what.which < len(self._under_way()):
            number = self._under_way()[what.which]
            self._ended.add(number)
            self._reference.ended(number)
            self._conclude([DeliveryEnded(self._deliveries[number - 1], SOURCE)])

    def _under_way(self) -> list[int]:
        """The deliveries that have not ended, by number."""
        numbers = range(1, len(self._deliveries) + 1)
        return [number for number in numbers if number not in self._ended]

    def _silence(self, until: datetime) -> None:
        silence = Silenced(
            id="hush",
            text="hush",
            match=SILENCED,
            author="",
            comment="",
            created_at=self._now,
            expires_at=until,
        )
        self._silences = (*self._silences, silence)
        self._decider.silence(self._silences)
        self._reference.silenced(until)

    def _compared(self) -> str | None:
        """What differs in what this step brought, or in what comes next."""
        rows = [row for batch in self._batches for row in _rows(batch)]
        told = [_told(each) for batch in self._batches for each in batch.deliveries]
        parts = [_part(each) for batch in self._batches for each in batch.joined]
        said, due = self._reference.take(), self._reference.due()
        self.reached.update(row.reason for row in said.rows)
        pairs = (
            ("rows", sorted(rows, key=str), sorted(said.rows, key=str)),
            ("deliveries", told, said.told),
            ("incidents", parts, said.parts),
            ("ids", len(self._deliveries), len(set(self._deliveries))),
            ("next due", self._decider.memory.next_due(), due[0][:2] if due else None),
        )
        for name, engine, reference in pairs:
            if engine != reference:
                return f"{name}\n  engine:    {engine}\n  reference: {reference}"
        self._ledger.enter(self._rule, said)
        return self._ledger.fault(self._reference.waiting())


def _rows(batch: Batch) -> Iterator[Row]:
    for row in batch.evaluations:
        yield Row(row.event_id, row.key, row.action, row.reason, settles=False)
    for late in batch.settlements:
        yield Row(late.event_id, late.key, late.action, late.reason, settles=True)


def _told(delivery: Delivery) -> Told:
    matches, suppressed, phase, joined = str(delivery.request.body[0]).split()
    return Told(
        delivery.event_id,
        delivery.action,
        int(matches),
        int(suppressed),
        Phase(phase) if phase != "-" else None,
        int(joined),
    )


def _part(joined: Joined) -> Part:
    return Part(joined.event_id, joined.phase, joined.since, joined.count)


def _reread(entry: MemoryEntry) -> MemoryEntry:
    return MemoryEntry(
        entry.mark,
        from_json(to_json(entry.value)),
        from_micros(to_micros(entry.expires_at)),
        from_moment(to_moment(entry.due_at)),
    )
