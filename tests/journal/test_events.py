"""Accepted events, found again by their ids."""

import sqlite3

import pytest

from reactor.journal.evaluations import insert_evaluations
from reactor.journal.events import (
    find,
    insert_events,
    insert_undecided,
    known,
    latest,
    namesakes,
    one,
    settle_decided,
    undecided,
)
from reactor.model.match import Evaluation, Reason
from tests.builders import NOON, an_event, replace


def test_an_event_comes_back_as_it_was(db):
    event = an_event(
        uuid="u-1",
        state="Stopped",
        datetime="2031-05-06T10:20:29.123456+00:00",
        facts={"container": {"exit_code": 7}},
        platform=True,
    )

    insert_events(db, [event])

    assert find(db, "u-1") == event


def test_an_unknown_event_is_none(db):
    assert find(db, "u-1") is None
    assert one(db, "local", "u-1") is None


def test_of_namesakes_that_of_one_source_is_found(db, scans):
    mine, other = an_event(uuid="u-1", source="a"), an_event(uuid="u-1", source="b")
    insert_events(db, [mine, other])

    assert one(db, "a", "u-1") == mine
    assert one(db, "c", "u-1") is None
    assert scans(lambda: one(db, "a", "u-1")) == []


def test_the_frame_is_kept_as_text_exactly_as_received(db):
    insert_events(db, [an_event(uuid="u-1", name="\u00fc\n")])

    row = db.execute("select id, frame, typeof(frame) as type from events").fetchone()

    assert tuple(row) == ("u-1", '{"uuid":"u-1","name":"\u00fc\\n"}', "text")


def test_ids_are_known_per_source(db):
    insert_events(db, [an_event(uuid="u-1", source="a"), an_event(uuid="u-2", source="b")])

    assert known(db, "a", ["u-1", "u-2", "u-3"]) == {"u-1"}


def test_thousands_of_ids_can_be_asked_for_at_once(db):
    insert_events(db, [an_event(uuid="u-1")])

    assert known(db, "local", [f"u-{number}" for number in range(50_000)]) == {"u-1"}


def test_of_one_id_in_two_sources_the_newest_is_found(db):
    insert_events(db, [an_event(uuid="u-1", source="a"), an_event(uuid="u-1", source="b")])

    found = find(db, "u-1")

    assert found is not None
    assert found.source == "b"


def test_of_one_id_in_two_sources_both_are_found_the_oldest_first(db):
    events = [an_event(uuid="u-1", source="b"), an_event(uuid="u-1", source="a")]

    insert_events(db, [*events, an_event(uuid="u-2")])

    assert namesakes(db, "u-1") == events
    assert namesakes(db, "u-3") == []


def a_match(event_id, rule="crash", source="local"):
    return Evaluation(
        event_id=event_id,
        source=source,
        rule=rule,
        action="log",
        reason=Reason.FIRED,
        at=NOON,
        key="[]",
    )


def test_the_latest_of_a_rule_is_the_one_that_it_matched_last(db):
    insert_events(db, [an_event(uuid=f"u-{number}") for number in range(4)])
    insert_events(db, [an_event(uuid="u-1", source="other")])
    insert_evaluations(db, [a_match("u-0"), a_match("u-1"), a_match("u-2", rule="deploy")])

    found = latest(db, "crash")

    assert (found.id, found.source) == ("u-1", "local")


def test_for_a_rule_that_never_matched_it_is_the_newest_of_all(db):
    assert latest(db, "crash") is None

    insert_events(db, [an_event(uuid="u-1"), an_event(uuid="u-2")])

    assert latest(db, "crash").id == "u-2"


def test_events_are_found_without_a_scan(db, scans):
    assert scans(lambda: known(db, "local", ["u-1", "u-2"])) == []
    sorts_the_few_of_one_id = ["USE TEMP B-TREE FOR ORDER BY"]
    assert scans(lambda: find(db, "u-1")) == sorts_the_few_of_one_id


def test_an_accepted_event_is_undecided_until_it_is_settled(db):
    events = [an_event(uuid=f"u-{number}") for number in range(3)]
    insert_events(db, events)
    insert_undecided(db, events[1:])

    settle_decided(db, events[1:2])

    assert list(undecided(db)) == events[2:]


def test_what_lookups_told_is_kept_with_the_event(db):
    event = an_event(uuid="u-1", platform=True)
    known_by_now = replace(event, facts={"service": {"name": "web"}}, unknown={"node": "404"})
    insert_events(db, [event])
    insert_undecided(db, [event])

    settle_decided(db, [known_by_now])

    assert find(db, "u-1") == known_by_now
    assert list(undecided(db)) == []


def test_settling_and_finding_the_undecided_read_no_whole_table(db, scans):
    event = an_event(uuid="u-1")
    insert_events(db, [event])

    assert scans(lambda: insert_undecided(db, [event])) == []
    assert scans(lambda: list(undecided(db))) == ["SCAN undecided"]
    assert scans(lambda: settle_decided(db, [event])) == []


def test_an_event_cannot_be_journaled_twice(db):
    insert_events(db, [an_event(uuid="u-1", source="a"), an_event(uuid="u-1", source="b")])

    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        insert_events(db, [an_event(uuid="u-1", source="a", state="Stopped")])
