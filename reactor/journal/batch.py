"""What the pipeline decided about a batch of frames, written whole or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reactor.journal.database import Connection
from reactor.journal.deliveries import insert_deliveries
from reactor.journal.evaluations import insert_evaluations
from reactor.journal.events import insert_events
from reactor.journal.inputs import insert_inputs
from reactor.journal.memory import save
from reactor.journal.rejections import insert_rejections
from reactor.journal.summary import add_totals
from reactor.model.delivery import Delivery
from reactor.model.event import Event, Rejection
from reactor.model.journal import Input
from reactor.model.match import Evaluation
from reactor.model.memory import MemoryEntry, MemoryKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One transaction of the pipeline; the events of the batch are acknowledged after it.

    `memory` holds what changed, None where it is to be forgotten. `duplicates` counts per source
    the frames that were known already.
    """

    events: tuple[Event, ...] = ()
    inputs: tuple[Input, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    memory: Mapping[MemoryKey, MemoryEntry | None] = field(default_factory=dict)
    rejections: tuple[Rejection, ...] = ()
    duplicates: Mapping[str, int] = field(default_factory=dict)

    def apply(self, db: Connection) -> None:
        """Inside the writer's transaction."""
        insert_events(db, self.events)
        insert_inputs(db, self.inputs)
        insert_evaluations(db, self.evaluations)
        insert_deliveries(db, self.deliveries)
        save(db, self.memory)
        insert_rejections(db, self.rejections)
        add_totals(db, events=self.events, duplicates=self.duplicates, rejections=self.rejections)
