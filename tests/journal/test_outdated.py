"""What the journal need not keep: what goes, and what stays."""

import pytest

from reactor.journal import outdated
from reactor.journal.batch import Batch
from reactor.journal.deliveries import attempts_of
from reactor.journal.evaluations import expire_others
from reactor.journal.inputs import last_sequence
from reactor.journal.moves import Redeliver
from reactor.journal.outdated import Part, Remove, limits
from reactor.journal.silences import ExpireSilence
from reactor.journal.standing import last_ruleset
from reactor.model.delivery import State
from reactor.model.event import Rejection
from reactor.model.journal import InputKind
from reactor.model.match import Reason
from tests.builders import NOON, an_event, replace
from tests.journal.past import ANCIENT, DAY, KEEP, OLD, OLDER, Past, rows


def test_an_old_event_goes_with_all_that_was_decided_of_it_and_a_young_one_stays(past, swept):
    past.event("old", OLD)
    past.event("young", NOON - 29 * DAY)
    past.event("newest", NOON)

    assert swept() == 3

    assert rows(past.db, "events") == ["newest", "young"]
    assert rows(past.db, "evaluations", "event_id") == ["newest", "young"]
    assert rows(past.db, "inputs", "event_id") == [None, "newest", "young"]


@pytest.mark.parametrize(
    ("state", "since", "stays"),
    [
        *((state, ANCIENT, True) for state in (State.PENDING, State.RUNNING, State.RETRYING)),
        (State.SUCCEEDED, OLD, True),
        (State.SUCCEEDED, OLDER, False),
        (State.CANCELLED, OLDER, False),
        (State.DEAD, OLDER, True),
        (State.DEAD, ANCIENT, False),
    ],
)
def test_what_fired_stays_with_its_event_for_as_long_as_its_delivery(
    past, swept, state, since, stays
):
    past.event("it", since, state)
    past.event("newest", NOON)

    swept()

    assert (rows(past.db, "deliveries") == [f"it/{state}"]) is stays
    assert len(rows(past.db, "requests", "delivery")) == stays
    for table, column in (("events", "id"), ("evaluations", "event_id"), ("inputs", "event_id")):
        assert ("it" in rows(past.db, table, column)) is stays


def test_of_two_deliveries_the_longer_kept_one_keeps_the_event_and_all_its_decisions(past, swept):
    past.event("it", OLDER, State.SUCCEEDED, State.DEAD)
    past.event("newest", NOON)

    swept()

    assert rows(past.db, "deliveries") == ["it/dead"]
    assert rows(past.db, "events") == ["it", "newest"]
    assert rows(past.db, "evaluations", "event_id") == ["it", "it", "newest"]


def test_requests_and_attempts_go_with_their_delivery(past, swept):
    past.event("it", OLDER, State.PENDING)
    past.ended("it/pending", OLDER)

    swept()

    assert attempts_of(past.db, "it/pending") == []
    assert [rows(past.db, table, "delivery") for table in ("requests", "attempts")] == [[], []]


def test_a_dead_letter_that_is_sent_again_is_as_young_as_its_new_promise(past, swept):
    past.event("it", ANCIENT, State.DEAD)
    Redeliver(ids=("it/dead",), at=OLD).apply(past.db)
    past.ended("it/dead", OLD)

    swept()

    assert rows(past.db, "deliveries") == ["it/dead"]


def test_what_is_sent_again_while_it_is_looked_at_stays(past):
    past.event("it", ANCIENT, State.DEAD)
    past.event("newest", NOON)
    up_to = limits(KEEP, NOON)
    Redeliver(ids=("it/dead",), at=NOON).apply(past.db)

    for part in (Part.DELIVERIES, Part.EVENTS):
        assert Remove(part=part, numbers=(1,), limits=up_to).apply(past.db) == 0

    assert rows(past.db, "requests", "delivery") == [1]


def test_an_event_that_is_not_decided_stays(past, swept):
    past.event("it", ANCIENT, is_undecided=True)
    past.event("newest", NOON)

    swept()

    assert rows(past.db, "events") == ["it", "newest"]


def test_the_newest_event_and_the_newest_input_stay_so_that_numbers_go_on(past, swept):
    for name in ("a", "b"):
        past.event(name, ANCIENT)

    swept()

    assert rows(past.db, "events") == ["b"]
    assert last_sequence(past.db) == 3


def test_the_newest_input_stays_even_if_its_event_came_before_others(past, swept):
    past.event("parked", ANCIENT, is_undecided=True)
    past.event("passes", ANCIENT)
    parked = an_event(uuid="parked", at=ANCIENT)
    Batch(decided=(parked,), inputs=(past.input(parked, "now"),)).apply(past.db)
    past.event("newest", ANCIENT, is_undecided=True)

    swept()

    assert rows(past.db, "events") == ["newest"]
    assert last_sequence(past.db) == 3


