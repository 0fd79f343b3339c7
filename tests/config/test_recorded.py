"""The rules of an effective text match as those of the file did."""

from pathlib import Path

import pytest

from reactor.actions import ACTIONS
from reactor.config.recorded import recorded_rule, recorded_rules
from reactor.config.ruleset import Resolve, load_ruleset
from reactor.model.errors import ReactorError
from reactor.model.rule import Ruleset
from reactor.sources import SOURCES

FILE = """
sources: {local: {type: docker}, cloud: {type: dockercloud, user: me, apikey: "${KEY}"}}
destinations: {ops: {type: webhook, url: "${URL}", secret: "${KEY}"}}
rules:
  - name: crash
    source: [local, cloud]
    match: {state: "${STATE}", price: "$$$${n}", code: {not: [0, "0137"]}, any: [{a: 1}, {b: null}]}
    unless: {labels.quiet: "true"}
    actions: [{webhook: ops, throttle: 1 per 1h}]
  - name: quiet
    group_by: service.name
    absent: {match: {state: {from: a, to: "${STATE}"}}, within: 1h}
    actions:
      - {log: info, if: {state: {from: b}}, when: resolved}
      - {name: second, shadow: true, log: error, enabled: false}
  - name: off
    enabled: false
    match: {n: 0.5}
    actions: [{webhook: "${URL}", headers: {a: "${KEY}"}}]
"""


@pytest.fixture
def ruleset(tmp_path: Path) -> Ruleset:
    path = tmp_path / "rules.yaml"
    path.write_text(FILE)
    environment = {"STATE": "Stopped", "URL": "http://127.0.0.1:9/", "KEY": "whsec_c2VjcmV0"}
    return load_ruleset(
        path, environment=environment, sources=SOURCES, actions=ACTIONS, resolve=Resolve.ALL
    ).ruleset


def test_all_that_a_match_hangs_on_comes_back_without_any_variable_set(ruleset):
    for rule, recorded in zip(ruleset.rules, recorded_rules(ruleset.text, ACTIONS), strict=True):
        assert recorded.name == rule.name
        assert (recorded.match, recorded.unless) == (rule.match, rule.unless)
        assert recorded.group_by == rule.group_by
        assert (recorded.sources, recorded.enabled) == (rule.sources, rule.enabled)
        assert (recorded.absent, recorded.shadow) == (rule.absent, rule.shadow)


def asked(rule):
    """What decides which of its actions fire, beside their gates."""
    return [
        (each.name, each.type, each.enabled, each.shadow, each.condition, each.when)
        for each in rule.actions
    ]


def test_what_actions_ask_comes_back_as_well(ruleset):
    for rule in ruleset.rules:
        recorded = recorded_rule(ruleset.text, rule.name, ACTIONS)
        assert recorded is not None
        assert asked(recorded) == asked(rule)

    assert recorded_rule(ruleset.text, "another", ACTIONS) is None


def test_no_rules_are_no_rules():
    assert recorded_rules("version: 1\nrules: []\n", ACTIONS) == ()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{name: a, match: {n: {sounds_like: b, gt: 1}}}", "'sounds_like' is not an operator"),
        ("{name: a}", "it has no 'match'"),
    ],
)
def test_what_another_version_wrote_is_refused_with_the_rule_s_name(rule, said):
    with pytest.raises(ReactorError, match=f"cannot read the rule 'a' of that time: {said}"):
        recorded_rules(f"rules: [{rule}]", ACTIONS)
