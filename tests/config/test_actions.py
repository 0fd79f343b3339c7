from datetime import timedelta

import pytest

from reactor.engine.condition import trackers
from reactor.engine.template import Template
from reactor.model.delivery import RetryPolicy
from reactor.model.gates import Gates, Phase, Rate
from reactor.model.protocols import Landing
from tests.config.loading import load, load_text, one_action, one_rule


def test_an_action_is_called_by_its_type_and_has_the_contracts_defaults(tmp_path):
    action = one_action(tmp_path, "{slack: ops, text: hello}")

    assert (action.name, action.type, action.value, action.destination) == (
        ("slack", "slack", "ops", "ops")
    )
    assert (action.enabled, action.shadow, action.condition) == (True, False, None)
    assert (action.when, action.gates) == ((Phase.OPENED, Phase.REPEATED), Gates())
    assert action.timeout == timedelta(seconds=10)
    assert action.retry == RetryPolicy()


def test_the_siblings_of_an_action_are_read(tmp_path):
    text = """{log: warning, name: note, enabled: false, shadow: true, timeout: 5s,
      throttle: 2 per 1m, retry: {first: 2s, ceiling: 1m, give_up_after: 1h}, if: {state: x}}"""

    action = one_action(tmp_path, text.replace("\n", ""))

    assert (action.name, action.value, action.destination) == ("note", "warning", None)
    assert (action.enabled, action.shadow) == (False, True)
    assert action.timeout == timedelta(seconds=5)
    assert action.gates.throttle == Rate(2, timedelta(minutes=1))
    assert action.condition is not None
    assert action.retry == RetryPolicy(
        first=timedelta(seconds=2), ceiling=timedelta(minutes=1), give_up_after=timedelta(hours=1)
    )


@pytest.mark.parametrize(
    ("text", "phases"),
    [
        ("opened", (Phase.OPENED,)),
        ("[resolved, opened, resolved]", (Phase.RESOLVED, Phase.OPENED)),
    ],
)
def test_an_action_may_choose_the_phases_of_an_incident(tmp_path, text, phases):
    rule = one_rule(tmp_path, f"for: 2m\nactions: [{{log: info, when: {text}}}]")

    assert rule.actions[0].when == phases


@pytest.mark.parametrize(
    ("keys", "is_warned_of"),
    [("", True), ("for: 2m, ", False), ("resolve: {match: {x: 2}}, ", False)],
)
def test_what_nothing_resolves_is_warned_of(tmp_path, keys, is_warned_of):
    action = "{log: info, when: [opened, resolved]}"
    text = f"rules: [{{name: a, match: {{x: 1}}, {keys}actions: [{action}]}}]\n"

    messages = [warning.message for warning in load_text(tmp_path, text).warnings]

    message = "nothing resolves the incidents of a rule without 'resolve' or 'for'"
    assert messages == [message] * is_warned_of


def test_an_action_has_gates_of_its_own(tmp_path):
    rule = one_rule(
        tmp_path, "throttle: 1 per 5m\nactions: [{log: info, for: 1m, throttle: 1 per 5m}]"
    )
    [action] = rule.actions

    assert action.gates.lasting == timedelta(minutes=1)
    assert {*action.gates.marks} == {"for", "throttle"}
    assert action.gates.marks["throttle"] == rule.gates.marks["throttle"]


def test_what_an_action_asks_of_before_is_kept_by_the_key_of_its_rule(tmp_path):
    rule = one_rule(tmp_path, "group_by: a\nactions: [{log: info, if: {x: {to: 1}}}]")

    condition = rule.actions[0].condition
    assert condition is not None
    assert list(trackers(condition)) == [("x", ("a",))]


def test_a_first_retry_beyond_the_usual_ceiling_raises_the_ceiling(tmp_path):
    action = one_action(tmp_path, "{log: info, retry: {first: 2h}}")

    assert action.retry.ceiling == timedelta(hours=2)


def test_parameters_land_where_their_type_says(tmp_path):
    action = one_action(
        tmp_path, "{webhook: 'https://h/{{ state }}', method: put, body: {n: 5, s: '{{ state }}'}}"
    )

    assert isinstance(action.value, Template)
    assert action.value.landing is Landing.URL
    assert action.destination is None
    assert action.parameters["method"] == "PUT"
    body = action.parameters["body"]
    assert isinstance(body, dict)
    assert body["n"] == 5
    assert isinstance(body["s"], Template)


@pytest.mark.parametrize(
    ("text", "value", "parameters"),
    [
        ("{redeploy: service}", "service", {}),
        ("{terminate: node}", "node", {}),
        ("{stop: self}", "self", {}),
        ("{scale: service, to: 3}", "service", {"to": 3}),
        ("{scale: self, to: 0}", "self", {"to": 0}),
    ],
)
def test_a_verb_names_an_object(tmp_path, text, value, parameters):
    action = one_action(tmp_path, text)

    assert (action.value, action.destination) == (value, None)
    assert action.parameters == parameters


def test_the_texts_of_a_call_are_templates(tmp_path):
    action = one_action(tmp_path, "{rest: 'PATCH {{ service.uri }}', body: {tags: ['{{ x }}']}}")

    assert isinstance(action.value, Template)
    assert action.value.landing is Landing.CALL
    [tag] = action.parameters["body"]["tags"]
    assert tag.landing is Landing.CALL


@pytest.mark.parametrize("text", ["text: hello", "text: '{{ rule }} {{ service.name }}'"])
def test_a_slack_text_lands_in_slack(tmp_path, text):
    found = one_action(tmp_path, f"{{slack: ops, {text}}}").parameters["text"]

    assert isinstance(found, Template)
    assert found.landing is Landing.SLACK


def test_an_action_may_name_a_destination_of_another_file(tmp_path):
    (tmp_path / "a.yaml").write_text(
        "rules:\n  - {name: r, match: {a: b}, actions: [{slack: ops}]}\n"
    )
    (tmp_path / "b.yaml").write_text("destinations:\n  ops: {type: slack, url: 'http://h'}\n")

    assert load(tmp_path).ruleset.rules[0].actions[0].destination == "ops"
