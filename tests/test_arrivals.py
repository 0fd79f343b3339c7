"""Which frames are new events, which are known, which are none."""

from contextlib import closing

import pytest

from reactor.arrivals import notes_of, take_in
from reactor.journal.batch import Batch
from reactor.journal.database import open_writer
from reactor.model.event import Arrival, Note
from tests.builders import NOON, replace
from tests.roads import an_arrival


@pytest.fixture
def db(tmp_path):
    with closing(open_writer(tmp_path)) as db:
        yield db


def test_new_events_known_ones_and_rubbish_are_told_apart(db):
    known, _ = take_in([an_arrival(1)], db, NOON)
    Batch(events=tuple(known)).apply(db)
    rubbish = Arrival(source="local", raw=b"{", identity="r")

    frames = [an_arrival(1), an_arrival(2), an_arrival(2), an_arrival(1, source="other"), rubbish]
    fresh, batch = take_in(frames, db, NOON)

    found = [(event.source, event.id) for event in fresh]
    assert found == [("local", "line-2"), ("other", "line-1")]
    assert batch.duplicates == {"local": 2}
    assert [row.reason for row in batch.rejections] == ["not_json"]
    assert all(event.received_at == NOON for event in fresh)


def test_notes_are_kept_in_the_order_they_came():
    first, second = {"at": 1}, {"at": 2}
    with_it, alone = replace(an_arrival(1), remember=first), Note(source="local", remember=second)

    notes = notes_of([with_it, an_arrival(2), alone])

    assert [(note.source, note.remember) for note in notes] == [("local", first), ("local", second)]
