import pytest

from reactor.actions import ACTIONS
from reactor.model.errors import RulesInvalid
from tests.config.loading import load

RULE = "rules:\n  - {name: NAME, match: {a: b}, actions: [{log: info}]}\n"


def refused(folder):
    with pytest.raises(RulesInvalid) as caught:
        load(folder)
    return str(caught.value).replace(f"{folder}/", "")


def test_a_directory_is_read_in_the_order_of_names(tmp_path):
    for name in ("20-b", "10-c", "30-a"):
        (tmp_path / f"{name}.yaml").write_text(RULE.replace("NAME", name))
    (tmp_path / "notes.txt").write_text("not YAML: [")

    rules = load(tmp_path).ruleset.rules

    assert [rule.name for rule in rules] == ["10-c", "20-b", "30-a"]


def test_a_name_defined_twice_shows_both_places(tmp_path):
    text = "sources: {s: {type: docker}}\n" + RULE
    (tmp_path / "a.yaml").write_text(text)
    (tmp_path / "b.yaml").write_text(text)

    assert refused(tmp_path).splitlines() == [
        "b.yaml:1:11: 's' is in 'sources' twice, first at a.yaml:1:11",
        "b.yaml:3:12: the rule 'NAME' is there twice, first at a.yaml:3:12",
    ]


def test_time_intervals_of_all_files_are_put_together(tmp_path):
    interval = "time_intervals: {{{name}: {{days: sat}}}}\n"
    rule = RULE.replace("match:", "during: weekends, match:")
    (tmp_path / "a.yaml").write_text(interval.format(name="weekends"))
    (tmp_path / "b.yaml").write_text(rule + interval.format(name="others"))

    assert [*load(tmp_path).ruleset.intervals] == ["weekends", "others"]

    (tmp_path / "c.yaml").write_text(interval.format(name="others"))
    assert refused(tmp_path) == (
        "c.yaml:1:18: 'others' is in 'time_intervals' twice, first at b.yaml:3:18"
    )


def test_names_are_the_same_after_their_variables_are_filled_in(tmp_path):
    (tmp_path / "a.yaml").write_text(RULE.replace("NAME", "x"))
    (tmp_path / "b.yaml").write_text(RULE.replace("NAME", '"${N:-x}"'))

    assert refused(tmp_path) == (
        "b.yaml:2:12: the rule '${N:-x}' is there twice, first at a.yaml:2:12"
    )


def test_a_rule_repeated_by_an_alias_is_there_twice(tmp_path):
    rule = "{name: x, match: {a: b}, actions: [{log: info}]}"
    (tmp_path / "a.yaml").write_text(f"rules:\n  - &r {rule}\n  - *r\n")

    assert "the rule 'x' is there twice" in refused(tmp_path)


def test_one_broken_file_hides_no_mistake_of_another_and_causes_none(tmp_path):
    action = "{name: r, source: s, match: {a: b}, actions: [{slack: ops}, {lgo: info}]}"
    (tmp_path / "a.yaml").write_text(f"rules:\n  - {action}\n")
    (tmp_path / "b.yaml").write_text("destinations: {ops: [\n")

    told = [line.replace(" (did you mean 'log'?)", "") for line in refused(tmp_path).splitlines()]
    assert told == [
        f"a.yaml:2:66: rule 'r': 'lgo' is no action, expected one of {', '.join(ACTIONS)}",
        "b.yaml:2:1: expected a value, or what closes the one before",
    ]


def test_a_directory_without_rule_files_says_what_it_looked_for(tmp_path):
    (tmp_path / "rules.yml").write_text(RULE)

    assert "the directory holds no '*.yaml' (rename your '*.yml')" in refused(tmp_path)


def test_a_file_without_rules_is_taken_with_a_warning(tmp_path):
    (tmp_path / "a.yaml").write_text("version: 1\nsources: {local: {type: docker}}\n")

    loaded = load(tmp_path / "a.yaml")

    assert loaded.ruleset.rules == ()
    assert [warning.message for warning in loaded.warnings] == [
        "there are no 'rules': nothing will be sent"
    ]
