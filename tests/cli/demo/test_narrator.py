"""The story is told in words that need no knowledge of reactor."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reactor.cli.demo.narrator import Narrator, described, summary
from reactor.delivery.retry import Decision
from reactor.model.delivery import Attempt, Move, State
from reactor.model.event import Rejection
from reactor.model.journal import Counts
from reactor.model.match import Evaluation, Reason
from reactor.model.rule import Rate
from reactor.pipeline import Committed
from tests.builders import NOON, a_delivery, a_rule, a_ruleset, an_action, an_event

WEB = {"container": {"name": "shop-web-1", "exit_code": 7}, "service": {"name": "web"}}
ROW = Evaluation(
    event_id="e-1",
    source="local",
    rule="crash",
    action="slack",
    reason=Reason.FIRED,
    at=NOON,
    key="[]",
)


def a_rate(count, minutes):
    return Rate(count=count, per=timedelta(minutes=minutes))


def told(committed=None, *, ruleset=None, attempt=None):
    lines = []
    narrator = Narrator(ruleset or a_ruleset(), lines.append)
    if committed:
        narrator.committed(committed)
    if attempt:
        narrator.attempted(*attempt)
    return lines


@pytest.mark.parametrize(
    ("frame", "facts", "words"),
    [
        (
            {"type": "container", "state": "Stopped"},
            WEB,
            "container shop-web-1 of service web: Stopped, exit code 7",
        ),
        (
            {"type": "container", "state": "Stopped"},
            {"container": {"exit_code": 0}},
            "container: Stopped, exit code 0",
        ),
        (
            {"type": "container", "action": "update", "docker": {"Action": "oom"}},
            {"container": {"name": "a"}},
            "container a: oom",
        ),
        ({"type": "action", "action": "update"}, {}, "action: update"),
        ({"type": "auth"}, {}, "auth: no state"),
        ({"state": "Success"}, {}, "a frame without type: Success"),
        ({"type": "error", "docker": "no object"}, {}, "error: no state"),
    ],
)
def test_an_event_in_words(frame, facts, words):
    assert described(an_event(platform=True, facts=facts, **frame)) == words


def test_beneath_each_event_stands_what_the_rules_made_of_it():
    one, two = an_event(uuid="e-1", type="container"), an_event(uuid="e-2", type="node")

    lines = told(Committed(events=(one, two), evaluations=(ROW, replace(ROW, event_id="e-2"))))

    assert lines == [
        "event      local: container: no state",
        "  fired      crash → slack",
        "event      local: node: no state",
        "  fired      crash → slack",
    ]


@pytest.mark.parametrize(
    ("reason", "rule", "action", "why"),
    [
        (Reason.THROTTLED, {}, {"throttle": a_rate(1, 5)}, "throttled, no more than 1 per 5m"),
        (Reason.THROTTLED, {"throttle": a_rate(3, 90)}, {}, "throttled, no more than 3 per 1h30m"),
        (Reason.THROTTLED, {}, {}, "throttled"),
        (Reason.IF_FALSE, {}, {}, "its own `if` is not true for this event"),
        (Reason.SHADOW, {}, {}, "in the shadow (shadow: true): decided and recorded, not sent"),
    ],
)
def test_a_hold_back_has_its_reason_with_the_numbers(reason, rule, action, why):
    actions = (an_action(name="slack", **action),)
    ruleset = a_ruleset(a_rule(name="crash", actions=actions, **rule))
    committed = Committed(
        events=(an_event(uuid="e-1"),), evaluations=(replace(ROW, reason=reason),)
    )

    assert told(committed, ruleset=ruleset)[1] == f"  held back  crash → slack: {why}"


def test_a_refused_frame_is_told():
    rejection = Rejection(source="local", received_at=NOON, reason="not_json", excerpt="x", size=1)

    assert told(Committed(rejections=(rejection,))) == ["refused    a frame of local: not_json"]


@pytest.mark.parametrize(
    ("move", "lines"),
    [
        (Move.SUCCEED, []),  # the receiver tells of it
        (Move.RETRY, ["failed     every event → webhook: 503 Service Unavailable"]),
        (Move.BURY, ["failed     every event → webhook: 503 Service Unavailable"]),
    ],
)
def test_only_deliveries_that_fail_are_told(move, lines):
    attempt = Attempt(
        delivery_id="delivery-1",
        number=1,
        started_at=NOON,
        ended_at=NOON,
        verdict="retry",
        status=503,
        detail="503 Service Unavailable",
    )

    assert told(attempt=(a_delivery(), attempt, Decision(move=move))) == lines


def test_the_summary_adds_up():
    found = summary(
        Counts(
            events={"recorded": 5, "docker": 2},
            duplicates={},
            rejected={},
            evaluations={
                ("a", "slack", Reason.FIRED): 2,
                ("b", "log", Reason.FIRED): 1,
                ("a", "slack", Reason.THROTTLED): 4,
            },
            deliveries={State.SUCCEEDED: 2, State.DEAD: 1},
        )
    )

    assert found == [
        "events       7 (5 from recorded, 2 from docker)",
        "matches      7 = 3 fired + 4 held back (4 throttled)",
        "deliveries   3 (2 succeeded, 1 dead)",
    ]


def test_the_summary_of_nothing():
    nothing = Counts(events={}, duplicates={}, rejected={}, evaluations={}, deliveries={})

    assert summary(nothing) == [
        "events       0 (none)",
        "matches      0 = 0 fired",
        "deliveries   0 (none)",
    ]
