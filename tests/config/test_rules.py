from datetime import timedelta

import pytest

from reactor.model.rule import Rate
from tests.config.loading import load_text, one_rule


def test_a_first_rule_is_four_lines(tmp_path):
    text = "rules:\n  - name: crash\n    match: {state: Stopped}\n    actions: [{log: info}]\n"

    (rule,) = load_text(tmp_path, text).ruleset.rules

    assert (rule.name, rule.sources, rule.group_by, rule.unless) == ("crash", None, (), None)
    assert (rule.enabled, rule.shadow, rule.throttle) == (True, False, None)
    assert rule.place.line == 2


def test_the_gates_of_a_rule_are_read(tmp_path):
    rule = one_rule(
        tmp_path,
        """
group_by: [service.name, 'labels."a.b"']
throttle: 1 per 5m
enabled: false
shadow: true
unless: {labels.quiet: "yes"}
""",
    )

    assert [path.text for path in rule.group_by] == ["service.name", 'labels."a.b"']
    assert rule.throttle == Rate(1, timedelta(minutes=5))
    assert (rule.enabled, rule.shadow) == (False, True)
    assert rule.unless is not None


def test_a_rule_may_name_its_sources(tmp_path):
    text = """\
sources: {local: {type: docker}, lines: {type: file, path: "-"}}
rules:
  - {name: a, source: local, match: {x: 1}, actions: [{log: info}]}
  - {name: b, source: [local, lines], match: {x: 1}, actions: [{log: info}]}
"""

    rules = load_text(tmp_path, text).ruleset.rules

    assert [rule.sources for rule in rules] == [("local",), ("local", "lines")]


def test_tests_start_from_the_single_plain_values_of_match(tmp_path):
    rule = one_rule(tmp_path, "match: {type: container, action: [a, b], state: {prefix: S}, x: 1}")

    assert rule.defaults == {"type": "container"}


def marks(tmp_path, keys: str, action: str = "{log: info, throttle: 1 per 5m}") -> tuple[str, str]:
    rule = one_rule(tmp_path, f"{keys}\nactions: [{action}]")
    return rule.throttle_mark, rule.actions[0].throttle_mark


BASE = "group_by: a\nthrottle: 1 per 5m"


@pytest.mark.parametrize(
    ("keys", "action"),
    [
        (BASE, "{log: warning, text: other, timeout: 1s, throttle: 1 per 5m}"),
        (BASE, "{log: info, if: {a: b}, throttle: {per: 300s, count: 1}}"),
        ("throttle: {count: 1, per: 300s}\ngroup_by: [a]", "{log: info, throttle: 1 per 5m}"),
        (f"{BASE}\nshadow: true", "{log: info, throttle: 1 per 5m}"),
    ],
)
def test_what_is_sent_and_how_it_is_written_leaves_the_memory(tmp_path, keys, action):
    assert marks(tmp_path, keys, action) == marks(tmp_path, BASE)


@pytest.mark.parametrize(
    "keys",
    [
        "group_by: b\nthrottle: 1 per 5m",
        f"{BASE}\nunless: {{x: 1}}",
        f"match: {{state: Terminated}}\n{BASE}",
    ],
)
def test_another_condition_or_key_resets_every_gate(tmp_path, keys):
    before, after = marks(tmp_path, BASE), marks(tmp_path, keys)

    assert before[0] != after[0]
    assert before[1] != after[1]


def test_another_rate_resets_only_its_own_gate(tmp_path):
    before = marks(tmp_path, BASE)
    after = marks(tmp_path, BASE, "{log: info, throttle: 2 per 5m}")

    assert before[0] == after[0]
    assert before[1] != after[1]
