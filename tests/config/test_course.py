"""What a rule asks of several events, and what cannot stand together."""

from datetime import timedelta

import pytest

from tests.config.loading import load_text, mistakes, one_rule

RULE = "rules:\n  - name: a\n    actions: [{log: info}]\n"


def rule_text(keys):
    return RULE + "".join(f"    {line}\n" for line in keys.strip().splitlines())


def told(folder, keys):
    prefix = "rule 'a': "
    return [line.split(prefix, 1)[1] for line in mistakes(folder, rule_text(keys)).splitlines()]


def test_absent_stands_in_place_of_match(tmp_path):
    text = rule_text("absent: {match: {type: backup, state: Done}, within: 26h}")

    (rule,) = load_text(tmp_path, text).ruleset.rules

    assert rule.absent == timedelta(hours=26)
    assert [part.path.text for part in rule.match.parts] == ["type", "state"]
    assert rule.defaults == {"type": "backup", "state": "Done"}
    assert {*rule.gates.marks} == {"absent"}


@pytest.mark.parametrize(("key", "comes"), [("then", True), ("not_then", False)])
def test_what_is_to_follow_is_read(tmp_path, key, comes):
    rule = one_rule(tmp_path, f"{key}: {{match: {{state: Running}}, within: 5m}}")

    assert rule.sequel is not None
    assert (rule.sequel.gate, rule.sequel.comes) == (key, comes)
    assert rule.sequel.within == timedelta(minutes=5)
    assert rule.sequel.match.path.text == "state"
    assert {*rule.gates.marks} == {key}


def test_what_resolves_is_read(tmp_path):
    rule = one_rule(tmp_path, "resolve: {match: {state: Running}}")

    assert rule.resolve is not None
    assert rule.resolve.operator.operand == "Running"
    assert {*rule.gates.marks} == {"incident"}


BOTH = "'match' and 'absent' are both here, expected one of them"
IN_MATCH = "what does not count is said by a 'not' in its 'match'"
WITH_ABSENT = "absent: {match: {x: 1}, within: 1h}\n"


@pytest.mark.parametrize(
    ("keys", "messages"),
    [
        ("absent: 1h", ["'absent' is \"1h\", expected a mapping of match and within"]),
        ("absent: {match: {x: 1}}", ["'absent' needs 'within'"]),
        ("absent: {within: 1h}", ["'absent' needs 'match'"]),
        ("absent: {match: {x: []}, within: 0s, for: 1m}", [
            "an empty list fits nothing",
            "'within' is \"0s\", expected a duration such as 500ms, 90s, 5m or 1h30m",
            "unknown key 'for'",
        ]),
        ("match: {x: 1}\n" + WITH_ABSENT, [
            f"{BOTH} (what must not stay away is the 'match' within 'absent')",
        ]),
        (WITH_ABSENT + "for: 5m", [
            "'for' cannot go with 'absent': there is no event that could go on matching",
        ]),
        (WITH_ABSENT + "then: {match: {x: 2}, within: 5m}", [
            "'then' cannot go with 'absent': there is no first event for another one to follow",
        ]),
        (WITH_ABSENT + "not_then: {match: {x: 2}, within: 5m}", [
            "'not_then' cannot go with 'absent': there is no first event for another one to follow",
        ]),
        (WITH_ABSENT + "resolve: {match: {x: 2}}", [
            "'resolve' cannot go with 'absent': what it waits for resolves it",
        ]),
        (WITH_ABSENT + "unless: {y: 2}", [
            f"'unless' cannot go with 'absent': {IN_MATCH}",
        ]),
        ("match: {x: 1}\nresolve: {state: Running}", [
            "'resolve' needs 'match'",
            "unknown key 'state'",
        ]),
        ("match: {x: 1}\nresolve: Running", [
            "'resolve' is \"Running\", expected a mapping with a match",
        ]),
        ("match: {x: 1}\nthen: {match: {}, within: 1s}\nnot_then: {match: {y: 1}, within: 1s}", [
            "a condition needs at least one field",
            "'then' and 'not_then' are both here, expected one of them (make it two rules)",
        ]),
    ],
)  # fmt: skip
def test_every_mistake_is_told(tmp_path, keys, messages):
    assert told(tmp_path, keys) == messages


def test_what_resolves_as_it_opens_is_warned_of(tmp_path):
    text = rule_text("match: {x: 1}\nresolve: {match: {x: 1}}")

    [warning] = load_text(tmp_path, text).warnings

    assert warning.message == "'resolve' asks what 'match' asks: each incident ends as it begins"


def test_what_can_never_stay_away_is_warned_of(tmp_path):
    source = "sources: {cloud: {type: dockercloud, user: me, apikey: k}}\n"
    text = rule_text("absent: {match: {state: Exploded}, within: 1h}")

    [warning] = load_text(tmp_path, source + text).warnings

    assert warning.message == 'no event has the state "Exploded"'


BASE = """
not_then: {match: {x: 2}, within: 60s}
resolve: {match: {x: 3}}
for: 2m
"""


@pytest.mark.parametrize(
    ("old", "new", "gates"),
    [
        ("60s", "1m", set()),
        ("60s", "2m", {"not_then"}),
        ("x: 2", "x: 4", {"not_then"}),
        ("x: 3", "x: 4", {"incident"}),
        ("for: 2m", "for: 3m", {"for", "incident"}),
    ],
)
def test_a_change_resets_only_what_hangs_on_it(tmp_path, old, new, gates):
    before, after = (
        one_rule(tmp_path, keys).gates.marks for keys in (BASE, BASE.replace(old, new))
    )

    assert {name for name in before if before[name] != after[name]} == gates


def test_another_absent_condition_resets_it(tmp_path):
    marks = [
        load_text(tmp_path, rule_text(f"absent: {text}")).ruleset.rules[0].gates.marks["absent"]
        for text in (
            "{match: {x: 1}, within: 1h}",
            "{within: 60m, match: {x: 1}}",
            "{match: {x: 2}, within: 1h}",
            "{match: {x: 1}, within: 2h}",
        )
    ]

    assert [mark == marks[0] for mark in marks] == [True, True, False, False]
