"""Totals of everything."""

from reactor.journal.batch import Batch
from reactor.journal.moves import Claim
from reactor.journal.summary import counts
from reactor.model.delivery import State
from reactor.model.event import Rejection
from reactor.model.journal import Counts
from reactor.model.match import Evaluation, Reason
from tests.builders import NOON, a_delivery, an_event, replace

REJECTED = Rejection(source="b", received_at=NOON, reason="not_json", excerpt="{", size=1)
FIRED = Evaluation(
    event_id="u-1", source="a", rule="r", action="log", reason=Reason.FIRED, at=NOON, key="[]"
)


def test_an_empty_journal_has_counted_nothing(db):
    assert counts(db) == Counts(
        events={}, duplicates={}, rejected={}, evaluations={}, deliveries={}
    )


def test_everything_is_counted_over_all_batches(db):
    Batch(events=(an_event(uuid="u-1", source="a"),), evaluations=(FIRED, FIRED)).apply(db)
    Batch(
        events=(an_event(uuid="u-2", source="a"),),
        deliveries=(a_delivery(), a_delivery(id="delivery-2")),
        duplicates={"a": 3},
        rejections=(REJECTED,),
    ).apply(db)
    Claim(ids=("delivery-1",), at=NOON).apply(db)

    assert counts(db) == Counts(
        events={"a": 2, "b": 0},
        duplicates={"a": 3, "b": 0},
        rejected={"a": 0, "b": 1},
        evaluations={("r", "log", Reason.FIRED): 2},
        deliveries={State.PENDING: 1, State.RUNNING: 1},
    )


def test_what_timers_fired_is_counted_apart(db):
    Batch(evaluations=(replace(FIRED, event_id="", source=""),)).apply(db)

    found = counts(db)

    assert found.evaluations == {}
    assert found.timers == {("r", "log", Reason.FIRED): 1}


def test_only_totals_and_the_states_are_read(db, scans):
    assert scans(lambda: counts(db)) == [
        "SCAN source_totals",
        "SCAN evaluation_totals",
        "SCAN timer_totals",
        "SCAN deliveries USING COVERING INDEX deliveries_by_state",
        "SCAN deliveries USING COVERING INDEX deliveries_by_event",
    ]
