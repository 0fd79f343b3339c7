"""The inputs of decisions follow each other without a gap."""

import pytest

from reactor.journal.inputs import insert_adoption, insert_inputs, last_sequence
from reactor.model.errors import JournalUnavailable
from reactor.model.journal import Input
from tests.builders import NOON


def an_input(sequence):
    return Input(
        sequence=sequence,
        decided_at=NOON,
        ruleset="ruleset-1",
        source="local",
        event_id=f"event-{sequence}",
    )


def test_events_and_rule_sets_are_counted_together(db):
    insert_adoption(db, 1, NOON, "ruleset-1")
    insert_inputs(db, [an_input(2), an_input(3)])
    insert_adoption(db, 4, NOON, "ruleset-2")

    rows = db.execute("select sequence, kind, event_id from inputs").fetchall()

    assert [tuple(row) for row in rows] == [
        (1, "ruleset", None),
        (2, "event", "event-2"),
        (3, "event", "event-3"),
        (4, "ruleset", None),
    ]
    assert last_sequence(db) == 4


def test_a_new_journal_begins_at_one(db):
    assert last_sequence(db) == 0


def test_no_inputs_are_nothing(db):
    insert_inputs(db, [])

    assert last_sequence(db) == 0


@pytest.mark.parametrize("sequences", [[1], [4], [3, 5], [4, 3]])
def test_a_gap_is_refused(db, sequences):
    insert_inputs(db, [an_input(1), an_input(2)])

    with pytest.raises(JournalUnavailable, match="next is 3"):
        insert_inputs(db, [an_input(sequence) for sequence in sequences])
    if sequences != [3, 5]:
        with pytest.raises(JournalUnavailable, match="next is 3"):
            insert_adoption(db, sequences[0], NOON, "ruleset-1")
