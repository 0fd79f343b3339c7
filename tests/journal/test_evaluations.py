"""What became of matches: listed, filtered, settled, counted."""

from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.journal.database import open_writer
from reactor.journal.evaluations import (
    evaluations_of,
    expire_others,
    insert_evaluations,
    list_evaluations,
    settle,
    settled_without_event,
    timer_totals,
    totals,
)
from reactor.journal.events import insert_events
from reactor.model.match import STORED_REASONS, Evaluation, Reason, Settlement
from tests.builders import NOON, an_event, replace

LATER = NOON + timedelta(hours=1)
GATES = ({"gate": "for", "action": None, "reason": "waiting", "for": "2m"},)


def an_evaluation(minute, **changes):
    fields = {
        "event_id": f"event-{minute}",
        "source": "local",
        "rule": "crash",
        "action": "slack",
        "reason": Reason.FIRED,
        "at": NOON + timedelta(minutes=minute),
        "key": '["web"]',
        "delivery_id": f"delivery-{minute}",
    }
    return Evaluation(**(fields | changes))


def waiting(minute, **changes):
    return an_evaluation(minute, reason=Reason.WAITING, delivery_id=None, gates=GATES, **changes)


def a_settlement(minute, reason, **changes):
    fields = {
        "event_id": f"event-{minute}",
        "source": "local",
        "rule": "crash",
        "action": "slack",
        "reason": reason,
        "at": LATER,
        "key": '["web"]',
    }
    return Settlement(**(fields | changes))


ROWS = [
    an_evaluation(0),
    an_evaluation(1, reason=Reason.THROTTLED, delivery_id=None),
    an_evaluation(2, rule="deploy"),
    an_evaluation(3, reason=Reason.THROTTLED, delivery_id=None),
]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [0, 1, 2, 3]),
        ({"rule": "crash"}, [0, 1, 3]),
        ({"reason": Reason.THROTTLED}, [1, 3]),
        ({"since": NOON + timedelta(minutes=2)}, [2, 3]),
        ({"limit": 2}, [2, 3]),
        ({"rule": "crash", "limit": 2}, [1, 3]),
        ({"rule": "crash", "reason": Reason.FIRED, "since": NOON, "limit": 9}, [0]),
        ({"rule": "no such rule"}, []),
    ],
)
def test_evaluations_are_listed_oldest_first(db, filters, expected):
    insert_evaluations(db, ROWS)

    assert list(list_evaluations(db, **filters)) == [ROWS[number] for number in expected]


def test_what_gates_said_comes_back_as_it_was(db):
    row = an_evaluation(0, gates=GATES, settled_at=LATER)
    insert_evaluations(db, [row, ROWS[1]])

    stored = db.execute("select gates from evaluations order by number").fetchall()

    assert list(list_evaluations(db)) == [row, ROWS[1]]
    assert stored[1]["gates"] is None


def test_those_of_one_event_are_found_without_a_scan(db, scans):
    insert_events(db, [an_event(uuid="event-2", source=name) for name in ("local", "other")])
    row = an_evaluation(2)
    others = [an_evaluation(2, source="other"), an_evaluation(3)]
    insert_evaluations(db, [row, *others, an_evaluation(2, action="log")])

    assert evaluations_of(db, "event-2", "local") == [row, an_evaluation(2, action="log")]
    assert scans(lambda: evaluations_of(db, "event-2", "local")) == []


def test_evaluations_are_counted_as_they_come(db):
    insert_evaluations(db, ROWS[:2])
    insert_evaluations(db, ROWS[2:])

    assert totals(db) == {
        ("crash", "slack", Reason.FIRED): 1,
        ("crash", "slack", Reason.THROTTLED): 2,
        ("deploy", "slack", Reason.FIRED): 1,
    }
    assert timer_totals(db) == {}


def test_firings_without_an_event_are_counted_apart(db):
    insert_evaluations(db, [an_evaluation(0, event_id="", source=""), an_evaluation(1)])

    assert totals(db) == timer_totals(db) == {("crash", "slack", Reason.FIRED): 1}


def test_what_waited_has_its_end_and_what_its_gates_said_since(db):
    insert_evaluations(db, [waiting(0), waiting(1)])
    said = ({"gate": "throttle", "action": "slack", "reason": None},)

    settle(db, [a_settlement(0, Reason.FIRED, delivery_id="delivery-0", gates=said)])

    fired = an_evaluation(0, gates=(*GATES, *said), settled_at=LATER)
    assert list(list_evaluations(db)) == [fired, waiting(1)]
    assert totals(db) == {
        ("crash", "slack", Reason.WAITING): 1,
        ("crash", "slack", Reason.FIRED): 1,
    }


def test_where_no_gate_says_more_what_they_said_is_kept(db):
    insert_evaluations(db, [waiting(0)])

    settle(db, [a_settlement(0, Reason.ENDED)])

    assert list(list_evaluations(db)) == [
        replace(waiting(0), reason=Reason.ENDED, settled_at=LATER)
    ]


