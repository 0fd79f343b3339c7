"""Promises: added, found when they are due, listed."""

import sqlite3
from datetime import timedelta

import pytest

from reactor.duration import to_micros
from reactor.journal.deliveries import (
    attempts_of,
    choose,
    due,
    first,
    get,
    insert_deliveries,
    lanes,
    list_deliveries,
    next_due,
    waiting,
)
from reactor.journal.moves import Cancel, Claim, Finish, Redeliver
from reactor.model.delivery import Attempt, Move, RetryPolicy, State
from reactor.model.journal import Finished, Selection
from reactor.model.request import StoredRequest, Timings
from reactor.model.secret import SecretRef
from tests.builders import NOON, a_delivery

LATER = NOON + timedelta(minutes=1)


def ids(deliveries):
    return [delivery.id for delivery in deliveries]


def finish(db, delivery_id, move=Move.SUCCEED, number=1):
    attempt = Attempt(
        delivery_id=delivery_id,
        number=number,
        started_at=NOON,
        ended_at=LATER,
        verdict="succeeded",
        status=200,
        detail="200 OK",
    )
    Finish(results=(Finished(attempt=attempt, move=move, due_at=LATER),)).apply(db)
    return attempt


def test_a_delivery_comes_back_as_it_was(db):
    delivery = a_delivery(
        order_key='crash ops ["web"]',
        request=StoredRequest(
            method="POST",
            url=("https://hooks.example.com/", SecretRef("${file:/run/x}")),
            headers={"x-key": ("a", SecretRef("${cred:key}"))},
            body=("{}",),
        ),
        retry=RetryPolicy(first=timedelta(milliseconds=1)),
        created_at=NOON + timedelta(microseconds=1),
        promised_at=LATER,
        attempts=3,
        reason="503 Service Unavailable",
    )

    insert_deliveries(db, [delivery])

    assert get(db, "delivery-1") == delivery


def test_one_firing_cannot_be_planned_twice(db):
    insert_deliveries(db, [a_delivery()])

    with pytest.raises(sqlite3.IntegrityError, match=r"UNIQUE constraint failed: deliveries\.id"):
        insert_deliveries(db, [a_delivery(rule="another")])


@pytest.mark.parametrize(
    ("state", "claimed_at"), [(State.RUNNING, to_micros(NOON)), (State.PENDING, None)]
)
def test_one_that_is_running_from_the_start_was_claimed_when_it_was_made(db, state, claimed_at):
    insert_deliveries(db, [a_delivery(state=state, due_at=NOON - timedelta(seconds=1))])

    [row] = db.execute("select claimed_at from deliveries")
    assert row["claimed_at"] == claimed_at


def test_an_unknown_delivery_is_none(db):
    assert get(db, "delivery-1") is None
    assert attempts_of(db, "delivery-1") == []


@pytest.mark.parametrize(
    ("changes", "is_due"),
    [
        ({}, True),
        ({"state": State.RETRYING}, True),
        ({"due_at": LATER}, False),
        ({"lane": "other"}, False),
        ({"state": State.RUNNING}, False),
        ({"state": State.SUCCEEDED}, False),
        ({"state": State.DEAD}, False),
        ({"state": State.CANCELLED}, False),
    ],
)
def test_what_waits_in_the_lane_and_is_due_is_due(db, changes, is_due):
    insert_deliveries(db, [a_delivery(**changes)])

    assert ids(due(db, "ops", NOON, 10)) == (["delivery-1"] if is_due else [])


def test_what_is_longest_due_comes_first_and_of_equals_the_oldest(db):
    insert_deliveries(db, [a_delivery(id="late"), a_delivery(id="later"), a_delivery(id="early")])
    db.execute("update deliveries set due_at = due_at - 1 where id = 'early'")

    assert ids(due(db, "ops", NOON, 10)) == ["early", "late", "later"]
    assert ids(due(db, "ops", NOON, 2)) == ["early", "late"]


