"""The inputs of decisions follow each other without a gap."""

from datetime import timedelta

import pytest

from reactor.journal.inputs import inputs_since, insert_adoption, insert_inputs, last_sequence
from reactor.model.errors import JournalUnavailable
from reactor.model.journal import Input, InputKind
from tests.builders import NOON

MINUTE = timedelta(minutes=1)


def an_input(sequence, at=NOON):
    return Input(
        sequence=sequence,
        decided_at=at,
        ruleset="ruleset-1",
        source="local",
        event_id=f"event-{sequence}",
    )


def another_input(sequence, kind):
    detail = {"of": kind, "at": sequence}
    return Input(sequence=sequence, decided_at=NOON, ruleset="ruleset-1", kind=kind, detail=detail)


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


def test_every_kind_of_input_comes_back_as_it_was(db):
    others = [kind for kind in InputKind if kind not in (InputKind.EVENT, InputKind.RULESET)]
    inputs = [an_input(1), *(another_input(number, kind) for number, kind in enumerate(others, 2))]
    insert_inputs(db, inputs)
    insert_adoption(db, len(inputs) + 1, NOON, "ruleset-2")

    adopted = Input(
        sequence=len(inputs) + 1, decided_at=NOON, ruleset="ruleset-2", kind=InputKind.RULESET
    )
    assert list(inputs_since(db, NOON)) == [*inputs, adopted]


def test_what_is_not_said_of_an_input_takes_no_room(db):
    insert_inputs(db, [an_input(1), another_input(2, InputKind.TIMER)])

    rows = db.execute("select source, event_id, detail from inputs").fetchall()

    assert tuple(rows[0]) == ("local", "event-1", None)
    assert tuple(rows[1]) == (None, None, '{"of":"timer","at":2}')


@pytest.mark.parametrize(
    ("since", "sequences"),
    [
        (NOON - MINUTE, [1, 2, 3, 4]),
        (NOON, [1, 2, 3, 4]),
        (NOON + MINUTE, [2, 3, 4]),  # the clock was set back after it: none is left out
        (NOON + 2 * MINUTE, [4]),
        (NOON + 3 * MINUTE, []),
    ],
)
def test_inputs_are_read_from_the_first_of_a_time_on(db, since, sequences):
    minutes = (0, 1, 0, 2)
    inputs = [an_input(number, NOON + each * MINUTE) for number, each in enumerate(minutes, 1)]
    insert_inputs(db, inputs)

    assert [each.sequence for each in inputs_since(db, since)] == sequences


def test_a_new_journal_begins_at_one(db):
    assert last_sequence(db) == 0
    assert list(inputs_since(db, NOON)) == []


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
