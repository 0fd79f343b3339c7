"""What the pipeline decided is written whole."""

from reactor.journal.batch import Batch
from reactor.journal.deliveries import get
from reactor.journal.evaluations import list_evaluations
from reactor.journal.events import find, undecided
from reactor.journal.incidents import list_incidents
from reactor.journal.inputs import last_sequence
from reactor.journal.memory import load
from reactor.journal.sources import recall
from reactor.journal.summary import counts
from reactor.model.event import Note, Rejection
from reactor.model.gates import Phase
from reactor.model.incident import Joined
from reactor.model.journal import Input
from reactor.model.match import Evaluation, Reason, Settlement
from reactor.model.memory import MemoryEntry, MemoryKey
from tests.builders import NOON, a_delivery, an_event, replace

EVENT = an_event(uuid="event-1")
EVALUATION = Evaluation(
    event_id="event-1",
    source="local",
    rule="every event",
    action="webhook",
    reason=Reason.FIRED,
    at=NOON,
    key="[]",
    delivery_id="delivery-1",
)
KEY, ENTRY = MemoryKey("every event", "webhook", "throttle", "[]"), MemoryEntry("m", {}, NOON)
REJECTION = Rejection(source="local", received_at=NOON, reason="not_json", excerpt="{", size=1)


def test_a_batch_holds_all_that_was_decided(db):
    Batch(
        events=(EVENT,),
        inputs=(
            Input(sequence=1, decided_at=NOON, ruleset="r", source="local", event_id="event-1"),
        ),
        evaluations=(EVALUATION,),
        deliveries=(a_delivery(),),
        memory={KEY: ENTRY},
        rejections=(REJECTION,),
        duplicates={"local": 2},
    ).apply(db)

    assert find(db, "event-1") == EVENT
    assert last_sequence(db) == 1
    assert list(list_evaluations(db)) == [EVALUATION]
    assert get(db, "delivery-1") == a_delivery()
    assert load(db) == {KEY: ENTRY}
    assert counts(db).rejected == {"local": 1}
    assert counts(db).duplicates == {"local": 2}


def test_what_waits_may_be_settled_in_the_same_batch(db):
    waiting = replace(EVALUATION, reason=Reason.WAITING, delivery_id=None)
    fired = Settlement(
        event_id="event-1",
        source="local",
        rule="every event",
        action="webhook",
        reason=Reason.FIRED,
        at=NOON,
        key="[]",
        delivery_id="delivery-1",
    )

    Batch(events=(EVENT,), evaluations=(waiting,), settlements=(fired,)).apply(db)

    assert list(list_evaluations(db)) == [replace(EVALUATION, settled_at=NOON)]


def test_an_incident_may_open_and_end_in_one_batch(db):
    opened = Joined(
        id="incident-1",
        rule="every event",
        key="[]",
        phase=Phase.OPENED,
        at=NOON,
        since=NOON,
        count=1,
        event_id="event-1",
        source="local",
    )

    Batch(joined=(opened, replace(opened, phase=Phase.RESOLVED))).apply(db)

    assert [each.resolved_at for each in list_incidents(db)] == [NOON]


def test_an_event_is_accepted_in_one_batch_and_decided_in_another(db):
    known = replace(EVENT, facts={"service": {"name": "web"}})

    Batch(events=(EVENT,), accepted=(EVENT,)).apply(db)
    waiting = list(undecided(db))
    Batch(decided=(known,), notes=(Note(source="local", remember={"a": 1}),)).apply(db)

    assert waiting == [EVENT]
    assert list(undecided(db)) == []
    assert find(db, "event-1") == known
    assert recall(db, "local") == {"a": 1}


def test_an_empty_batch_changes_nothing(db):
    before = db.total_changes

    Batch().apply(db)

    assert db.total_changes == before
