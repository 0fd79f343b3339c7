"""Incidents: opened, gone on with, resolved, found by their events."""

from datetime import timedelta

import pytest

from reactor.journal.incidents import incidents_of, join, list_incidents, resolve_forgotten
from reactor.journal.memory import save
from reactor.model.gates import Phase
from reactor.model.incident import Incident, Joined
from reactor.model.memory import MemoryEntry, MemoryKey
from tests.builders import NOON

MINUTE = timedelta(minutes=1)


def a_part(phase, minute, name="incident-1", **changes):
    fields = {
        "id": name,
        "rule": "crash",
        "key": '["web"]',
        "phase": phase,
        "at": NOON + minute * MINUTE,
        "since": NOON,
        "count": minute + 1,
        "event_id": f"event-{minute}",
        "source": "local",
    }
    return Joined(**(fields | changes))


def an_incident(**changes):
    fields = {
        "id": "incident-1",
        "rule": "crash",
        "key": '["web"]',
        "opened_at": NOON,
        "last_at": NOON,
        "resolved_at": None,
        "count": 1,
        "events": (("local", "event-0"),),
    }
    return Incident(**(fields | changes))


def test_an_incident_opens_goes_on_and_ends(db):
    join(db, [a_part(Phase.OPENED, 0)])
    assert list(list_incidents(db)) == [an_incident()]

    join(db, [a_part(Phase.REPEATED, 1)])
    on = an_incident(
        last_at=NOON + MINUTE, count=2, events=(("local", "event-0"), ("local", "event-1"))
    )
    assert list(list_incidents(db)) == [on]

    join(db, [a_part(Phase.RESOLVED, 2, count=2)])
    assert list(list_incidents(db)) == [
        an_incident(
            last_at=NOON + MINUTE,
            resolved_at=NOON + 2 * MINUTE,
            count=2,
            events=(*on.events, ("local", "event-2")),
        )
    ]


def test_each_part_is_kept_with_what_it_was(db):
    join(db, [a_part(Phase.OPENED, 0), a_part(Phase.RESOLVED, 1)])

    rows = db.execute("select phase, at from incident_events order by number").fetchall()

    assert [row["phase"] for row in rows] == ["opened", "resolved"]


def test_an_incident_that_is_gone_is_there_again_when_it_goes_on(db):
    join(db, [a_part(Phase.REPEATED, 4)])

    (found,) = list_incidents(db)

    assert (found.opened_at, found.last_at, found.count) == (NOON, NOON + 4 * MINUTE, 5)


def test_an_event_that_goes_on_with_an_incident_and_ends_it_is_named_once(db):
    join(db, [a_part(Phase.OPENED, 0), a_part(Phase.RESOLVED, 0)])

    assert [each.events for each in list_incidents(db)] == [(("local", "event-0"),)]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["a", "b", "c"]),
        ({"rule": "deploy"}, ["c"]),
        ({"open_only": True}, ["b", "c"]),
        ({"since": NOON + 9 * MINUTE}, ["a", "b", "c"]),
        ({"since": NOON + 10 * MINUTE}, ["b", "c"]),  # a was over by then
        ({"limit": 2}, ["b", "c"]),
        ({"rule": "crash", "limit": 1}, ["b"]),
        ({"rule": "crash", "open_only": True, "since": NOON, "limit": 9}, ["b"]),
    ],
)
def test_incidents_are_listed_oldest_first(db, filters, expected):
    opened = [
        a_part(Phase.OPENED, 0, "a"),
        a_part(Phase.OPENED, 0, "b"),
        a_part(Phase.OPENED, 0, "c", rule="deploy"),
    ]
    join(db, [*opened, a_part(Phase.RESOLVED, 9, "a")])

    assert [each.id for each in list_incidents(db, **filters)] == expected


def test_the_incidents_of_an_event_are_found_without_a_scan(db, scans):
    join(db, [a_part(Phase.OPENED, 0, name) for name in ("a", "b")])
    join(db, [a_part(Phase.OPENED, 0, "c", source="other"), a_part(Phase.OPENED, 1, "d")])

    assert [each.id for each in incidents_of(db, "event-0", "local")] == ["a", "b"]
    assert scans(lambda: incidents_of(db, "event-0", "local")) == [
        "SCAN (subquery-5)",  # the events that were found
        "USE TEMP B-TREE FOR ORDER BY",  # the incidents that were found
    ]


def test_an_incident_that_no_gate_remembers_is_over(db):
    join(db, [a_part(Phase.OPENED, 0, name) for name in ("kept", "lost")])
    join(db, [a_part(Phase.RESOLVED, 1, "over")])
    key = MemoryKey("crash", "", "incident", '["web"]')
    save(db, {key: MemoryEntry("m", {"id": "kept"}, NOON)})

    resolve_forgotten(db, NOON + 5 * MINUTE)

    assert [(each.id, each.resolved_at) for each in list_incidents(db)] == [
        ("kept", None),
        ("lost", NOON + 5 * MINUTE),
        ("over", NOON + MINUTE),
    ]
