"""How the journal stands: what waits, what is dead, what came last."""

from datetime import timedelta

import pytest

from reactor.journal.batch import Batch
from reactor.journal.moves import Cancel, Claim
from reactor.journal.rulesets import Adopt
from reactor.journal.silences import AddSilence, ExpireSilence
from reactor.journal.standing import (
    LastEvent,
    LastRuleset,
    SourceTotals,
    Standing,
    last_ruleset,
    standing,
)
from reactor.model.delivery import State
from reactor.model.errors import JournalUnavailable
from reactor.model.gates import Phase
from reactor.model.incident import Joined
from reactor.model.match import Evaluation, Reason
from reactor.model.silence import StoredSilence
from tests.builders import NOON, a_delivery, an_event, replace

FIRED = Evaluation(
    event_id="u-1", source="a", rule="r", action="log", reason=Reason.FIRED, at=NOON, key="[]"
)
EMPTY = Standing(
    sources={},
    evaluations={},
    last_event=None,
    undecided=0,
    quarantined=0,
    pending=0,
    oldest=None,
    dead=0,
    paused={},
    bytes=0,
)


def adopt(db, number, name):
    Adopt(
        sequence=number,
        at=NOON + timedelta(seconds=number),
        ruleset=name,
        text=f"rules: {name}",
        marks=frozenset(),
        destinations=frozenset(["ops"]),
        rules=frozenset(),
    ).apply(db)


def deliver(db, number, **changes):
    """A delivery that was planned `number` seconds after NOON."""
    at = NOON + timedelta(seconds=number)
    delivery = a_delivery(id=f"delivery-{number}", created_at=at, **changes)
    Batch(deliveries=(delivery,)).apply(db)


def test_an_empty_journal_has_nothing(db, tmp_path):
    found = standing(db)

    assert replace(found, bytes=0) == EMPTY
    assert found.bytes == (tmp_path / "reactor.db").stat().st_size
    assert last_ruleset(db) is None


def test_totals_and_the_last_event_are_told(db):
    one, two = an_event(uuid="u-1", source="a"), an_event(uuid="u-2", source="b")
    Batch(events=(one,), evaluations=(FIRED, replace(FIRED, reason=Reason.SHADOW))).apply(db)
    Batch(events=(two,), accepted=(two,), duplicates={"a": 3}).apply(db)

    found = standing(db)

    assert found.sources == {
        "a": SourceTotals(events=1, duplicates=3, rejected=0),
        "b": SourceTotals(events=1, duplicates=0, rejected=0),
    }
    assert found.evaluations == {("r", "log", Reason.FIRED): 1, ("r", "log", Reason.SHADOW): 1}
    assert found.last_event == LastEvent(id="u-2", source="b", received_at=NOON)
    assert found.undecided == 1


def test_a_rule_has_fired_only_if_it_fired(db):
    held = replace(FIRED, rule="held", reason=Reason.THROTTLED)
    Batch(evaluations=(FIRED, held)).apply(db)

    assert standing(db).fired == {"r"}


def test_a_rule_that_a_timer_fired_has_fired(db):
    Batch(evaluations=(replace(FIRED, event_id="", source=""),)).apply(db)

    found = standing(db)

    assert (found.evaluations, found.timers) == ({}, {("r", "log", Reason.FIRED): 1})
    assert found.fired == {"r"}


def test_incidents_that_are_open_are_counted(db):
    parts = [
        Joined(
            id=name,
            rule="r",
            key="[]",
            phase=phase,
            at=NOON,
            since=NOON,
            count=1,
            event_id="u-1",
            source="a",
        )
        for name, phase in (("a", Phase.OPENED), ("b", Phase.OPENED), ("b", Phase.RESOLVED))
    ]
    Batch(joined=tuple(parts)).apply(db)

    assert standing(db).incidents == 1


def test_silences_count_until_they_are_over(db):
    for number in (1, 2, 3):
        silence = StoredSilence(
            id=f"s-{number}",
            text="",
            author="",
            comment="",
            created_at=NOON,
            expires_at=NOON + timedelta(hours=number),
        )
        AddSilence(silence).apply(db)
    ExpireSilence(id="s-3", at=NOON).apply(db)

    found = standing(db)

    assert [found.silenced(NOON + timedelta(hours=number)) for number in (0, 1, 2)] == [2, 1, 0]


def test_what_is_not_done_is_pending_and_the_oldest_is_the_first_planned(db):
    for number in range(1, 6):
        deliver(db, number, state=State.DEAD if number == 5 else State.PENDING)
    Cancel(ids=("delivery-1",)).apply(db)
    Claim(ids=("delivery-2", "delivery-3"), at=NOON).apply(db)

    found = standing(db)

    assert (found.pending, found.dead) == (3, 1)  # 2 and 3 run, 4 waits
    assert found.oldest == NOON + timedelta(seconds=2)


def test_the_last_rules_that_were_taken_up_are_told_even_if_they_are_not_new(db):
    for number, name in enumerate(("one", "two", "one"), 1):
        adopt(db, number, name)

    at = NOON + timedelta(seconds=3)
    assert last_ruleset(db) == LastRuleset(hash="one", text="rules: one", at=at)


def test_only_totals_and_what_is_undone_or_dead_are_read(db, scans):
    assert scans(lambda: standing(db)) == [
        "SCAN source_totals",
        "SCAN evaluation_totals",
        "SCAN events",  # backwards, and of one row
        "SCAN undecided",
        "SCAN quarantined",
        "SCAN pauses",  # one for each lane that is paused
        "SCAN timer_totals",
        "SCAN silences",  # few: somebody wrote each
    ]


def test_a_journal_that_cannot_be_read_is_a_fault_of_ours_to_tell(db):
    db.execute("drop table source_totals")

    with pytest.raises(JournalUnavailable, match="the journal cannot be read: no such table"):
        standing(db)
