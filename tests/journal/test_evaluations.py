"""What became of matches: listed, filtered, counted."""

from datetime import timedelta

import pytest

from reactor.journal.evaluations import evaluations_of, insert_evaluations, list_evaluations
from reactor.model.match import Evaluation, Reason
from tests.builders import NOON


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


def test_those_of_one_event_are_found(db):
    row = an_evaluation(2)
    others = [an_evaluation(2, source="other"), an_evaluation(3)]
    insert_evaluations(db, [row, *others, an_evaluation(2, action="log")])

    assert evaluations_of(db, "event-2", "local") == [row, an_evaluation(2, action="log")]


def test_evaluations_are_counted_as_they_come(db):
    insert_evaluations(db, ROWS[:2])
    insert_evaluations(db, ROWS[2:])

    totals = db.execute("select rule, action, reason, count from evaluation_totals").fetchall()

    assert {tuple(row) for row in totals} == {
        ("crash", "slack", "fired", 1),
        ("crash", "slack", "throttled", 2),
        ("deploy", "slack", "fired", 1),
    }
