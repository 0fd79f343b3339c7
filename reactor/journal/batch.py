"""What the pipeline decided about a batch of frames, written whole or not at all."""

from collections.abc import Mapping

from msgspec import Struct

from reactor.journal.database import Connection
from reactor.journal.deliveries import insert_deliveries
from reactor.journal.evaluations import insert_evaluations, settle
from reactor.journal.events import insert_events, insert_undecided, settle_decided
from reactor.journal.incidents import join
from reactor.journal.inputs import insert_inputs
from reactor.journal.memory import save
from reactor.journal.quarantine import insert_quarantined
from reactor.journal.rejections import insert_rejections
from reactor.journal.sources import save_notes
from reactor.journal.summary import add_totals
from reactor.model.delivery import Delivery
from reactor.model.event import Event, Note, Rejection
from reactor.model.incident import Joined
from reactor.model.journal import Input
from reactor.model.match import Evaluation, Settlement
from reactor.model.memory import Changes
from reactor.model.quarantine import Quarantined


class Batch(Struct, frozen=True, kw_only=True):
    """One transaction of the pipeline; the events of the batch are acknowledged after it.

    `accepted` are those of `events` that are not decided yet; `decided` are events of earlier
    batches that are decided now; `quarantined` are those of both that could not be. `settlements`
    may speak of `evaluations` of the same batch. `joined` are the incidents that opened, went on or
    ended, in that order. `memory` holds what changed, None where it is to be forgotten.
    `duplicates` counts per source the frames that were known already. `notes` are what sources
    want to find again.
    """

    events: tuple[Event, ...] = ()
    accepted: tuple[Event, ...] = ()
    decided: tuple[Event, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    inputs: tuple[Input, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    settlements: tuple[Settlement, ...] = ()
    joined: tuple[Joined, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    memory: Changes = {}
    rejections: tuple[Rejection, ...] = ()
    duplicates: Mapping[str, int] = {}
    notes: tuple[Note, ...] = ()

    def apply(self, db: Connection) -> None:
        """Inside the writer's transaction."""
        events = insert_events(db, self.events)
        insert_undecided(db, self.accepted)
        settle_decided(db, self.decided)
        insert_quarantined(db, self.quarantined)
        insert_inputs(db, self.inputs)
        insert_evaluations(db, self.evaluations, events)
        settle(db, self.settlements)
        insert_deliveries(db, self.deliveries, events)
        save(db, self.memory)
        join(db, self.joined)
        insert_rejections(db, self.rejections)
        save_notes(db, self.notes)
        add_totals(db, events=self.events, duplicates=self.duplicates, rejections=self.rejections)