def test_lanes_are_those_in_which_something_waits(db):
    insert_deliveries(
        db,
        [
            a_delivery(id="1", lane="b"),
            a_delivery(id="2", lane="a", due_at=LATER),
            a_delivery(id="3", lane="b", state=State.RETRYING),
            a_delivery(id="4", lane="c", state=State.SUCCEEDED),
        ],
    )

    assert lanes(db) == ["a", "b"]


def test_the_next_due_is_the_first_that_is_not_due_yet(db):
    far = LATER + timedelta(days=1)
    insert_deliveries(
        db,
        [a_delivery(id="1"), a_delivery(id="2", due_at=far), a_delivery(id="3", due_at=LATER)],
    )

    assert next_due(db, "ops", NOON) == LATER
    assert next_due(db, "ops", far) is None


def ordered(*names, key="k"):
    return [a_delivery(id=name, order_key=key) for name in names]


def test_what_is_due_is_as_it_is_once_it_is_claimed(db):
    delivery = a_delivery(state=State.RETRYING, attempts=3, reason="503 Busy")
    insert_deliveries(db, [delivery])

    [found] = due(db, "ops", NOON, 1)
    Claim(ids=("delivery-1",), at=NOON).apply(db)

    assert (found.state, found.attempts, found.reason) == (State.RUNNING, 4, None)
    claimed = get(db, "delivery-1")
    assert (claimed.state, claimed.attempts) == (found.state, found.attempts)


def test_of_one_order_key_only_the_first_undone_is_due(db):
    insert_deliveries(db, [*ordered("a", "b", "c"), *ordered("x", key="other"), a_delivery()])
    seen = [ids(due(db, "ops", NOON, 10))]
    for name, move in (("a", Move.SUCCEED), ("b", Move.BURY)):
        Claim(ids=(name,), at=NOON).apply(db)
        seen.append(ids(due(db, "ops", NOON, 10)))
        finish(db, name, move)
        seen.append(ids(due(db, "ops", NOON, 10)))

    others = ["x", "delivery-1"]
    assert seen == [
        ["a", *others],
        others,
        ["b", *others],
        others,
        ["c", *others],
    ]


def test_a_retry_in_the_future_holds_the_next_of_its_order_key_back(db):
    insert_deliveries(db, ordered("a", "b"))
    Claim(ids=("a",), at=NOON).apply(db)

    finish(db, "a", Move.RETRY)

    assert due(db, "ops", NOON, 10) == []
    assert ids(due(db, "ops", LATER, 10)) == ["a"]


def test_a_cancelled_one_lets_the_next_of_its_order_key_go(db):
    insert_deliveries(db, ordered("a", "b", "c"))

    Cancel(ids=("b", "a")).apply(db)

    assert ids(due(db, "ops", NOON, 10)) == ["c"]


def test_a_redelivered_one_comes_before_later_ones_of_its_order_key(db):
    insert_deliveries(db, ordered("a", "b", "c"))
    Cancel(ids=("a", "b")).apply(db)

    Redeliver(ids=("b",), at=NOON).apply(db)
    assert ids(due(db, "ops", NOON, 10)) == ["b"]

    Redeliver(ids=("a",), at=NOON).apply(db)
    assert ids(due(db, "ops", NOON, 10)) == ["a"]


def test_what_lost_its_turn_cannot_be_claimed(db):
    insert_deliveries(db, ordered("a", "b"))

    assert Claim(ids=("a", "b"), at=NOON).apply(db) == {"a"}


HOUR = timedelta(hours=1)

CHOICES = [
    ({}, ["1", "2", "3"]),
    ({"states": (State.DEAD, State.PENDING)}, ["1", "3"]),
    ({"states": ()}, []),
    ({"rule": "crash"}, ["2"]),
    ({"destination": "ops"}, ["1", "2"]),
    ({"since": NOON}, ["2", "3"]),
    ({"until": NOON}, ["1"]),
    ({"since": NOON, "until": NOON + HOUR, "destination": "ops"}, ["2"]),
]


