"""Rule files for tests, loaded as the commands load them, with the types that exist."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from reactor.actions import ACTIONS
from reactor.config.ruleset import Loaded, Resolve, load_ruleset
from reactor.model.errors import RulesInvalid
from reactor.model.protocols import ActionType
from reactor.model.rule import ActionSpec, Rule
from reactor.sources import SOURCES

OPS = "destinations: {ops: {type: slack, url: 'https://hooks.slack.com/T0/B0'}}\n"


def load(
    path: Path,
    environment: Mapping[str, str] | None = None,
    resolve: Resolve = Resolve.ALL,
    actions: Mapping[str, ActionType] = ACTIONS,
) -> Loaded:
    """The rule set at `path`."""
    return load_ruleset(
        path, environment=environment or {}, sources=SOURCES, actions=actions, resolve=resolve
    )


def load_text(
    folder: Path,
    text: str,
    environment: Mapping[str, str] | None = None,
    resolve: Resolve = Resolve.ALL,
    actions: Mapping[str, ActionType] = ACTIONS,
) -> Loaded:
    """The rule set of a file with this text."""
    file = folder / "rules.yaml"
    file.write_text(text)
    return load(file, environment, resolve, actions)


def mistakes(
    folder: Path,
    text: str,
    environment: Mapping[str, str] | None = None,
    resolve: Resolve = Resolve.ALL,
) -> str:
    """What is wrong with a file of this text, without the folder's name."""
    with pytest.raises(RulesInvalid) as caught:
        load_text(folder, text, environment, resolve)
    return str(caught.value).replace(f"{folder}/", "")


def one_rule(folder: Path, keys: str, environment: Mapping[str, str] | None = None) -> Rule:
    """A rule with these keys (each line on its own) beside its name and match."""
    given = keys.strip().splitlines()
    lines = "".join(f"    {line}\n" for line in given)
    actions = "" if "actions:" in keys else "    actions: [{log: info}]\n"
    has_match = any(line.startswith("match:") for line in given)
    match = "" if has_match else "    match: {state: Stopped}\n"
    text = f"{OPS}rules:\n  - name: crash\n{match}{lines}{actions}"
    return load_text(folder, text, environment).ruleset.rules[0]


def one_action(folder: Path, text: str, environment: Mapping[str, str] | None = None) -> ActionSpec:
    """The action of a rule that has only this one."""
    return one_rule(folder, f"actions: [{text}]", environment).actions[0]
