from datetime import timedelta

import pytest

from reactor.engine.template import Template
from reactor.model.delivery import RetryPolicy
from reactor.model.protocols import Landing
from reactor.model.rule import Rate
from tests.config.loading import load, one_action


def test_an_action_is_called_by_its_type_and_has_the_contracts_defaults(tmp_path):
    action = one_action(tmp_path, "{slack: ops, text: hello}")

    assert (action.name, action.type, action.value, action.destination) == (
        ("slack", "slack", "ops", "ops")
    )
    assert (action.enabled, action.shadow, action.condition, action.throttle) == (
        (True, False, None, None)
    )
    assert action.timeout == timedelta(seconds=10)
    assert action.retry == RetryPolicy()


def test_the_siblings_of_an_action_are_read(tmp_path):
    text = """{log: warning, name: note, enabled: false, shadow: true, timeout: 5s,
      throttle: 2 per 1m, retry: {first: 2s, ceiling: 1m, give_up_after: 1h}, if: {state: x}}"""

    action = one_action(tmp_path, text.replace("\n", ""))

    assert (action.name, action.value, action.destination) == ("note", "warning", None)
    assert (action.enabled, action.shadow) == (False, True)
    assert action.timeout == timedelta(seconds=5)
    assert action.throttle == Rate(2, timedelta(minutes=1))
    assert action.condition is not None
    assert action.retry == RetryPolicy(
        first=timedelta(seconds=2), ceiling=timedelta(minutes=1), give_up_after=timedelta(hours=1)
    )


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
