"""`reactor check`: every mistake of the rule file at once, or the effective file."""

import os
from pathlib import Path
from typing import Annotated

import typer

from reactor.actions import ACTIONS
from reactor.cli.output import counted, data, json_line, talk
from reactor.cli.places import rules_path
from reactor.config.ruleset import Loaded, Resolve, load_ruleset
from reactor.model.errors import RulesInvalid
from reactor.model.problem import Problem
from reactor.sources import SOURCES


def check(
    file: Annotated[
        Path | None, typer.Argument(help="Rule file or directory.", show_default="./reactor.yaml")
    ] = None,
    *,
    offline: Annotated[
        bool, typer.Option("--offline", help="Leave variables of sources and destinations alone.")
    ] = False,
    show: Annotated[
        bool, typer.Option("--print", help="Print the effective file, secrets masked.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,
) -> None:
    """Find every mistake in a rule file.

    Example:  reactor check rules.example.yaml --offline
    """
    path = rules_path(file)
    resolve = Resolve.RULES if offline else Resolve.ALL
    try:
        loaded = load_ruleset(
            path, environment=os.environ, sources=SOURCES, actions=ACTIONS, resolve=resolve
        )
    except RulesInvalid as fault:
        for problem in fault.problems:
            _show(problem, "problem", as_json=as_json)
        talk(counted(len(fault.problems), "problem"))
        raise typer.Exit(3) from None
    for warning in loaded.warnings:
        _show(warning, "warning", as_json=as_json)
    if show:
        _print_whole(loaded)
    elif not as_json:
        talk(_summary(path, loaded))
        if not loaded.ruleset.sources:
            talk("without sources `reactor run` has nothing to listen to")


def _show(problem: Problem, kind: str, *, as_json: bool) -> None:
    if not as_json:
        data(f"warning: {problem}" if kind == "warning" else str(problem))
        return
    fields = {
        "kind": kind,
        "file": problem.place.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "rule": problem.rule,
        "message": problem.message,
        "hint": problem.hint,
    }
    data(json_line(fields))


def _print_whole(loaded: Loaded) -> None:
    for line in loaded.ruleset.text.splitlines():
        data(line)


def _summary(path: Path, loaded: Loaded) -> str:
    rules = loaded.ruleset.rules
    tests = sum(len(rule.tests) for rule in rules)
    return (
        f"{path}: ok, {counted(len(rules), 'rule')} with {counted(tests, 'test')}, "
        f"{counted(len(loaded.ruleset.sources), 'source')}, "
        f"{counted(len(loaded.ruleset.destinations), 'destination')}"
    )
