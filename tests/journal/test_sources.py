"""What sources remember survives them."""

from reactor.journal.sources import recall, save_notes
from reactor.model.event import Note


def test_a_source_finds_again_what_it_noted(db):
    values = {"since": "1.5", "seen": {"n": [1, None]}, "on": True}

    save_notes(db, [Note(source="cloud", remember=values)])

    assert recall(db, "cloud") == values
    assert recall(db, "local") == {}


def test_the_last_of_several_notes_holds_and_none_forgets(db):
    save_notes(db, [Note(source="cloud", remember={"a": 1, "b": 1, "c": 1})])

    save_notes(
        db,
        [
            Note(source="cloud", remember={"a": 2, "b": None, "c": None}),
            Note(source="cloud", remember={"a": 3, "c": 4}),
        ],
    )

    assert recall(db, "cloud") == {"a": 3, "c": 4}
