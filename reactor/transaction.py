"""What goes down the road, what it reaches outside the journal, and what one transaction holds."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from reactor.decider import Conclusion, Undecided
from reactor.journal.batch import Batch
from reactor.journal.database import Connection
from reactor.journal.evaluations import evaluations_of, settled_without_event
from reactor.model.delivery import Delivery
from reactor.model.event import Arrival, Event, Note, Rejection
from reactor.model.lookup import Answer
from reactor.model.match import Evaluation, Reason, Settlement
from reactor.model.protocols import Lookups
from reactor.model.quarantine import Quarantined, Retried
from reactor.model.signal import Signal

Item = Arrival | Note | Answer | Signal
"""What comes down the road."""

Take = Callable[[int, float | None], Sequence[Item] | None]
"""Gives at most so many items, waiting for the first at most so many seconds; None at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What one transaction holds: the decided events, what became of them, and the rest.

    `accepted` are events that wait for lookups; a later transaction has them among its `events`.
    Those in `quarantined` are among neither. `settled` are evaluations that had been waiting, as
    they are now.
    """

    events: tuple[Event, ...] = ()
    accepted: tuple[Event, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    undecided: Undecided = ()
    evaluations: tuple[Evaluation, ...] = ()
    settled: tuple[Evaluation, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    notices: tuple[str, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    duplicates: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> Sequence[Evaluation]:
        """What became of matches, those that had been waiting among them, in the order of time."""
        if not self.settled:
            return self.evaluations
        return sorted((*self.evaluations, *self.settled), key=lambda row: row.settled_at or row.at)


NOTHING = Committed()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a pipeline reaches outside the journal.

    `lookups` has those sources whose objects can be asked for. `tell` brings an answer back to
    `receive` and never blocks. `hold` names the sources that may hand in nothing at present.
    `on_commit` is told of every transaction after it stands, and must not block. `claim` gets the
    deliveries of each before, and gives them back as they are to be written; `give_back` gets those
    of one that does not stand.
    """

    now: Callable[[], datetime]
    on_commit: Callable[[Committed], None]
    lookups: Mapping[str, Lookups] = field(default_factory=dict)
    tell: Callable[[Answer | Signal], None] = lambda _: None
    hold: Callable[[frozenset[str]], None] = lambda _: None
    claim: Callable[[tuple[Delivery, ...]], tuple[Delivery, ...]] = lambda promised: promised
    give_back: Callable[[tuple[Delivery, ...]], None] = lambda _: None


def committed_by(conclusion: Conclusion, batch: Batch, reader: Connection) -> Committed:
    """All of it that others want to know. Blocks for a read where something was settled."""
    return Committed(
        events=conclusion.events,
        accepted=batch.accepted,
        quarantined=batch.quarantined,
        undecided=conclusion.undecided,
        evaluations=batch.evaluations,
        settled=tuple(_settled(reader, batch.settlements)),
        deliveries=batch.deliveries,
        notices=conclusion.notices,
        rejections=batch.rejections,
        duplicates=batch.duplicates,
    )


def _settled(reader: Connection, settlements: Iterable[Settlement]) -> Iterator[Evaluation]:
    """The rows that waited and do so no longer: which they are when every action is meant, and when
    they began to wait, the journal knows."""
    for each in settlements:
        if each.reason is not Reason.WAITING:
            yield from (
                row
                for row in _rows_of(reader, each)
                if (row.rule, row.reason) == (each.rule, each.reason)
                and each.action in (None, row.action)
                and each.at in (row.settled_at, row.at)
            )


def _rows_of(reader: Connection, settlement: Settlement) -> list[Evaluation]:
    if not settlement.event_id:
        return settled_without_event(reader, settlement.rule, settlement.at)
    return evaluations_of(reader, settlement.event_id, settlement.source)


def retried(
    ids: Iterable[str], accepted: Iterable[Event], done: Iterable[Committed]
) -> Mapping[str, str]:
    """What came of each id of events that were let out of quarantine."""
    said: dict[str, str] = dict.fromkeys(ids, Retried.ABSENT)
    said |= {event.id: Retried.PARKED for event in accepted}
    for committed in done:
        said |= {event.id: Retried.DECIDED for event in committed.events}
        said |= {
            row.event_id: f"in quarantine again: {row.poison.sentence}"
            for row in committed.quarantined
        }
    return said
