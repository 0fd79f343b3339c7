"""The first rule file is right for whatever was found."""

from itertools import combinations

import pytest

from reactor.actions import ACTIONS
from reactor.cli.first import SAMPLE, first_file
from reactor.cli.found import Found
from reactor.config.ruleset import Resolve, load_ruleset
from reactor.rehearsal import rehearse
from reactor.sources import SOURCES

SLACK = {"SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T/B/hidden"}
KINDS = ("docker", "dockercloud", "tutum")
SOURCES_FOUND = [some for count in range(4) for some in combinations(KINDS, count)]


def found(*sources, slack=False):
    return Found(sources=sources, slack=slack, told=())


@pytest.fixture
def loaded(tmp_path):
    def load(text):
        path = tmp_path / "reactor.yaml"
        path.write_text(text)
        return load_ruleset(
            path, environment=SLACK, sources=SOURCES, actions=ACTIONS, resolve=Resolve.ALL
        )

    return load


@pytest.mark.parametrize("slack", [False, True], ids=["log", "slack"])
@pytest.mark.parametrize("sources", SOURCES_FOUND, ids="+".join)
def test_it_loads_without_a_warning_and_its_tests_pass(loaded, sources, slack):
    ruleset, warnings = loaded(first_file(found(*sources, slack=slack))), ()

    assert (ruleset.warnings, bool(ruleset.ruleset.destinations)) == (warnings, slack)
    for rule in ruleset.ruleset.rules:
        assert rule.tests
        assert all(rehearse(rule, test, ruleset.ruleset, ACTIONS).passed for test in rule.tests)


@pytest.mark.parametrize("sources", SOURCES_FOUND, ids="+".join)
def test_its_sources_are_those_that_were_found(loaded, sources):
    specs = loaded(first_file(found(*sources))).ruleset.sources.values()

    assert tuple(spec.type for spec in specs) == (sources or ("file",))


def test_with_nothing_found_events_come_from_a_file(loaded):
    (spec,) = loaded(first_file(found())).ruleset.sources.values()

    assert spec.options == {"path": SAMPLE, "follow": True}


def test_nothing_is_called_back_before_somebody_wants_it(loaded):
    rules = loaded(first_file(found("docker", "tutum"))).ruleset.rules
    calling = [(rule, each) for rule in rules for each in rule.actions if each.type == "redeploy"]

    assert [(rule.sources, each.shadow) for rule, each in calling] == [(("tutum",), True)]


def test_it_is_small_and_its_lines_are_not_long():
    lines = first_file(found(*KINDS, slack=True)).splitlines()

    assert len(lines) <= 100
    assert max(map(len, lines)) <= 100
