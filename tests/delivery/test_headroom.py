"""Who promises waits for places: while we are behind, and not for a slow destination."""

from threading import Event, Thread

import pytest

from reactor.clock import monotonic
from reactor.delivery.breaker import Breaker
from reactor.delivery.headroom import FIRST_REST, PATIENCE, Headroom
from reactor.delivery.lanes import IN_FLIGHT, Lanes
from reactor.model.rule import Rate
from tests.builders import NOON, a_destination
from tests.delivery.world import SECOND

LITTLE = PATIENCE / 2


@pytest.fixture
def lanes():
    """One lane that is known, and full."""
    lanes = Lanes({"ops": a_destination()})
    lanes.occupy(lanes["ops"], IN_FLIGHT)
    return lanes


def waited(headroom, wanted=1):
    began = monotonic()
    headroom.wait_for({"ops": wanted}, NOON)
    return monotonic() - began


def test_where_there_are_places_nobody_waits(lanes):
    lanes.release("ops", 2)

    assert waited(Headroom(lanes), wanted=2) < LITTLE


def test_it_goes_on_when_there_are_places(lanes):
    headroom, is_over = Headroom(lanes), Event()

    def send():
        while not is_over.wait(0.001):
            lanes.release("ops") if lanes["ops"].busy else None
            headroom.turn(is_waiting=False)

    sending = Thread(target=send)
    sending.start()
    headroom.wait_for({"ops": 2}, NOON)
    is_over.set()
    sending.join()

    assert lanes.admit("ops", 2, NOON) == 2


def test_it_waits_for_what_is_due_before(lanes):
    lanes.release("ops", IN_FLIGHT // 2)
    lanes["ops"].look(NOON)

    assert waited(Headroom(lanes)) >= PATIENCE


def test_more_than_ever_finds_places_at_once_is_not_waited_for(lanes):
    lanes.release("ops", IN_FLIGHT // 2)

    assert waited(Headroom(lanes), wanted=10_000) < LITTLE


def test_a_lane_that_was_waited_for_in_vain_is_let_be(lanes):
    headroom = Headroom(lanes)

    assert waited(headroom) >= PATIENCE
    assert waited(headroom) < LITTLE < FIRST_REST


def test_it_is_let_be_longer_each_time(lanes, monkeypatch):
    now = 0.0
    # The clock that the machine waits by, not the one that events are judged by.
    monkeypatch.setattr("reactor.delivery.headroom.monotonic", lambda: now)
    monkeypatch.setattr("reactor.delivery.headroom.PATIENCE", 0.0)
    headroom = Headroom(lanes)

    rests = []
    for _ in range(9):
        headroom.wait_for({"ops": 1}, NOON)
        rests.append(headroom._vain["ops"].rest)
        now = headroom._vain["ops"].until

    assert rests == [1, 2, 4, 8, 16, 32, 64, 64, 64]


@pytest.mark.parametrize(
    "state",
    [
        {"rate": Rate(count=1, per=SECOND)},
        {"concurrency": 4},
        {"breaker": Breaker(closed_until=NOON + SECOND)},
    ],
)
def test_a_lane_that_is_held_up_on_purpose_is_not_waited_for(lanes, state):
    for name, value in state.items():
        setattr(lanes["ops"], name, value)

    assert waited(Headroom(lanes)) < LITTLE


def test_nobody_waits_for_one_that_has_stopped(lanes):
    lanes.close()

    assert waited(Headroom(lanes)) < LITTLE
