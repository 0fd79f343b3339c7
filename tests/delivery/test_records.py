"""What ended is written down, and what was learnt from it in the same transaction."""

from datetime import timedelta

import pytest

from reactor.delivery.breaker import FAILURES
from reactor.delivery.records import GATHER, LATEST
from reactor.journal.lanes import pauses
from reactor.model.delivery import Attempt, Move, RetryPolicy, State
from reactor.model.journal import Finished
from tests.builders import NOON, a_delivery
from tests.delivery.servers import answering, serving, status
from tests.delivery.world import SECOND, Statement, World


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.close()


def test_what_the_journal_refused_is_written_after_a_pause_with_what_was_learnt(world):
    with serving(answering(status("410 Gone"))) as url:
        world.send_to(ops=url)
        world.promise(a_delivery())
        world.writer.submit(Statement("alter table attempts rename to gone")).result(10)
        world.until(lambda: world.dispatcher._records.rest_until is not None)
        assert pauses(world.reader) == {}

        world.writer.submit(Statement("alter table gone rename to attempts")).result(10)
        world.now += 2 * SECOND
        world.settle(dead=1)

    assert list(pauses(world.reader)) == ["ops"]


def test_a_retry_is_looked_for_when_it_is_recorded(world):
    with serving(answering(status("503 Busy"))) as url:
        world.send_to(ops=url)
        world.promise(a_delivery())
        world.settle(retrying=1)
        world.dispatcher.step(timedelta())

    assert world.dispatcher._lanes.next_look() == world.delivery().due_at


def test_one_that_ended_gives_the_turn_to_the_next_at_once(world):
    with serving(answering(status("200 OK"))) as url:
        world.send_to(ops=url)
        world.promise(*[a_delivery(id=f"d{n}", order_key="web") for n in range(3)])
        world.settle(succeeded=3)

    assert world.states() == {State.SUCCEEDED: 3}


def test_after_a_success_nobody_looks_for_what_is_not_there(world):
    with serving(answering(status("200 OK"))) as url:
        world.send_to(ops=url)
        world.promise(a_delivery())
        world.rest()

    assert world.dispatcher._lanes["ops"].look_at is None


def ended(delivery, move=Move.SUCCEED):
    attempt = Attempt(
        delivery_id=delivery.id,
        number=1,
        started_at=NOON,
        ended_at=NOON,
        verdict="",
        status=None,
        detail="",
    )
    return delivery, Finished(attempt=attempt, move=move, due_at=None, reason=None)


@pytest.fixture
def forward(monkeypatch):
    """Moves the clock, which stands, by a span."""
    moment = [100.0]
    # The clock that the machine waits by, not the one that attempts are judged by.
    monkeypatch.setattr("reactor.delivery.records.monotonic", lambda: moment[0])
    return lambda by: moment.append(moment.pop() + by.total_seconds())


@pytest.fixture
def records(world, forward):
    world.send_to(ops="http://127.0.0.1:1/")
    return world.dispatcher._records


def test_a_success_waits_a_moment_for_others(records):
    records.add(*ended(a_delivery()))
    records.hand_in(NOON)

    assert records.patience() == LATEST


def test_it_waits_no_longer_than_that(records, forward):
    records.add(*ended(a_delivery()))
    forward(GATHER)
    records.hand_in(NOON)

    assert records.patience() is None


def test_it_waits_longer_for_attempts_under_way(records, forward):
    records.lanes.occupy(records.lanes["ops"], 1)
    records.add(*ended(a_delivery()))
    forward(GATHER)
    records.hand_in(NOON)
    assert records.patience() == LATEST - GATHER

    forward(LATEST)
    records.hand_in(NOON)
    assert records.patience() is None


@pytest.mark.parametrize(
    ("changes", "move"), [({}, Move.RETRY), ({"order_key": "web"}, Move.SUCCEED)]
)
def test_what_others_wait_for_does_not_wait(records, changes, move):
    records.add(*ended(a_delivery()))
    records.add(*ended(a_delivery(id="delivery-2", **changes), move))
    records.hand_in(NOON)

    assert records.patience() is None


def test_a_lane_that_is_to_be_probed_is_looked_into_before_its_retries_are_due(world):
    later = RetryPolicy(first=60 * SECOND)
    with serving(answering(status("503 Busy"))) as url:
        world.send_to(ops=url)
        world.promise(*[a_delivery(id=f"d{n}", retry=later) for n in range(FAILURES)])
        world.rest()

    lane = world.dispatcher._lanes["ops"]
    assert lane.look_at == lane.breaker.closed_until < world.delivery("d0").due_at
