"""The documents tell the truth: their examples load and pass, and nothing is left out."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from reactor.actions import ACTIONS
from reactor.cli import app
from reactor.config.conditions import OPERATORS
from reactor.config.ruleset import Resolve, load_ruleset
from reactor.config.schema import json_schema
from reactor.engine.filters import FILTERS
from reactor.model.delivery import State
from reactor.model.match import Reason
from reactor.observe.exposition import exposition
from reactor.observe.metrics import METRICS
from reactor.observe.tallies import Tallies
from reactor.rehearsal import rehearse
from reactor.sources import SOURCES
from tests.conditions import condition

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


OPERATIONS = (ROOT / "docs/operations.md").read_text()
ALERTS = yaml.safe_load((ROOT / "docs/monitoring/alerts.rules.yml").read_text())["groups"][0]
DASHBOARD = json.loads((ROOT / "docs/monitoring/grafana.json").read_text())

QUERIES = [
    *(pytest.param(alert["expr"], id=alert["alert"]) for alert in ALERTS["rules"]),
    *(
        pytest.param(target["expr"], id=f"{panel['title']}-{target['refId']}")
        for panel in DASHBOARD["panels"]
        for target in panel["targets"]
    ),
]


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


CONDITIONS = re.findall(
    r"^\| (?:`([^`]+)` )?\| `([^`]+)` \|",
    RULES.partition("### Operators")[2].partition("### JSONPath")[0],
    re.M,
)


@pytest.mark.parametrize("example", [example for _, example in CONDITIONS])
def test_every_example_of_an_operator_is_a_condition(example):
    condition(f"x: {example}" if example.startswith("{") else example)


def test_every_operator_has_an_example():
    assert {name for name, _ in CONDITIONS if name} == {*OPERATORS, "$or"}


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_has_a_section_with_a_complete_file(name):
    text = (ROOT / "docs/sources.md").read_text()

    _, _, section = text.partition(f"\n## {name}\n")

    [first, *_] = re.findall(r"```yaml\n(.*?)```", section.partition("\n## ")[0], re.S)
    assert f"type: {name}\n" in first
    assert "\nrules:\n" in first


def test_every_command_and_option_is_described():
    described = words(RULES.partition("## 6.")[2])

    assert [name for name in commands(get_command(app)) if name not in described] == []


def test_every_state_of_a_delivery_is_in_the_glossary():
    assert [state for state in State if state not in words(GLOSSARY)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_link_leads_to_a_file(document):
    links = re.findall(r"\]\((?!https?://)([^)#]+)", document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_test_that_a_document_names_exists():
    named = {
        found for text in DOCUMENTS for found in re.findall(r"`(tests/\S+)`", text.read_text())
    }
    tests = [each.partition("::") for each in named if "::" in each]

    assert len(tests) > 20
    assert [
        name for path, _, name in tests if f"def {name}(" not in (ROOT / path).read_text()
    ] == []


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


def series() -> set[str]:
    """Everything that a query can name: what a scrape brings, and what Prometheus adds to it."""
    told = re.findall(r"^# TYPE (\w+) (\w+)$", exposition(Tallies(), ()).decode(), re.M)
    plain = {name for name, kind in told if kind != "histogram"}
    parts = {
        f"{name}_{part}"
        for name, kind in told
        if kind == "histogram"
        for part in ("bucket", "sum", "count")
    }
    return plain | parts | {"up"}


def named(query: str) -> list[str]:
    """The series that a query names: the words that are no function, label, text or operator."""
    rest = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\bby *\([^)]*\)', " ", query)
    return [name for name in re.findall(r"\b[a-z_]\w*\b(?! *\()", rest) if name != "or"]


def asked_labels(query: str) -> set[str]:
    """The labels that a query chooses or groups by."""
    grouped = re.findall(r"\bby *\(([^)]*)\)", query)
    chosen = re.findall(r"(\w+) *(?:=~|!=|=) *\"", query)
    return {label.strip() for labels in grouped for label in labels.split(",")} | set(chosen)


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_names_only_metrics_and_labels_that_exist(query):
    names = named(query)
    own = {label for name in names for label in labels_of(name)}

    assert names
    assert set(names) <= series()
    assert asked_labels(query) <= own | {"job", "instance", "le"}


def labels_of(name: str) -> tuple[str, ...]:
    """The labels of a series of our own."""
    metric = METRICS.get(re.sub(r"_(bucket|sum|count)$", "", name))
    return metric.labels if metric else ()


def test_every_metric_is_explained_and_shown():
    shown = {name for query in QUERIES for name in named(query.values[0])}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown}

    assert [name for name in METRICS if name not in words(OPERATIONS)] == []
    assert [name for name in METRICS if name not in families] == []


def test_the_log_is_explained_in_the_words_that_it_uses():
    table = OPERATIONS.partition("## The log at 3 a.m.")[2]
    quoted = [line for row in re.findall(r"^\| (`.*?) \| ", table, re.M) for line in code(row)]
    parts = [part.strip(" :;,") for line in quoted for part in line.split("…")]
    said = " ".join(spoken())

    assert len(parts) > 30
    assert [part for part in parts if part not in said] == []


def code(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def spoken() -> Iterator[str]:
    """Every text that the package's own code holds."""
    for path in (ROOT / "reactor").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
