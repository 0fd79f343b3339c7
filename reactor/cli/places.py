"""Where commands find the rule file and the journal."""

import os
from pathlib import Path

import typer

from reactor.actions import ACTIONS
from reactor.cli.output import talk
from reactor.config.ruleset import Resolve, load_ruleset
from reactor.model.rule import Ruleset
from reactor.sources import SOURCES

DEFAULT_FILES = (Path("reactor.yaml"), Path("rules.yaml"))


def rules_path(given: Path | None, *, otherwise: str = "begin with `reactor init`") -> Path:
    """The rule file or directory: as given, else ./reactor.yaml or ./rules.yaml.

    Raises BadParameter when nothing is given and neither file is there; its words end with what
    can be done `otherwise`.
    """
    if given is not None:
        return given
    for candidate in DEFAULT_FILES:
        if candidate.exists():
            return candidate
    raise typer.BadParameter(
        f"no rule file: neither ./reactor.yaml nor ./rules.yaml is here; name one, or {otherwise}"
    )


def read_rules(path: Path, resolve: Resolve) -> Ruleset:
    """Load the rule file and tell its warnings. Raises RulesInvalid."""
    loaded = load_ruleset(
        path, environment=os.environ, sources=SOURCES, actions=ACTIONS, resolve=resolve
    )
    for warning in loaded.warnings:
        talk(f"warning: {warning}")
    return loaded.ruleset


def default_data_dir() -> Path:
    """$STATE_DIRECTORY (systemd), else the user's state directory (XDG Base Directory)."""
    if given := os.environ.get("STATE_DIRECTORY"):
        return Path(given.split(":")[0])
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "reactor"
