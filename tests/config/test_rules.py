from datetime import timedelta

import pytest

from reactor.actions import ACTIONS
from reactor.config.ruleset import Resolve, load_ruleset
from reactor.engine.condition import trackers
from reactor.model.event import Record
from reactor.model.gates import Gates, Otherwise, Rate
from reactor.model.protocols import SourceType
from reactor.sources import SOURCES
from tests.config.loading import load_text, one_rule

CALLABLE = SourceType(fields={}, platform=True, open=SOURCES["docker"].open, api=lambda _: None)
TYPES = {**SOURCES, "callable": CALLABLE}


def test_a_first_rule_is_four_lines(tmp_path):
    text = "rules:\n  - name: crash\n    match: {state: Stopped}\n    actions: [{log: info}]\n"

    (rule,) = load_text(tmp_path, text).ruleset.rules

    assert (rule.name, rule.sources, rule.group_by, rule.unless) == ("crash", None, (), None)
    assert (rule.enabled, rule.shadow, rule.gates) == (True, False, Gates())
    assert (rule.absent, rule.sequel, rule.resolve) == (None, None, None)
    assert rule.place.line == 2


def test_labels_of_containers_choose_and_are_shown(tmp_path):
    keys = """
match: {labels."reactor.severity": page}
actions: [{slack: ops, text: '{{ labels["reactor.severity"] }}!'}]
"""
    rule = one_rule(tmp_path, keys)
    fields = {"labels": {"reactor.severity": "page"}}

    assert rule.match.evaluate(Record(fields, platform=True)) is True
    assert rule.actions[0].parameters["text"].render(fields) == "page!"


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
    assert rule.gates.throttle == Rate(1, timedelta(minutes=5))
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
    plain = one_rule(tmp_path, "match: {type: container, action: [a, b], state: {prefix: S}, x: 1}")
    listed = one_rule(tmp_path, "match: {type: [container], action: [{prefix: a}], state: [S]}")

    assert plain.defaults == {"type": "container"}
    assert listed.defaults == {"type": "container", "state": "S"}


@pytest.mark.parametrize(
    ("source", "is_warned_of"),
    [
        ("", False),
        ("source: cloud, ", False),
        ("source: [local, cloud], ", False),
        ("source: local, ", True),
    ],
)
def test_a_call_back_needs_a_source_that_takes_it(tmp_path, source, is_warned_of):
    text = "sources: {local: {type: file, path: lines}, cloud: {type: callable}}\nrules:\n"
    rule = f"{{name: a, {source}match: {{x: 1}}, actions: [{{log: info}}, {{stop: service}}]}}"
    (tmp_path / "r.yaml").write_text(f"{text}  - {rule}\n")

    loaded = load_ruleset(
        tmp_path / "r.yaml", environment={}, sources=TYPES, actions=ACTIONS, resolve=Resolve.ALL
    )

    messages = [f"{warning.rule}: {warning.message}" for warning in loaded.warnings]
    assert (
        messages
        == ["a: no source of this rule takes calls back: 'stop' will come to nothing"]
        * is_warned_of
    )


def test_without_any_source_a_call_back_is_warned_of_at_its_place(tmp_path):
    text = "rules: [{name: a, match: {x: 1}, actions: [{redeploy: service}]}]\n"

    [warning] = load_text(tmp_path, text).warnings

    assert (warning.place.line, warning.place.column) == (1, 45)


def marks(tmp_path, keys: str, action: str = "{log: info, throttle: 1 per 5m}") -> tuple[str, str]:
    rule = one_rule(tmp_path, f"{keys}\nactions: [{action}]")
    return rule.gates.mark("throttle"), rule.actions[0].gates.mark("throttle")


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


def test_what_journals_remember_of_a_throttle_is_kept(tmp_path):
    """These are the marks of the journals that are out there."""
    keys, action = (
        "group_by: a\nthrottle: 1 per 5m\nunless: {x: 1}",
        "{log: info, throttle: 2 per 90s}",
    )

    assert marks(tmp_path, keys, action) == ("00117b8561429c98", "ef685a86807e6e27")


def test_a_rule_goes_by_the_intervals_of_the_file(tmp_path):
    text = """\
time_intervals: {nights: {from: "22:00", to: "06:00"}}
rules:
  - name: a
    match: {x: 1}
    not_during: {interval: nights, then: hold}
    on_restart: fire
    actions: [{log: info}]
"""

    loaded = load_text(tmp_path, text)

    [hours] = loaded.ruleset.rules[0].gates.hours
    assert (hours.gate, hours.otherwise) == ("not_during", Otherwise.HOLD)
    assert hours.intervals == loaded.ruleset.intervals
    assert not loaded.warnings


@pytest.mark.parametrize(
    ("keys", "is_warned_of"),
    [
        ("match: {x: 1}", True),
        ("match: {x: 1}, then: {match: {x: 2}, within: 1m}", True),  # it ends, and fires nothing
        ("match: {x: 1}, not_then: {match: {x: 2}, within: 1m}", False),
        ("absent: {match: {x: 1}, within: 1m}", False),
    ],
)
def test_a_restart_matters_where_something_can_come_due(tmp_path, keys, is_warned_of):
    text = f"rules: [{{name: a, {keys}, on_restart: fire, actions: [{{log: info}}]}}]\n"

    assert bool(load_text(tmp_path, text).warnings) is is_warned_of


def test_what_conditions_ask_of_before_is_kept_by_the_key(tmp_path):
    rule = one_rule(
        tmp_path,
        """
group_by: [a, b]
match: {x: {to: 1}}
unless: {y: {to: 1}}
resolve: {match: {z: {to: 1}}}
""",
    )

    conditions = [each for each in (rule.match, rule.unless, rule.resolve) if each]
    found = [tracker for each in conditions for tracker in trackers(each)]
    assert found == [(name, ("a", "b")) for name in "xyz"]


GROUPED, FREE = "group_by: a", "actions: [{log: info, ordered: false}]"


@pytest.mark.parametrize(
    ("keys", "ordered"),
    [(GROUPED, True), (f"{GROUPED}\n{FREE}", False), (f"{GROUPED}\nordered: false", False)],
)
def test_order_is_kept_unless_the_rule_or_the_action_says_otherwise(tmp_path, keys, ordered):
    assert one_rule(tmp_path, keys).actions[0].ordered is ordered


@pytest.mark.parametrize(
    "keys", [f"    {FREE}\n", "    ordered: true\n    actions: [{log: info}]\n"]
)
def test_order_without_a_key_is_warned_of(tmp_path, keys):
    text = f"rules:\n  - name: crash\n    match: {{state: Stopped}}\n{keys}"

    [warning] = load_text(tmp_path, text).warnings

    assert warning.message == "'ordered' means nothing in a rule without 'group_by'"
