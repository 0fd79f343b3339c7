"""The rule file of a service: what is read is all of the file or none of it, and what is told."""

import pytest

from reactor.cli.rulebook import Rulebook, shadowed
from reactor.model.errors import JournalUnavailable, RulesInvalid
from reactor.model.rule import Heartbeat
from reactor.model.secret import Secret
from tests.builders import a_rule, a_ruleset, replace

RULES = "rules: [{name: a, match: {state: Stopped}, actions: [{log: info}]}]\n"


class Told:
    """The service, and the story, as far as a reload speaks to them."""

    def __init__(self):
        self.adopted, self.refused, self.lines, self.fault = [], 0, [], None

    def reload(self, ruleset):
        if self.fault:
            raise self.fault
        self.adopted.append(ruleset)
        return "done"

    def refuse_reload(self):
        self.refused += 1

    def notice(self, text):
        self.lines.append(text)

    def warn(self, text):
        self.lines.append(f"warning: {text}")


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return path


def reload(book, told):
    book.reload(told, told)
    return told.lines


def test_a_reload_tells_what_it_changes(file, told):
    book = Rulebook(file, is_dry=False)
    file.write_text(RULES.replace("Stopped", "Running"))

    assert reload(book, told) == ["reloaded: rules: changed 'a' (match); done"]
    assert told.adopted == [book.ruleset]


def test_the_next_difference_is_to_what_runs_and_not_to_what_was_refused(file, told):
    book = Rulebook(file, is_dry=False)
    file.write_text("rules: [")
    reload(book, told)
    file.write_text(RULES)

    assert reload(book, told)[-1] == "reloaded: nothing changed; done"


def test_every_mistake_is_told_and_the_rules_stay(file, told):
    book = Rulebook(file, is_dry=False)
    before = book.ruleset
    file.write_text(RULES.replace("match", "mach").replace("log", "lock"))

    *problems, verdict = reload(book, told)

    assert [line.startswith(f"warning: {file}:1:") for line in problems] == [True] * len(problems)
    assert verdict == f"warning: not reloaded, the old rules stay: {len(problems)} problems"
    assert (book.ruleset, told.adopted, told.refused) == (before, [], 1)


def test_what_the_service_refuses_stays_as_it_was_too(file, told):
    book = Rulebook(file, is_dry=False)
    before, told.fault = book.ruleset, JournalUnavailable("the disk is full")

    assert reload(book, told) == ["warning: not reloaded, the old rules stay: the disk is full"]
    assert (book.ruleset, told.refused) == (before, 1)


def test_what_is_probably_not_meant_is_told_also_at_a_reload(file, told):
    book = Rulebook(file, is_dry=False)
    file.write_text(RULES.replace("Stopped", "on"))

    assert "on is a text here, not true or false" in reload(book, told)[0]


def test_a_file_is_outdated_until_it_is_read_even_if_it_is_wrong(file, told):
    book = Rulebook(file, is_dry=False)
    assert not book.is_outdated()

    file.write_text("rules: [")
    assert book.is_outdated()

    reload(book, told)
    assert not book.is_outdated()


def test_a_file_that_is_wrong_at_the_start_is_not_begun_with(file):
    file.write_text("rules: [")

    with pytest.raises(RulesInvalid):
        Rulebook(file, is_dry=False)


def test_a_dry_run_stays_dry_over_reloads(file, told):
    book = Rulebook(file, is_dry=True)
    reload(book, told)

    assert [rule.shadow for rule in (*book.ruleset.rules, *told.adopted[0].rules)] == [True, True]


def test_shadowed_rules_are_the_same_but_for_the_shadow_and_the_heartbeat():
    heartbeat = Heartbeat(url=Secret("http://127.0.0.1:9/beat"))
    ruleset = replace(
        a_ruleset(a_rule(name="a"), a_rule(name="b", enabled=False)), heartbeat=heartbeat
    )

    found = shadowed(ruleset)

    assert [(rule.name, rule.enabled, rule.shadow) for rule in found.rules] == [
        ("a", True, True),
        ("b", False, True),
    ]
    assert found.heartbeat is None