def test_rule_sets_stay_while_anything_they_decided_does(past, swept):
    for name in ("unused", "old", "older", "now"):
        past.adopt(name, ANCIENT)
        if name == "older":
            past.event("fired", OLDER, State.DEAD, ruleset="older")
    past.event("newest", NOON)

    swept()

    assert rows(past.db, "rulesets", "hash") == ["now", "older"]
    assert last_ruleset(past.db).hash == "now"


def test_an_event_that_waits_at_a_gate_stays_until_it_is_settled(past, swept):
    it = an_event(uuid="it", at=ANCIENT)
    waiting = past.evaluation(it, Reason.WAITING)
    Batch(events=(it,), evaluations=(waiting,)).apply(past.db)
    past.event("newest", NOON)
    swept()
    assert rows(past.db, "events") == ["it", "newest"]

    expire_others(past.db, frozenset(), NOON)
    swept()

    assert rows(past.db, "events") == rows(past.db, "evaluations", "event_id") == ["newest"]


def test_an_event_that_comes_to_wait_while_it_is_looked_at_stays(past):
    it = an_event(uuid="it", at=ANCIENT)
    Batch(events=(it,), evaluations=(past.evaluation(it, Reason.WAITING),)).apply(past.db)

    assert Remove(part=Part.EVENTS, numbers=(1,), limits=limits(KEEP, NOON)).apply(past.db) == 0


def test_what_a_timer_fired_goes_when_it_is_old_and_waits_no_more(past, swept):
    timer = replace(past.evaluation(an_event(at=OLD), Reason.FIRED), event_id="", source="")
    Batch(evaluations=(timer, replace(timer, reason=Reason.WAITING))).apply(past.db)

    swept()

    assert rows(past.db, "evaluations", "reason") == ["waiting"]


def test_inputs_that_are_no_events_go_when_they_are_old(past, swept):
    for at in (OLD, NOON):
        entry = replace(
            past.input(an_event(at=at), "now"), kind=InputKind.LINK, source="", event_id=""
        )
        Batch(inputs=(entry,)).apply(past.db)

    swept()

    assert rows(past.db, "inputs", "kind") == ["link", "ruleset"]
    assert last_sequence(past.db) == 3


@pytest.mark.parametrize(
    ("opened", "resolved", "stays"),
    [
        (ANCIENT, None, True),
        (ANCIENT, NOON - 89 * DAY, True),
        (ANCIENT, OLDER, False),
    ],
)
def test_an_incident_stays_while_it_is_open_and_then_as_long_as_a_delivery(
    past, swept, opened, resolved, stays
):
    past.incident("it", opened, resolved)

    swept()

    assert (rows(past.db, "incidents") == ["it"]) is stays


def test_of_an_incident_those_events_stay_that_are_kept(past, swept):
    past.event("kept", OLDER, State.DEAD)
    past.event("gone", OLDER)
    for name in ("kept", "gone"):
        past.incident("it", OLDER, event=name)
    past.event("newest", NOON)

    swept()

    assert rows(past.db, "incident_events", "event_id") == ["kept"]


def test_the_events_of_an_incident_go_with_it(past, swept):
    past.event("kept", ANCIENT, State.PENDING)
    past.incident("it", ANCIENT, OLDER, event="kept")

    swept()

    assert rows(past.db, "events") == ["kept"]
    assert rows(past.db, "incident_events", "incident") == []


def test_silences_go_when_they_have_been_over_for_as_long_as_an_event(past, swept):
    ends = {"over": OLD, "just over": NOON - DAY, "on": NOON + DAY, "ended": NOON + DAY}
    for name, end in ends.items():
        past.silence(name, ANCIENT, end)
    ExpireSilence(id="ended", at=OLD).apply(past.db)

    swept()

    assert rows(past.db, "silences") == ["just over", "on"]


def test_rejections_go_like_events(past, swept):
    for at in (OLD, NOON):
        rejection = Rejection(source="a", received_at=at, reason="not_json", excerpt="", size=1)
        Batch(rejections=(rejection,)).apply(past.db)

    swept()

    assert rows(past.db, "rejections", "number") == [2]


def test_a_time_out_of_order_holds_nothing_up(past, swept, monkeypatch):
    monkeypatch.setattr(outdated, "WINDOW", 3)  # else it takes a thousand events
    for name, at in enumerate((OLD, NOON + 3650 * DAY, OLD, OLD, OLD, OLD, NOON)):
        past.event(f"e-{name}", at)

    swept()

    assert rows(past.db, "events") == ["e-1", "e-6"]


def test_no_statement_of_it_scans_a_table(past, scans, db):
    del past
    up_to = limits(KEEP, NOON)
    Past(db).event("old", ANCIENT, State.SUCCEEDED)

    for part in Part:
        look = {"after": 0, "window": 10, **up_to}
        assert scans(lambda look=look, part=part: db.execute(outdated._LOOK[part], look)) == []
        remove = Remove(part=part, numbers=(1,), limits=up_to)
        assert scans(lambda remove=remove: remove.apply(db)) == []
