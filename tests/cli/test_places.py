"""Where commands find the rule file and the journal."""

from pathlib import Path

import pytest
import typer

from reactor.cli.places import default_data_dir, read_rules, rules_path
from reactor.config.ruleset import Resolve
from reactor.model.errors import RulesInvalid


@pytest.mark.parametrize(
    ("there", "found"),
    [
        (["reactor.yaml", "rules.yaml"], "reactor.yaml"),
        (["rules.yaml", "other.yaml"], "rules.yaml"),
    ],
)
def test_without_a_name_the_usual_names_are_tried_in_order(cli, tmp_path, there, found):
    for name in there:
        (tmp_path / name).touch()

    assert rules_path(None) == Path(found)


def test_a_given_path_is_taken_as_it_is():
    assert rules_path(Path("no/such/file")) == Path("no/such/file")


def test_no_rule_file_is_told_with_what_can_be_done(cli):
    with pytest.raises(typer.BadParameter, match=r"name one, or sing$"):
        rules_path(None, otherwise="sing")


def test_who_has_none_yet_is_shown_where_to_begin(cli):
    with pytest.raises(typer.BadParameter, match=r"or begin with `reactor init`$"):
        rules_path(None)


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({}, ".local/state/reactor"),
        ({"XDG_STATE_HOME": "/state"}, "/state/reactor"),
        ({"STATE_DIRECTORY": "/var/lib/reactor", "XDG_STATE_HOME": "/state"}, "/var/lib/reactor"),
        ({"STATE_DIRECTORY": "/var/lib/reactor:/var/lib/two"}, "/var/lib/reactor"),
        ({"STATE_DIRECTORY": "", "XDG_STATE_HOME": ""}, ".local/state/reactor"),
    ],
)
def test_the_journal_is_where_systemd_says_else_in_the_users_state(
    cli, tmp_path, monkeypatch, environment, found
):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)  # the environment belongs to the whole process

    assert default_data_dir() == tmp_path / found


def test_rules_are_read_with_the_sources_and_actions_that_there_are(rules):
    ruleset = read_rules(rules, Resolve.ALL)

    assert [rule.name for rule in ruleset.rules] == ["web crashed"]


def test_a_broken_file_raises_with_every_problem(tmp_path):
    (tmp_path / "bad.yaml").write_text("rulez: []\nsauces: {}\n")

    with pytest.raises(RulesInvalid) as found:
        read_rules(tmp_path / "bad.yaml", Resolve.ALL)

    assert len(found.value.problems) >= 2
