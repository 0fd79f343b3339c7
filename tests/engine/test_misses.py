"""Many misses of a rule are told by what kept each of them from matching."""

from reactor.engine.misses import Misses
from reactor.engine.nearest import explain_rule
from reactor.model.match import Reason
from tests.builders import a_rule, an_event
from tests.conditions import condition

RULE = a_rule(match=condition("{state: Stopped, n: 1, code: 0}"))


def missed(*frames):
    misses = Misses()
    for number, frame in enumerate(frames):
        event = an_event(identity=f"e-{number}", **frame)
        misses.tell(event, explain_rule(RULE, event))
    return misses


def test_those_that_the_same_tests_kept_back_are_counted_together_under_the_last_of_them():
    misses = missed(
        {"state": "Running", "n": 1, "code": 0},
        {"state": "Stopped", "n": 2, "code": 0},
        {"state": "Starting", "n": 1, "code": 0},
    )

    told = misses.nearest(Reason.CONDITION_FALSE)

    assert [(miss.count, miss.event.id) for miss in told] == [(2, "e-2"), (1, "e-1")]
    assert told[0].explanation.blockers[0].test.actual == "Starting"


def test_the_fewest_tests_come_first_however_rare():
    far = {"state": "Running", "n": 2, "code": 1}

    misses = missed(far, far, {"state": "Stopped", "n": 1, "code": 1}, far)

    assert [miss.count for miss in misses.nearest(Reason.CONDITION_FALSE)] == [1, 3]


def test_reasons_are_apart_and_the_nearest_comes_first():
    misses = missed({"state": "Running", "n": 2, "code": 0}, {"state": "Stopped", "n": 1})

    assert misses.reasons == [Reason.FIELD_MISSING, Reason.CONDITION_FALSE]
    assert misses.nearest(Reason.DISABLED) == []