def test_it_may_go_on_to_wait_at_a_further_gate(db):
    insert_evaluations(db, [waiting(0)])
    said = ({"gate": "mode", "action": None, "reason": "waiting"},)

    settle(db, [a_settlement(0, Reason.WAITING, gates=said)])

    assert list(list_evaluations(db)) == [replace(waiting(0), gates=(*GATES, *said))]
    assert totals(db) == {("crash", "slack", Reason.WAITING): 1}


def test_a_settlement_of_the_rule_is_of_all_its_actions_that_wait(db):
    others = [waiting(0, rule="deploy"), waiting(0, source="other"), waiting(1), an_evaluation(0)]
    insert_evaluations(db, [waiting(0), waiting(0, action="log"), *others])

    settle(db, [a_settlement(0, Reason.EXPIRED, action=None)])

    expired = [row for row in list_evaluations(db) if row.reason is Reason.EXPIRED]
    assert [(row.rule, row.action) for row in expired] == [("crash", "slack"), ("crash", "log")]
    assert list(list_evaluations(db))[2:] == others


def test_an_action_that_was_added_meanwhile_has_a_row_of_its_own(db):
    insert_evaluations(db, [waiting(0)])

    settle(db, [a_settlement(0, Reason.THROTTLED, action="log")])

    added = an_evaluation(0, action="log", reason=Reason.THROTTLED, delivery_id=None, at=LATER)
    assert list(list_evaluations(db)) == [waiting(0), added]
    assert totals(db)["crash", "log", Reason.THROTTLED] == 1


def test_what_nothing_waits_for_is_settled_for_no_action(db):
    insert_evaluations(db, [an_evaluation(0)])

    settle(db, [a_settlement(0, Reason.EXPIRED, action=None)])

    assert list(list_evaluations(db)) == [an_evaluation(0)]


def test_what_a_timer_fired_is_settled_by_its_key_the_oldest_first(db):
    of_web = [waiting(minute, event_id="", source="") for minute in (0, 1)]
    of_db = waiting(2, event_id="", source="", key='["db"]')
    insert_evaluations(db, [of_db, *of_web])

    settle(db, [a_settlement(0, Reason.FIRED, event_id="", source="")])

    reasons = [row.reason for row in list_evaluations(db)]
    assert reasons == [Reason.WAITING, Reason.FIRED, Reason.WAITING]
    assert timer_totals(db) == {
        ("crash", "slack", Reason.WAITING): 2,
        ("crash", "slack", Reason.FIRED): 1,
    }


STORED = st.sampled_from(STORED_REASONS)
EVALUATIONS = st.builds(
    an_evaluation,
    st.integers(0, 2),
    event_id=st.sampled_from(["", "event-0", "event-1"]),
    action=st.sampled_from(["slack", "log"]),
    reason=st.just(Reason.WAITING) | STORED,
)
SETTLEMENTS = st.builds(
    a_settlement,
    st.just(0),
    STORED,
    event_id=st.sampled_from(["", "event-0", "event-1"]),
    action=st.sampled_from([None, "slack", "log"]),
)


@given(st.lists(st.lists(EVALUATIONS) | st.lists(SETTLEMENTS).map(tuple)))
def test_the_totals_are_always_those_of_the_rows(steps):
    with TemporaryDirectory() as folder, closing(open_writer(Path(folder))) as db:
        db.execute("pragma synchronous = off")
        for step in steps:
            settle(db, step) if isinstance(step, tuple) else insert_evaluations(db, step)

        rows = list(list_evaluations(db))
        for found, is_timer in ((totals(db), False), (timer_totals(db), True)):
            counted = Counter(
                (row.rule, row.action, row.reason) for row in rows if is_timer == (not row.event_id)
            )
            assert +Counter(found) == counted


def test_settling_scans_nothing(db, scans):
    assert scans(lambda: settle(db, [a_settlement(0, Reason.FIRED)])) == []


def test_what_waits_of_an_action_that_is_gone_expires(db):
    timer = waiting(1, event_id="", source="", action="gone")
    insert_evaluations(db, [waiting(0), waiting(0, action="gone"), timer, an_evaluation(2)])

    expire_others(db, {("crash", "slack")}, LATER)

    reasons = [row.reason for row in list_evaluations(db)]
    assert reasons == [Reason.WAITING, Reason.EXPIRED, Reason.EXPIRED, Reason.FIRED]
    assert totals(db)["crash", "gone", Reason.EXPIRED] == 1
    assert timer_totals(db)["crash", "gone", Reason.EXPIRED] == 1


def test_only_what_waits_is_read_to_expire_it(db, scans):
    assert scans(lambda: expire_others(db, set(), NOON)) == [
        "SCAN evaluations USING INDEX evaluations_waiting"
    ]


def test_what_timers_fired_and_had_to_wait_is_found_when_it_is_settled(db, scans):
    timer = waiting(1, event_id="", source="")
    insert_evaluations(db, [timer, waiting(2)])
    settle(db, [a_settlement(1, Reason.FIRED, event_id="", source="")])

    (row,) = settled_without_event(db, "crash", LATER)

    assert (row.reason, row.settled_at) == (Reason.FIRED, LATER)
    assert settled_without_event(db, "crash", NOON) == []
    assert scans(lambda: settled_without_event(db, "crash", LATER)) == []
