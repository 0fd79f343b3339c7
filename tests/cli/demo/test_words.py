"""Events and reasons are told in words that need no knowledge of reactor."""

from collections import Counter
from datetime import timedelta

import pytest

from reactor.cli.demo.words import because, described, listed
from reactor.model.gates import Gates, Rate
from reactor.model.match import STORED_REASONS, Reason
from tests.builders import a_rule, a_ruleset, an_action, an_event

WEB = {"container": {"name": "web-2", "exit_code": 7}, "service": {"name": "web"}}


def throttled(count, minutes):
    return {"gates": Gates(throttle=Rate(count=count, per=timedelta(minutes=minutes)))}


@pytest.mark.parametrize(
    ("frame", "facts", "words"),
    [
        (
            {"type": "container", "state": "Stopped"},
            WEB,
            "container web-2 of service web: Stopped, exit code 7",
        ),
        # The code is of the run before.
        (
            {"type": "container", "state": "Starting"},
            WEB,
            "container web-2 of service web: Starting",
        ),
        (
            {"type": "container", "state": "Stopped"},
            {"container": {"exit_code": 0}},
            "container Stopped, exit code 0",
        ),
        (
            {"type": "container", "action": "create", "state": "Starting"},
            {},
            "new container Starting",
        ),
        ({"type": "service", "state": "Running"}, WEB, "service web: Running"),
        (
            {"type": "node", "state": "Deployed"},
            {"node": {"name": "node-3"}},
            "node node-3: Deployed",
        ),
        (
            {"type": "container", "action": "update", "docker": {"Action": "oom"}},
            {"container": {"name": "a"}},
            "container a: oom",
        ),
        ({"type": "action", "action": "update"}, {}, "action update"),
        ({"type": "auth"}, {}, "auth no state"),
        ({"state": "Success"}, {}, "a frame without type Success"),
        ({"type": "error", "docker": "no object"}, {}, "error no state"),
    ],
)
def test_an_event_in_words(frame, facts, words):
    assert described(an_event(platform=True, facts=facts, **frame)) == words


def test_what_was_there_more_than_once_is_counted():
    assert listed(Counter(["b", "a", "a"])) == "b, 2x a"


@pytest.mark.parametrize(
    ("reason", "rule", "action", "why"),
    [
        (Reason.THROTTLED, {}, throttled(1, 5), "throttled, no more than 1 per 5m"),
        (Reason.THROTTLED, throttled(3, 90), {}, "throttled, no more than 3 per 1h30m"),
        (Reason.THROTTLED, {}, {}, "throttled"),
        (Reason.IF_FALSE, {}, {}, "its own `if` is not true for this event"),
        (Reason.SHADOW, {}, {}, "in the shadow (shadow: true): decided and recorded, not sent"),
    ],
)
def test_a_hold_back_has_its_reason_with_the_numbers(reason, rule, action, why):
    actions = (an_action(name="log"), an_action(name="slack", **action))
    ruleset = a_ruleset(a_rule(name="crash", actions=actions, **rule))

    assert because(ruleset, "crash", "slack", reason) == why


def test_every_reason_that_is_stored_has_its_words():
    ruleset = a_ruleset(a_rule())

    assert all(
        because(ruleset, "every event", "log", reason)
        for reason in STORED_REASONS
        if reason is not Reason.FIRED
    )
