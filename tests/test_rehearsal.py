"""A rule's own tests run through the live deciding on a virtual clock."""

import pytest

from reactor.actions import ACTIONS
from reactor.model.errors import ReactorError
from reactor.rehearsal import rehearse
from tests.config.loading import load_text
from tests.dangerous import blow_up, dangerous

CRASH = """\
match: {type: container, state: Stopped, container.exit_code: {not: 0}}
throttle: 1 per 5m
actions: [{log: info}]
"""


@pytest.fixture
def run(tmp_path):
    """`run(steps, rule)`: how a test of these steps goes; both are YAML."""

    def rehearsed(steps, rule=CRASH, actions=ACTIONS):
        keys = "".join(f"    {line}\n" for line in rule.splitlines())
        lines = "".join(f"          - {line}\n" for line in steps.strip().splitlines())
        facts = "        facts: {container.exit_code: 7}\n"
        test = f"    tests:\n      - name: t\n{facts}        steps:\n{lines}"
        sources = "sources: {cloud: {type: dockercloud}, local: {type: docker}}\n"
        text = f"{sources}rules:\n  - name: r\n{keys}{test}"
        ruleset = load_text(tmp_path, text, actions=actions).ruleset
        (rule,) = ruleset.rules
        return rehearse(rule, rule.tests[0], ruleset, actions)

    return rehearsed


def wrongs(result):
    return [step.wrong for step in result.steps if step.wrong]


def test_time_passes_only_as_the_steps_say(run):
    steps = """
    {send: {}, expect: [log]}
    {wait: 4m59s}
    {send: {}, because: throttled}
    {wait: 1s}
    {send: {}, expect: [log]}
    {at: "2030-01-07T12:09:59Z"}
    {send: {}, because: throttled}
    {at: "2030-01-07T12:10:00Z"}
    {send: {}, expect: [log]}
    """

    assert wrongs(run(steps)) == []


@pytest.mark.parametrize(
    "steps",
    [
        "{send: {}, expect: [log]}",  # type and state are filled in from `match`
        "{send: {state: Running}, because: condition_false}",
        "{send: {}, facts: {}, because: field_missing}",  # a step's facts replace the test's own
        "{send: {}, expect: any}\n{send: {state: x}, expect: any}",
        "{wait: 1h}",
    ],
)
def test_an_event_is_made_of_the_rule_the_test_and_the_step(run, steps):
    assert wrongs(run(steps)) == []


GATES = {
    "for: 2m": """
    {send: {}, because: waiting}
    {wait: 1m}
    {send: {}, because: merged}
    {wait: 1m, expect: [log]}
    {send: {}, because: incident}
    """,
    "for: 1m": """
    {send: {}, because: waiting}
    {send: {state: Running}, because: [condition_false, ended]}
    {wait: 1h}
    """,
    "after: 2 within 1m": """
    {send: {}, because: below_count}
    {wait: 1m}
    {send: {}, because: below_count}
    {wait: 59s}
    {send: {}, expect: [log]}
    """,
    "then: {match: {state: Running}, within: 5m}": """
    {send: {}, because: waiting}
    {wait: 4m59s}
    {send: {state: Running}, expect: [log]}
    {send: {}, because: waiting}
    {wait: 5m, because: expired}
    """,
    "not_then: {match: {state: Running}, within: 5m}": """
    {send: {}, because: waiting}
    {wait: 5m, expect: [log]}
    {send: {}, because: waiting}
    {send: {state: Running}, because: ended}
    {wait: 5m}
    """,
    "resolve: {match: {state: Running}}": """
    {send: {}, expect: [log], because: incident}
    {send: {state: Running}, expect: [over]}
    {send: {state: Running}}
    """,
}
TOLD = """\
match: {type: container, state: Stopped}
actions: [{log: info}]
"""
WITH_END = """\
match: {type: container, state: Stopped}
actions: [{log: info}, {log: error, name: over, when: resolved}]
"""


@pytest.mark.parametrize("gate", GATES)
def test_timers_fire_and_end_in_the_step_in_which_they_do(run, gate):
    rule = WITH_END if gate.startswith("resolve") else TOLD

    assert wrongs(run(GATES[gate], f"{rule}{gate}\n")) == []


def test_what_stays_away_is_missed_from_the_first_moment_on(run):
    rule = "absent: {match: {type: container}, within: 1h}\nactions: [{log: info}]\n"
    steps = """
    {wait: 1h, expect: [log]}
    {wait: 1h}
    {send: {}}
    {wait: 59m}
    {restart: true}
    {wait: 1m, expect: [log]}
    """

    assert wrongs(run(steps, rule)) == []


def test_a_change_is_seen_from_the_event_before(run):
    rule = "match: {type: container, state: {from: Running, to: Stopped}}\nactions: [{log: info}]\n"
    steps = """
    {send: {state: Stopped}, because: field_missing}
    {send: {state: Running}, because: condition_false}
    {send: {state: Stopped}, expect: [log]}
    {send: {state: Stopped}, because: condition_false}
    """

    assert wrongs(run(steps, rule)) == []


