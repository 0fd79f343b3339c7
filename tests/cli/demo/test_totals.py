"""The summary adds up, and says what was held back and why."""

from datetime import timedelta

from reactor.cli.demo.totals import summary
from reactor.model.delivery import State
from reactor.model.gates import Gates, Rate
from reactor.model.journal import Counts
from reactor.model.match import Reason
from tests.builders import a_delivery, a_rule, a_ruleset, an_action, replace

THROTTLED = Gates(throttle=Rate(count=1, per=timedelta(minutes=5)))
RULES = a_ruleset(
    a_rule(name="crash", actions=(an_action(name="slack", gates=THROTTLED), an_action())),
)
DONE = replace(a_delivery(), type="redeploy", state=State.SUCCEEDED)


def test_the_summary_adds_up():
    counts = Counts(
        events={"cloud": 5, "local": 2},
        duplicates={},
        rejected={},
        evaluations={
            ("crash", "slack", Reason.FIRED): 2,
            ("crash", "log", Reason.FIRED): 1,
            ("crash", "slack", Reason.THROTTLED): 4,
            ("crash", "log", Reason.SHADOW): 1,
        },
        deliveries={State.SUCCEEDED: 2, State.DEAD: 1},
    )
    deliveries = [DONE, DONE, replace(DONE, state=State.DEAD), replace(DONE, type="stop")]

    assert list(summary(counts, deliveries, RULES)) == [
        "events       7 (5 from cloud, 2 from local)",
        "matches      8 = 3 fired + 5 held back",
        "held back    4x crash → slack: throttled, no more than 1 per 5m",
        "held back    1x crash → log: in the shadow (shadow: true): decided and recorded, not sent",
        "deliveries   3 (2 succeeded, 1 dead)",
        "redeploys    2 that reactor itself caused",
    ]


def test_what_waits_is_neither_fired_nor_held_back():
    waits = {("crash", "slack", Reason.WAITING): 2, ("crash", "slack", Reason.FIRED): 1}
    counts = Counts(events={}, duplicates={}, rejected={}, evaluations=waits, deliveries={})

    assert "matches      3 = 1 fired + 2 waiting + 0 held back" in summary(counts, [], RULES)


def test_the_summary_of_nothing():
    nothing = Counts(events={}, duplicates={}, rejected={}, evaluations={}, deliveries={})

    assert list(summary(nothing, [], RULES)) == [
        "events       0 (none)",
        "matches      0 = 0 fired + 0 held back",
        "deliveries   0 (none)",
        "redeploys    0 that reactor itself caused",
    ]
