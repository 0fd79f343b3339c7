"""Taking up a rule set."""

import pytest

from reactor.journal.deliveries import get, insert_deliveries
from reactor.journal.evaluations import insert_evaluations, list_evaluations, totals
from reactor.journal.incidents import join, list_incidents
from reactor.journal.inputs import insert_inputs, last_sequence
from reactor.journal.memory import load, save
from reactor.journal.rulesets import Adopt, text_behind
from reactor.model.delivery import State
from reactor.model.gates import Phase
from reactor.model.incident import Joined
from reactor.model.journal import Adopted, Forgotten, GateMark, Input
from reactor.model.match import Evaluation, Reason, Settlement
from reactor.model.memory import MemoryEntry, MemoryKey
from tests.builders import NOON, a_delivery, replace

ADOPT = Adopt(
    sequence=1,
    at=NOON,
    ruleset="hash-1",
    text="rules: []",
    marks=frozenset({GateMark(rule="crash", action="slack", gate="throttle", mark="new")}),
    destinations=frozenset({"ops"}),
    rules=frozenset({("crash", "slack")}),
)
THROTTLE = MemoryKey("crash", "slack", "throttle", "web")
WAITING = Evaluation(
    event_id="e-1",
    source="local",
    rule="crash",
    action="slack",
    reason=Reason.WAITING,
    at=NOON,
    key="[]",
)


def test_the_rule_set_is_kept_once_and_its_adoptions_each_time(db):
    ADOPT.apply(db)
    replace(ADOPT, sequence=2).apply(db)

    assert db.execute("select hash, text from rulesets").fetchall()[0]["text"] == "rules: []"
    assert db.execute("select count(*) from rulesets").fetchone()[0] == 1
    assert last_sequence(db) == 2


def test_only_gates_that_changed_forget(db):
    old, new = (MemoryEntry(mark, {}, NOON) for mark in ("old", "new"))
    other = THROTTLE._replace(key="db")
    save(db, {THROTTLE: old, other: new})

    forgotten = Forgotten(rule="crash", action="slack", gate="throttle", count=1)
    adopted = ADOPT.apply(db)

    assert adopted == Adopted(forgotten=(forgotten,), buried=0)
    assert adopted.total == 1
    assert load(db) == {other: new}


def test_what_was_decided_of_the_reload_is_kept(db):
    insert_evaluations(db, [WAITING])
    ended = Settlement(
        event_id="e-1",
        source="local",
        rule="crash",
        action=None,
        reason=Reason.EXPIRED,
        at=NOON,
        key="[]",
    )
    fresh = MemoryEntry("new", {"since": 1}, NOON)

    replace(ADOPT, settlements=(ended,), memory={THROTTLE: fresh}).apply(db)

    assert [row.reason for row in list_evaluations(db)] == [Reason.EXPIRED]
    assert load(db) == {THROTTLE: fresh}


def test_what_waits_of_an_action_that_is_gone_expires(db):
    insert_evaluations(db, [WAITING, replace(WAITING, action="gone")])

    ADOPT.apply(db)

    assert list(list_evaluations(db)) == [
        WAITING,
        replace(WAITING, action="gone", reason=Reason.EXPIRED, settled_at=NOON),
    ]
    assert totals(db)["crash", "gone", Reason.WAITING] == 0


@pytest.mark.parametrize(("mark", "resolved_at"), [("new", None), ("old", NOON)])
def test_an_incident_of_a_gate_that_changed_is_over(db, mark, resolved_at):
    opened = Joined(
        id="incident-1",
        rule="crash",
        key="[]",
        phase=Phase.OPENED,
        at=NOON,
        since=NOON,
        count=1,
        event_id="e-1",
        source="local",
    )
    join(db, [opened])
    save(db, {MemoryKey("crash", "", "incident", "[]"): MemoryEntry(mark, {"id": opened.id}, NOON)})
    known = GateMark(rule="crash", action="", gate="incident", mark="new")

    replace(ADOPT, marks=frozenset({known})).apply(db)

    assert [each.resolved_at for each in list_incidents(db)] == [resolved_at]


@pytest.mark.parametrize(
    ("state", "destination", "after"),
    [
        (State.PENDING, "gone", State.DEAD),
        (State.RETRYING, "gone", State.DEAD),
        (State.RUNNING, "gone", State.RUNNING),  # its attempt's end finds out
        (State.SUCCEEDED, "gone", State.SUCCEEDED),
        (State.PENDING, "ops", State.PENDING),
        (State.PENDING, None, State.PENDING),  # an inline URL needs no destination
    ],
)
def test_what_waits_for_a_removed_destination_is_buried(db, state, destination, after):
    lane = destination or "rule/log"
    insert_deliveries(db, [a_delivery(state=state, destination=destination, lane=lane)])

    buried = ADOPT.apply(db).buried

    found = get(db, "delivery-1")
    assert found is not None
    assert found.state is after
    assert found.reason == ("destination_removed" if buried else None)
    assert buried == (after is not state)


def test_without_any_destination_what_needs_none_is_left_alone(db):
    """In SQL null is neither in an empty list nor not in it, but `not in ()` is true of null."""
    insert_deliveries(db, [a_delivery(destination=None)])

    assert replace(ADOPT, destinations=frozenset()).apply(db).buried == 0


def test_the_rules_that_decided_an_event_are_found_as_they_were(db):
    fields = {"decided_at": NOON, "ruleset": "hash-1", "source": "local"}
    ADOPT.apply(db)
    insert_inputs(db, [Input(sequence=2, event_id="e-1", **fields)])
    replace(ADOPT, sequence=3, ruleset="hash-2", text="rules: [new]").apply(db)

    assert text_behind(db, "e-1", "local") == "rules: []"
    assert text_behind(db, "e-1", "other") is None
    assert text_behind(db, "e-2", "local") is None
