"""Retention: it goes through the journal, and nobody waits for it."""

from collections import Counter
from contextlib import closing

import pytest

from reactor.journal import outdated, retention
from reactor.journal.batch import Batch
from reactor.journal.database import open_reader
from reactor.journal.outdated import RemoveRulesets
from reactor.journal.retention import Retention, sweep
from reactor.journal.standing import standing
from reactor.model.delivery import State
from reactor.model.errors import JournalUnavailable
from tests.builders import NOON, an_event
from tests.journal.past import KEEP, OLD, OLDER


def test_what_stays_is_not_asked_for(past, running, tmp_path):
    past.event("dead", OLDER, State.DEAD)
    past.event("newest", NOON)
    running.start()

    with closing(open_reader(tmp_path)) as reader:
        assert [*sweep(reader, running.writer, KEEP, NOON)] == [0]  # the rule sets


def test_totals_stay_true(past, swept):
    past.event("old", OLD)
    past.event("fired", OLDER, State.SUCCEEDED)
    past.event("newest", NOON)
    before = standing(past.db)

    assert swept() > 0

    assert standing(past.db) == before


def test_it_goes_in_slices_between_which_others_write(past, swept, monkeypatch, running, tmp_path):
    monkeypatch.setattr(outdated, "SLICE", 2)  # else it takes hundreds of events
    for number in range(6):
        past.event(f"e-{number}", OLD)
    running.start()
    with closing(open_reader(tmp_path)) as reader:
        slices = []
        for removed in sweep(reader, running.writer, KEEP, NOON):
            running.writer.submit(RemoveRulesets()).result(10)
            slices.append(removed)

    assert slices == [2, 2, 1] * 3 + [0]


def test_on_a_full_disk_it_waits_for_nobody(past, swept, running):
    past.event("old", OLD)
    past.event("newest", NOON)
    running.writer._trouble = "the disk is full"

    with pytest.raises(JournalUnavailable, match="disk is full"):
        swept()


def test_a_chore_sweeps_when_it_is_due_and_tells_of_the_last_time(past, running, tmp_path):
    past.event("old", OLD)
    past.event("newest", NOON)
    running.start()
    chore = Retention(lambda: open_reader(tmp_path), running.writer, lambda: NOON)

    for _ in range(2):
        chore.work(KEEP)
        assert (chore.last.at, chore.last.removed) == (NOON, 3)


def test_a_chore_that_has_much_to_do_goes_on_the_next_time(past, running, tmp_path, monkeypatch):
    monkeypatch.setattr(outdated, "SLICE", 1)  # else it takes hundreds of events
    monkeypatch.setattr(retention, "LONGEST_TURN", 0.0)  # else half a minute
    for number in range(4):
        past.event(f"e-{number}", OLD)
    running.start()
    chore = Retention(lambda: open_reader(tmp_path), running.writer, lambda: NOON)
    turns = Counter()

    while chore.last is None:
        chore.work(KEEP)
        turns["taken"] += 1

    assert chore.last.removed == 9
    assert turns["taken"] > 9


def test_a_chore_that_is_stopped_leaves_off(past, running, tmp_path):
    past.event("old", OLD)
    past.event("newest", NOON)
    running.start()
    chore = Retention(lambda: open_reader(tmp_path), running.writer, lambda: NOON)
    chore.stop()

    chore.work(KEEP)

    assert chore.last is None


def test_room_that_a_burst_took_is_given_back_but_for_a_quarter(past, swept, running, tmp_path):
    events = (an_event(uuid=f"e-{n}", at=OLD, pad="x" * 20_000) for n in range(400))
    past.db.execute("begin")
    Batch(events=tuple(events)).apply(past.db)
    past.db.execute("commit")
    past.event("newest", NOON)

    swept()

    free, pages = retention._pages(past.db)
    assert free * retention.SPARE <= pages < 100
