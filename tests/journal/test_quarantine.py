"""Events that no rule could decide, kept with their reason as long as they are."""

import pytest

from reactor.journal.batch import Batch
from reactor.journal.events import undecided
from reactor.journal.quarantine import Release, find_quarantined, list_quarantined
from reactor.model.quarantine import Poison, Quarantined
from tests.builders import NOON, an_event

ONE, TWO = an_event(uuid="e-1"), an_event(uuid="e-2")
OTHER = an_event(uuid="e-1", source="other")


def aside(event, **poison):
    told = Poison(**{"why": "ValueError: no", "trace": "Traceback\nno", "rule": "crash", **poison})
    return Quarantined(event_id=event.id, source=event.source, at=NOON, poison=told)


@pytest.fixture
def rows(db):
    """Two in quarantine, and their events among others."""
    rows = (aside(TWO, rule=None), aside(ONE))
    Batch(events=(ONE, TWO, OTHER), quarantined=rows).apply(db)
    return rows


def test_all_are_listed_as_they_came_with_all_that_is_known(db, rows):
    assert list(list_quarantined(db)) == [rows[1], rows[0]]


def test_one_is_found_by_its_id(db, rows):
    assert find_quarantined(db, "e-2") == [rows[0]]
    assert find_quarantined(db, "e-3") == []


def test_what_is_let_out_is_accepted_and_not_decided(db, rows):
    assert Release(ids=("e-1", "e-3")).apply(db) == (("local", "e-1"),)

    assert list(undecided(db)) == [ONE]
    assert list(list_quarantined(db)) == [rows[0]]


def test_the_namesakes_of_all_sources_are_let_out(db):
    Batch(events=(ONE, OTHER), quarantined=(aside(ONE), aside(OTHER))).apply(db)

    assert Release(ids=("e-1",)).apply(db) == (("local", "e-1"), ("other", "e-1"))


def test_what_waited_and_cannot_be_decided_waits_no_longer(db):
    Batch(events=(ONE,), accepted=(ONE,)).apply(db)

    Batch(decided=(ONE,), quarantined=(aside(ONE),)).apply(db)

    assert list(undecided(db)) == []
    assert list(list_quarantined(db)) == [aside(ONE)]


def test_it_goes_with_its_event(db, rows):
    db.execute("delete from events where id = 'e-1'")

    assert list(list_quarantined(db)) == [rows[0]]


def test_finding_reads_no_table(db, rows, scans):
    few = ["USE TEMP B-TREE FOR ORDER BY"]  # one a source

    assert scans(lambda: find_quarantined(db, "e-1")) == few
    assert scans(lambda: Release(ids=("e-1",)).apply(db)) == few
