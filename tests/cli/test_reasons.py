"""Why a rule did not fire for a while: reason by reason, the nearest misses first."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from reactor.cli.trial import WHY
from reactor.model.match import Reason
from tests.cli import test_accounts, test_cases
from tests.cli.conftest import Cli, Ran
from tests.cli.past import Past

RULES = """\
sources: {local: {type: docker}, other: {type: docker}}
rules:
  - name: crash
    source: local
    match: {state: Stopped, n: {gt: 3}}
    group_by: key
    throttle: 1 per 1h
    actions: [{log: info, text: x}, {log: info, name: later, for: 10m, text: y}]
"""

AT = "2031-05-06T10:24:30.000000Z"

Ask = Callable[..., Ran]


@pytest.fixture
def ask(cli: Cli, tmp_path: Path) -> Ask:
    """Of six events one fires and one is throttled; three do not match and one is not heard."""
    with closing(Past(tmp_path, RULES)) as past:
        past.see().see().see(state="Running").see().see().see(source="other")

    def explain(*words: str) -> Ran:
        return cli("explain", *words, "--data-dir", str(tmp_path))

    return explain


def test_each_reason_is_counted_with_its_last_example_and_its_numbers(ask: Ask):
    ran = ask("--rule", "crash")

    fired = "fired      1 (log 1); the last by event line-4, 2031-05-06T10:23:30.000000Z:"
    held = "throttle: 1 of 1 per 1h passed, next free at 11:23:30 (of the rule)"
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[0] == (
        "rule       crash: 5 events of local from 2031-05-06T10:20:30.000000Z on, 2 matched"
    )
    assert ran.lines[1:4] == [
        fired,
        "  action     log for a: fired at 10:23:30, every gate let it pass",
        f"    passed   {held}",
    ]
    assert ran.lines[5:8] == [
        f"held back  2 throttled (log 1, later 1); the last by event line-5, {AT}:",
        "  action     later for a: throttled at 10:24:30, as many as may had passed",
        f"    held     {held}",
    ]


def test_what_did_not_match_says_what_would_have_to_be_otherwise_the_nearest_first(ask: Ask):
    said, last = ask("--rule", "crash").lines, "           the last is"

    assert said[said.index("no match   3 condition_false, its condition is false") :] == [
        "no match   3 condition_false, its condition is false",
        '  2        would have matched if n fitted {"gt":3}',
        f"{last} event line-2, 2031-05-06T10:21:30.000000Z: n is 2",
        '  1        would have matched if state were "Stopped" and n fitted {"gt":3}',
        f'{last} event line-3, 2031-05-06T10:22:30.000000Z: state is "Running", n is 3',
        f"no match   1 other_source, {WHY[Reason.OTHER_SOURCE]}: it hears local; 1 of other",
        'waits now  for of later for ["a"]: due 2031-05-06T10:33:30.000000Z, event line-4',
    ]


def test_json_is_one_object_a_reason(ask: Ask):
    rule, *reasons, kept = ask("--rule", "crash", "--json").objects

    assert (rule["kind"], rule["events"], rule["matched"]) == ("rule", 5, 2)
    assert [(each["reason"], each["count"]) for each in reasons] == [
        ("fired", 1),
        ("throttled", 2),
        ("waiting", 1),
        ("condition_false", 3),
        ("other_source", 1),
    ]
    assert reasons[1]["examples"][0]["gates"][0]["passed"] == 1
    assert reasons[3]["examples"][0]["event_id"] == "line-2"
    assert reasons[3]["examples"][0]["blockers"] == [
        {"path": "n", "expected": {"gt": 3}, "becomes": True}
    ]
    assert (kept["kind"], kept["gate"]) == ("kept", "for")


def test_when_not_all_events_are_looked_at_it_says_so(ask: Ask):
    ran = ask("--rule", "crash", "--limit", "2")

    assert ran.err == "only the newest 2 events were looked at; --limit N looks at more\n"
    assert ran.lines[0].startswith("rule       crash: 2 events of local from 2031-05-06T10:23:30")
    assert "condition_false" not in ran.out
    assert ask("--rule", "crash", "--limit", "5").err == ""


def test_only_what_was_since_is_told(ask: Ask):
    ran = ask("--rule", "crash", "--since", "2031-05-06T10:24:00Z")

    assert ran.lines[0].startswith("rule       crash: 1 event of local from 2031-05-06T10:24:30")
    assert "fired  " not in ran.out


def test_several_rules_are_told_one_after_the_other(ask: Ask):
    said = ask("--rule", "crash", "--rule", "crash").lines

    assert said.count("") == 1


def test_a_rule_that_is_not_there_is_a_usage_error(ask: Ask):
    ran = ask("--rule", "crush")

    assert ran.code == 2
    assert "there is no rule 'crush'; did you mean 'crash'?" in ran.err


FIXTURES = {**test_accounts.FIXTURES, **test_cases.FIXTURES}


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_told_of_a_rule_as_well(cli: Cli, tmp_path: Path, reason: Reason):
    fixtures = test_accounts if reason in test_accounts.FIXTURES else test_cases

    with closing(fixtures.past_of(tmp_path, FIXTURES[reason])):
        ran = cli("explain", "--rule", "crash", "--data-dir", str(tmp_path))

    heads = [line.split() for line in ran.lines if not line.startswith(" ")]
    assert ran.code == 0
    assert str(reason) in {word.rstrip(",") for head in heads for word in head}
    assert len(ran.lines) > 1
