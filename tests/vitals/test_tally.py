"""What happened is counted, by the names of the present rules alone."""

from datetime import timedelta

import pytest

from reactor.delivery.retry import Decision
from reactor.model.delivery import Attempt, Move
from reactor.observe.metrics import REMOVED
from reactor.transaction import Committed
from reactor.vitals.tally import Tally, lanes
from tests.builders import NOON, a_delivery, a_rule, an_action, an_event, replace
from tests.vitals.parts import rules

SUCCEEDED, RETRYING = Decision(move=Move.SUCCEED), Decision(move=Move.RETRY, due_at=NOON)
BURIED = Decision(move=Move.BURY, reason="404")


@pytest.fixture
def tally():
    return Tally(rules(), lambda: NOON, lambda: 1000.0)


def attempted(tally, decision, seconds=2, **changes):
    """An attempt that took so long, on a delivery that was promised at NOON."""
    attempt = Attempt(
        delivery_id="delivery-1",
        number=1,
        started_at=NOON + timedelta(seconds=3),
        ended_at=NOON + timedelta(seconds=3 + seconds),
        verdict="succeeded",
        status=200,
        detail="200 OK",
    )
    tally.attempted(a_delivery(**changes), attempt, decision)


def test_the_lanes_of_a_rule_set_are_all_that_a_delivery_of_it_can_have():
    rule = a_rule(name="r", actions=(an_action(name="log"), an_action(name="say")))
    ruleset = replace(rules(), rules=(rule,))

    assert lanes(ruleset) == {"ops", "source:local", "r/log", "r/say"}


def test_each_outcome_is_counted_by_its_lane(tally):
    for decision in (SUCCEEDED, RETRYING, BURIED, SUCCEEDED):
        attempted(tally, decision)

    counted = {labels: count for _, labels, count in tally.tallies.samples()}
    assert counted == {("ops", "succeeded"): 2, ("ops", "retrying"): 1, ("ops", "dead"): 1}
    assert tally.attempts.total() == 4


def test_an_attempt_is_measured_always_and_the_whole_way_when_it_succeeds(tally):
    attempted(tally, RETRYING, seconds=10)
    attempted(tally, SUCCEEDED, seconds=2)

    totals = {name: total for name, _, _, total in tally.tallies.buckets()}
    # From the promise to the end: 3 s until it began, and 2.
    assert totals == {
        "reactor_delivery_seconds": 12.0,
        "reactor_event_to_delivery_seconds": 5.0,
    }


def test_events_are_counted_and_the_last_of_each_source_is_known(tally):
    early, late = an_event(n=1), an_event(n=2, at=NOON + timedelta(seconds=9))
    tally.committed(Committed(events=(early,)))
    tally.committed(Committed(accepted=(late,)))

    assert tally.events.total() == 1  # the other is decided later
    assert tally.last_events() == {"local": NOON + timedelta(seconds=9)}


def test_gaps_are_counted(tally):
    tally.committed(Committed(events=(an_event(type="gap"), an_event(type="container"))))

    assert tally.tallies.samples() == [("reactor_events_gaps_total", ("local",), 1)]


def test_after_a_reload_only_the_new_names_are_told(tally):
    tally.committed(Committed(events=(an_event(type="gap"),)))
    attempted(tally, SUCCEEDED)

    tally.adopt(rules(source="other", destination="pager"))
    attempted(tally, SUCCEEDED)

    assert tally.last_events() == {}
    assert tally.tallies.samples() == [
        ("reactor_deliveries_total", (REMOVED, "succeeded"), 1),
    ]


def test_a_refused_reload_is_known_until_one_succeeds(tally):
    assert tally.is_current
    tally.refuse_reload()
    assert not tally.is_current

    tally.adopt(rules())
    assert tally.is_current
