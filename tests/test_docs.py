"""The documents tell the truth: their examples load and pass, and nothing is left out."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from reactor.actions import ACTIONS
from reactor.cli import app
from reactor.config.conditions import OPERATORS
from reactor.config.ruleset import Resolve, load_ruleset
from reactor.config.schema import json_schema
from reactor.engine.filters import FILTERS
from reactor.engine.rehearsal import rehearse
from reactor.model.delivery import State
from reactor.model.match import Reason
from reactor.sources import SOURCES

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
RULES = (ROOT / "docs/rules.md").read_text()
GLOSSARY = (ROOT / "docs/glossary.md").read_text()

EXAMPLES = [
    pytest.param(block, id=f"{document.stem}-{number}")
    for document in DOCUMENTS
    for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", document.read_text(), re.S), 1)
]
EXAMPLES.append(pytest.param((ROOT / "rules.example.yaml").read_text(), id="rules.example.yaml"))


def words(text: str) -> set[str]:
    """Every word that stands in code quotes; examples alone explain nothing."""
    prose = re.sub(r"```.*?```", "", text, flags=re.S)
    return set(re.findall(r"[\w$-]+", " ".join(re.findall(r"`([^`]+)`", prose))))


def keys(schema: object) -> Iterator[str]:
    """Every key that a JSON Schema names."""
    if isinstance(schema, dict):
        properties = schema.get("properties")
        if isinstance(properties, dict):
            yield from properties
        for part in schema.values():
            yield from keys(part)
    if isinstance(schema, list):
        for part in schema:
            yield from keys(part)


def commands(command) -> Iterator[str]:
    """The names below a command of typer: subcommands, and the options of them all."""
    for parameter in command.params:
        yield from (name for name in parameter.opts if name.startswith("--"))
    if hasattr(command, "list_commands"):
        for name in command.list_commands(None):
            yield name
            yield from commands(command.get_command(None, name))


@pytest.mark.parametrize("block", EXAMPLES)
def test_every_example_loads_and_its_tests_pass(block, tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(block)

    loaded = load_ruleset(
        file, environment={}, sources=SOURCES, actions=ACTIONS, resolve=Resolve.RULES
    )

    assert loaded.warnings == ()
    for rule in loaded.ruleset.rules:
        for case in rule.tests:
            result = rehearse(rule, case, loaded.ruleset, ACTIONS)
            assert [step.wrong for step in result.steps if step.wrong] == []


def test_the_example_file_needs_no_variable_and_each_of_its_rules_has_a_test():
    loaded = load_ruleset(
        ROOT / "rules.example.yaml",
        environment={},
        sources=SOURCES,
        actions=ACTIONS,
        resolve=Resolve.ALL,
    )

    assert loaded.warnings == ()
    assert [rule.name for rule in loaded.ruleset.rules if not rule.tests] == []


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("operators", OPERATORS),
        ("filters", FILTERS),
        ("sources", SOURCES),
        ("actions", ACTIONS),
        ("reasons", Reason),
        ("keys", sorted(set(keys(json_schema(SOURCES, ACTIONS))))),
    ],
)
def test_the_rule_language_is_described_in_full(kind, names):
    assert [name for name in names if name not in words(RULES)] == []


def test_every_command_and_option_is_described():
    described = words(RULES.partition("## 6.")[2])

    assert [name for name in commands(get_command(app)) if name not in described] == []


def test_every_state_of_a_delivery_is_in_the_glossary():
    assert [state for state in State if state not in words(GLOSSARY)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_link_leads_to_a_file(document):
    links = re.findall(r"\]\((?!https?://)([^)#]+)", document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150
