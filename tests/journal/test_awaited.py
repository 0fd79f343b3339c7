"""What a gate waits for and nobody works on any more is found."""

from datetime import timedelta

import pytest

from reactor.engine.gates.mode import begun
from reactor.journal.awaited import over
from reactor.journal.deliveries import insert_deliveries
from reactor.journal.memory import save
from reactor.model.delivery import State
from reactor.model.memory import MemoryEntry, MemoryKey
from tests.builders import NOON, a_delivery

KEY = MemoryKey("crash", "", "mode", "[]")


def awaiting(*ids):
    return {KEY: begun("mark", None, ids, NOON)}


@pytest.mark.parametrize(
    ("state", "found"),
    [
        (State.PENDING, []),
        (State.RUNNING, []),
        (State.RETRYING, []),
        (State.SUCCEEDED, [("delivery-1", "local")]),
        (State.DEAD, [("delivery-1", "local")]),
        (State.CANCELLED, [("delivery-1", "local")]),
    ],
)
def test_what_has_ended_is_found(db, state, found):
    insert_deliveries(db, [a_delivery(state=state), a_delivery(id="delivery-2")])
    save(db, awaiting("delivery-1", "delivery-2"))

    assert over(db) == found


def test_what_retention_took_is_over_too(db):
    save(db, awaiting("gone"))

    assert over(db) == [("gone", "")]


def test_what_only_the_loop_guard_watches_is_none_of_it(db):
    value = {"watches": ["delivery:delivery-1"]}
    entry = MemoryEntry("", value, NOON + timedelta(days=1))
    save(db, {KEY._replace(gate="cause"): entry})

    assert over(db) == []
