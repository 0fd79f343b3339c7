"""A world in which rules decide one thing after the other, and keep what it left."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from reactor.actions import ACTIONS
from reactor.decider import Decider
from reactor.engine.compiled import CompiledRules
from reactor.journal.batch import Batch
from reactor.model.event import Event, Record
from reactor.model.lookup import Reference
from reactor.model.match import Reason, Truth
from reactor.model.rule import Rule
from reactor.model.signal import Signal
from tests.builders import NOON, a_rule, a_ruleset, an_event

MINUTE = timedelta(minutes=1)


class Is:
    """A condition: the field has this value; unknown where it is missing."""

    def __init__(self, field: str, value: object) -> None:
        self.field, self.value = field, value

    def evaluate(self, record: Record) -> Truth:
        found = record.fields.get(self.field)
        return None if found is None else found == self.value

    def lacks(self, record: Record) -> bool:
        return False

    def may_be(self, record: Record, *, wanted: bool) -> bool:
        return self.evaluate(record) is wanted

    def references(self) -> Iterator[Reference]:
        return iter(())


def stops(**changes: object) -> Rule:
    """A rule about what has the state Stopped."""
    return a_rule(**{"name": "stops", "match": Is("state", "Stopped"), **changes})


Told = list[tuple[str, str, Reason]]
"""The event, the action and the reason of evaluations, or of what was settled."""


class World:
    """Goes along with time from NOON on. `decider` and `events` may be looked into."""

    def __init__(self, *rules: Rule) -> None:
        self.now, self.events = NOON, dict[tuple[str, str], Event]()
        self.decider = Decider(
            CompiledRules(a_ruleset(*rules)),
            ACTIONS,
            {},
            0,
            since=NOON,
            event_of=lambda *key: self.events.get(key),
        )
        self.last = Batch()
        self.notices: tuple[str, ...] = ()

    def at(self, span: timedelta) -> "World":
        """Time goes on, to so long after NOON; what came due is decided."""
        self.now = NOON + span
        return self._decide([], is_over=True)

    def see(self, identity: str, **frame: object) -> "World":
        """An event happens, and comes at once."""
        frame.setdefault("resource_uri", "/s/1")
        event = an_event(at=self.now, identity=identity, **frame)  # type: ignore[arg-type]  # a frame
        self.events[event.source, event.id] = event
        return self._decide([(event, self.now)])

    def hear(self, signal: Signal) -> "World":
        """A signal comes."""
        return self._decide([(signal, self.now)])

    def _decide(
        self, moments: list[tuple[Event | Signal, datetime]], *, is_over: bool = False
    ) -> "World":
        conclusion = self.decider.conclude(
            Batch(), moments, (), now=self.now, until=(self.now, is_over)
        )
        self.decider.remember(conclusion.batch)
        self.last, self.notices = conclusion.batch, conclusion.notices
        return self

    @property
    def told(self) -> Told:
        """What the last step decided, and then what it settled."""
        decided = [(row.event_id, row.action, row.reason) for row in self.last.evaluations]
        settled = [(row.event_id, row.action or "*", row.reason) for row in self.last.settlements]
        return decided + settled

    @property
    def reasons(self) -> list[Reason]:
        """The same, only the reasons."""
        return [reason for *_, reason in self.told]