@pytest.fixture
def three(db):
    """Promised an hour apart, the second at NOON."""
    insert_deliveries(
        db,
        [
            a_delivery(id="1", created_at=NOON - HOUR),
            a_delivery(id="2", state=State.SUCCEEDED, rule="crash"),
            a_delivery(id="3", state=State.DEAD, destination=None, created_at=NOON + HOUR),
        ],
    )
    return db


@pytest.mark.parametrize(("fields", "expected"), CHOICES)
def test_a_selection_is_listed_oldest_first(three, fields, expected):
    assert ids(list_deliveries(three, Selection(**fields))) == expected
    assert ids(list_deliveries(three, Selection(**fields), limit=9)) == expected


@pytest.mark.parametrize(
    ("destination", "limit", "expected"), [(None, 2, ["2", "3"]), ("ops", 1, ["2"])]
)
def test_a_limit_leaves_the_newest(three, destination, limit, expected):
    found = list_deliveries(three, Selection(destination=destination), limit=limit)

    assert ids(found) == expected


@pytest.mark.parametrize(("fields", "expected"), CHOICES)
def test_a_selection_is_walked_in_steps_and_each_is_met_once(three, fields, expected):
    met, last = [], 0
    while step := choose(three, Selection(**fields), after=last, most=1):
        met += step
        last = step[-1].number

    assert ids(met) == expected


def test_attempts_are_listed_in_order(db):
    insert_deliveries(db, [a_delivery()])
    made = []
    for number, move in ((1, Move.RETRY), (2, Move.SUCCEED)):
        Claim(ids=("delivery-1",), at=NOON).apply(db)
        made.append(finish(db, "delivery-1", move, number))

    assert attempts_of(db, "delivery-1") == made


def test_what_was_said_in_an_attempt_and_when_comes_back_with_it(db):
    insert_deliveries(db, [a_delivery()])
    Claim(ids=("delivery-1",), at=NOON).apply(db)
    spans = [timedelta(microseconds=number) for number in (1, 20, 300, 4000, 5_000_000_000)]
    names = ("dns", "connect", "tls", "first_byte", "total")
    attempt = Attempt(
        delivery_id="delivery-1",
        number=1,
        started_at=NOON,
        ended_at=LATER,
        verdict="retry",
        status=503,
        detail="503 Service Unavailable",
        timings=Timings(**dict(zip(names, spans, strict=True))),
        request="POST https://h/…",
        response="busy: é",
    )

    result = Finished(attempt=attempt, move=Move.RETRY, due_at=LATER)
    Finish(results=(result,)).apply(db)

    assert attempts_of(db, "delivery-1") == [attempt]


def test_nothing_that_the_dispatcher_asks_scans(db, scans):
    insert_deliveries(db, ordered("a", "b"))

    assert scans(lambda: due(db, "ops", NOON, 10)) == []
    assert scans(lambda: next_due(db, "ops", NOON)) == []
    assert scans(lambda: lanes(db)) == []
    assert scans(lambda: get(db, "a")) == []
    assert scans(lambda: attempts_of(db, "a")) == []
    assert scans(lambda: insert_deliveries(db, ordered("c"))) == []


def test_the_first_of_a_lane_is_the_one_that_is_due_first_be_it_later(db, scans):
    promised = [
        a_delivery(id=name, due_at=LATER + timedelta(hours=n)) for n, name in enumerate("ab")
    ]
    insert_deliveries(db, [a_delivery(id="other", lane="other"), *reversed(promised)])

    assert ids(first(db, "ops")) == ["a"]
    assert first(db, "empty") == []
    assert scans(lambda: first(db, "ops")) == []


def test_what_waits_is_counted_up_to_a_bound_and_of_an_order_the_first(db, scans):
    insert_deliveries(db, [a_delivery(id=str(number), due_at=LATER) for number in range(5)])
    insert_deliveries(db, [a_delivery(id=f"o{n}", order_key="web") for n in range(5)])

    assert (waiting(db, "ops", 100), waiting(db, "ops", 3), waiting(db, "empty", 9)) == (6, 3, 0)