def test_a_restart_forgets_nothing_and_takes_no_time(run):
    rule = f"{TOLD}after: 2 within 10m\nfor: 1m\n"
    steps = """
    {send: {}, because: waiting}
    {restart: true}
    {wait: 1m, because: below_count}
    {restart: true}
    {send: {state: Running}}
    {send: {}, because: waiting}
    {restart: true}
    {wait: 1m, expect: [log]}
    """

    assert wrongs(run(steps, rule)) == []


def test_a_silence_holds_until_it_ends(run):
    steps = """
    {silence: {match: {state: Stopped}, for: 2m}}
    {wait: 1m}
    {send: {}, because: silenced}
    {restart: true}
    {send: {}, because: silenced}
    {wait: 1m}
    {send: {}, expect: [log]}
    """

    assert wrongs(run(steps, TOLD)) == []


HOOK = """\
match: {type: container, state: Stopped}
mode: single
actions: [{webhook: "http://127.0.0.1:9/"}]
"""


@pytest.mark.parametrize(
    "steps",
    [
        "{send: {}, expect: [webhook]}\n{send: {}, expect: [webhook]}",
        "{respond: {webhook: 404}}\n{send: {}, expect: [webhook]}\n{send: {}, expect: [webhook]}",
        """
        {respond: {webhook: 503}}
        {send: {}, expect: [webhook]}
        {send: {}, because: mode}
        {respond: {webhook: 204}}
        {send: {}, because: mode}
        {wait: 999ms}
        {restart: true}
        {send: {}, because: mode}
        {wait: 1ms}
        {send: {}, expect: [webhook]}
        """,
        """
        {respond: {webhook: 429}}
        {send: {}, expect: [webhook]}
        {wait: 23h}
        {send: {}, because: mode}
        {wait: 2h}
        {send: {}, expect: [webhook]}
        """,
    ],
    ids=["at once", "dead", "retried", "given up"],
)
def test_a_firing_is_under_way_until_its_deliveries_have_ended(run, steps):
    assert wrongs(run(steps, HOOK)) == []


def test_what_queues_goes_on_when_the_one_before_has_ended(run):
    steps = """
    {respond: {webhook: 500}}
    {send: {}, expect: [webhook]}
    {send: {}, because: waiting}
    {respond: {webhook: 200}}
    {wait: 1s, expect: [webhook]}
    """

    assert wrongs(run(steps, HOOK.replace("single", "queued"))) == []


CALL = """\
source: cloud
match: {type: container, state: Stopped}
actions: [{redeploy: self}]
"""


def test_a_call_back_causes_what_follows_only_if_it_is_answered(run):
    often = "{send: {}, expect: [redeploy]}\n"

    answered = "{respond: {redeploy: 202}}\n" + often * 4 + "{send: {}, because: loop_guard}"

    assert wrongs(run(often * 6, CALL)) == []
    assert wrongs(run(answered, CALL)) == []


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("{send: {}}", "expected [] to fire, but [log] did"),
        (
            "{send: {state: x}, expect: [log]}",
            "expected [log] to fire, but [] did; no match: condition_false",
        ),
        ("{send: {}, expect: [log, log]}", "expected [log, log] to fire, but [log] did"),
        (
            "{send: {}, expect: any, because: throttled}",
            "expected throttled to hold something back, but it did not",
        ),
        ("{wait: 1m, expect: [log]}", "expected [log] to fire, but [] did"),
        (
            "{send: {}, expect: any}\n{send: {}, expect: [log]}",
            (
                "expected [log] to fire, but [] did; log: throttled "
                "(1 of 1 per 5m passed, next free at 12:05:00)"
            ),
        ),
        (
            '{at: "2029-01-01T00:00:00Z"}',
            (
                "'at' is 2029-01-01T00:00:00Z, but the clock stands at 2030-01-07T12:00:00.000000Z "
                "already"
            ),
        ),
    ],
)
def test_a_step_that_went_otherwise_says_how(run, steps, said):
    assert wrongs(run(steps)) == [said]


def test_an_event_that_cannot_be_decided_is_no_silence(run):
    rule = "match: {type: container}\nactions: [{dangerous: info}]\n"
    actions = dangerous({"blow_up": blow_up})

    (wrong,) = wrongs(run("{send: {deed: blow_up}}", rule, actions))

    assert wrong.startswith("the event cannot be decided: rule 'r': ValueError")


def test_the_event_comes_from_the_rules_own_source(run):
    assert wrongs(run("{send: {}, expect: [log]}", f"{CRASH}source: local\n")) == []


def test_an_event_that_could_not_be_one_is_no_test(run):
    with pytest.raises(ReactorError, match="the event of step 1 would be refused as has_nul"):
        run('{send: {text: "\\0"}}')
