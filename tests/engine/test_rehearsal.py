"""A rule's own tests run through the live deciding on a virtual clock."""

from datetime import timedelta

import pytest

from reactor.actions import ACTIONS
from reactor.engine.rehearsal import TestResult as Result
from reactor.engine.rehearsal import rehearse
from reactor.model.errors import ReactorError
from reactor.model.rule import Rate, Rule, RuleTest, Step
from tests.builders import PLACE, a_rule, a_ruleset, an_action
from tests.conditions import condition


def crash_rule(**changes: object) -> Rule:
    """Fires `log` for a crash of web, once in five minutes."""
    fields: dict[str, object] = {
        "match": condition("{type: container, state: Stopped, container.exit_code: {not: 0}}"),
        "defaults": {"type": "container", "state": "Stopped"},
        "actions": (an_action(throttle=Rate(1, timedelta(minutes=5)), throttle_mark="m"),),
    }
    return a_rule(**(fields | changes))


def step(**fields: object) -> Step:
    return Step(place=PLACE, **fields)  # type: ignore[arg-type] -- fields by name


def run(*steps: Step, rule: Rule | None = None) -> Result:
    test = RuleTest(name="t", place=PLACE, steps=steps, facts={"container": {"exit_code": 7}})
    return rehearse(rule or crash_rule(), test, a_ruleset(), ACTIONS)


def test_time_passes_only_as_the_steps_say() -> None:
    result = run(
        step(send={}, expect=("log",)),
        step(wait=timedelta(minutes=4, seconds=59)),
        step(send={}, because=("throttled",)),
        step(wait=timedelta(seconds=1)),
        step(send={}, expect=("log",)),
        step(at="2030-01-07T12:09:59Z"),
        step(send={}, because=("throttled",)),
        step(at="2030-01-07T12:10:00Z"),
        step(send={}, expect=("log",)),
    )

    assert result.passed, [each.wrong for each in result.steps]


def test_type_and_state_are_filled_in_from_match() -> None:
    assert run(step(send={}, expect=("log",))).passed
    assert run(step(send={"state": "Running"}, because=("condition_false",))).passed


def test_facts_of_a_step_stand_in_place_of_the_tests_own() -> None:
    assert run(step(send={}, facts={}, because=("field_missing",))).passed


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (step(send={}), "expected [] to fire, but [log] did"),
        (
            step(send={"state": "x"}, expect=("log",)),
            "expected [log] to fire, but [] did; no match: condition_false",
        ),
        (
            step(send={}, expect=("log", "log")),
            "expected [log, log] to fire, but [log] did",
        ),
        (
            step(send={}, expect=None, because=("throttled",)),
            "expected throttled to hold something back, but it did not",
        ),
        (step(wait=timedelta(minutes=1), expect=("log",)), "expected [log] to fire, but [] did"),
    ],
)
def test_a_step_that_went_otherwise_says_how(wrong: Step, said: str) -> None:
    result = run(wrong)

    assert (result.passed, result.steps[0].wrong) == (False, said)


def test_any_leaves_the_firings_unchecked() -> None:
    assert run(step(send={}, expect=None), step(send={"state": "x"}, expect=None)).passed


def test_the_event_comes_from_the_rules_own_source() -> None:
    rule = crash_rule(sources=("cloud",))

    assert run(step(send={}, expect=("log",)), rule=rule).passed


def test_an_event_over_the_limits_is_no_test() -> None:
    with pytest.raises(ReactorError, match="event of step 1 would be refused as too_large"):
        run(step(send={"text": "x" * 2_000_000}))


def test_a_clock_that_would_run_backwards_fails_the_step() -> None:
    result = run(step(at="2029-01-01T00:00:00Z"), step(send={}, expect=("log",)))

    assert result.steps[0].wrong == (
        "'at' is 2029-01-01T00:00:00Z, but the clock stands at 2030-01-07T12:00:00.000000Z already"
    )
