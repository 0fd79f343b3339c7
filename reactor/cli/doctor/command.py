"""`reactor doctor`: looks at everything that reactor needs, and says what to do about what is not
well."""

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from reactor.actions import ACTIONS
from reactor.cli.doctor.destinations import look_at_destination, outgoing
from reactor.cli.doctor.disk import look_at_disk
from reactor.cli.doctor.engine import look_at_docker
from reactor.cli.doctor.finding import Finding, Status, broken, doubtful, exit_code, well
from reactor.cli.doctor.journal import look_at_journal
from reactor.cli.doctor.rounds import Check, Patience, go_round
from reactor.cli.doctor.sources import (
    Look,
    look_at_cloud,
    look_at_file,
    look_at_webhook,
    look_at_websocket,
)
from reactor.cli.doctor.surroundings import look_around
from reactor.cli.output import counted, data, json_line, talk
from reactor.cli.places import DEFAULT_FILES, default_data_dir
from reactor.config.ruleset import Resolve, load_ruleset
from reactor.model.errors import RulesInvalid
from reactor.model.problem import Place, Problem
from reactor.model.rule import Ruleset, SourceSpec
from reactor.sources import SOURCES

SECONDS = 5.0
"""That one request may take, and that the journal is read for."""

RULES_INVALID = 3

LOOKS: dict[str, Look] = {
    "docker": look_at_docker,
    "dockercloud": look_at_cloud,
    "tutum": look_at_cloud,
    "websocket": look_at_websocket,
    "webhook": look_at_webhook,
    "file": look_at_file,
}
"""By type of source; one that is not here needs nothing."""

_HERE = SourceSpec(name="docker", type="docker", options={}, place=Place("", 0, 0))
"""This machine's engine, for want of a rule file."""


def doctor(
    file: Annotated[
        Path | None, typer.Argument(help="Rule file or directory.", show_default="./reactor.yaml")
    ] = None,
    *,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Where the journal is.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,
) -> None:
    """Look at all that reactor needs, and say what is to be done.

    Sources, destinations, the journal and its disk, this machine. Without a rule file the engine of
    this machine is the only source. Nothing is changed, and nothing is sent to a destination.

    Example:  reactor doctor --data-dir /var/lib/reactor
    """
    findings = []
    for finding in _findings(file, data_dir or default_data_dir()):
        _show(finding, as_json=as_json)
        findings.append(finding)
    if not as_json:
        talk(_summary(findings))
    raise typer.Exit(exit_code(findings))


def _findings(file: Path | None, data_dir: Path) -> Iterator[Finding]:
    """Everything, in the order in which it is told."""
    path = file or next((each for each in DEFAULT_FILES if each.exists()), None)
    checks = [_source(_HERE)]
    if path is not None:
        ruleset, told = _rules(path)
        yield from told
        checks = _outside(ruleset) if ruleset else []
    yield from go_round([*checks, *_inside(data_dir)], talk, Patience())


def _rules(path: Path) -> tuple[Ruleset | None, list[Finding]]:
    """The rules, or None, and what there is to say of them: what `check` would."""
    try:
        loaded = load_ruleset(
            path, environment=os.environ, sources=SOURCES, actions=ACTIONS, resolve=Resolve.ALL
        )
    except RulesInvalid as fault:
        return None, [_mistake(problem) for problem in fault.problems]
    rules, sources = loaded.ruleset.rules, loaded.ruleset.sources
    told = f"{path}: {counted(len(rules), 'rule')}, {counted(len(sources), 'source')}"
    doubts = [doubtful("rules", str(each), "see `reactor check`") for each in loaded.warnings]
    return loaded.ruleset, [well("rules", told), *doubts]


def _mistake(problem: Problem) -> Finding:
    told, remedy = str(replace(problem, hint=None)), problem.hint or "mend the rule file"
    return replace(broken("rules", told, remedy), code=RULES_INVALID)


def _outside(ruleset: Ruleset) -> list[Check]:
    """The sources and the destinations."""
    sources = [_source(spec) for spec in ruleset.sources.values() if spec.type in LOOKS]
    return sources + [
        Check(name=each.name, look=partial(look_at_destination, each)) for each in outgoing(ruleset)
    ]


def _source(spec: SourceSpec) -> Check:
    look = partial(LOOKS[spec.type], spec, os.environ, SECONDS)
    return Check(name=f"source {spec.name}", look=look, is_source=True)


def _inside(data_dir: Path) -> list[Check]:
    """What is on this machine. Even a disk may let us wait."""
    return [
        Check(name="data directory", look=partial(look_at_disk, data_dir)),
        Check(name="journal", look=partial(look_at_journal, data_dir, SECONDS)),
        Check(name="this process", look=partial(look_around, os.environ, os.getpid())),
    ]


def _show(finding: Finding, *, as_json: bool) -> None:
    if as_json:
        fields = {
            "kind": "check",
            "name": finding.name,
            "status": finding.status,
            "detail": finding.detail,
            "remedy": finding.remedy or None,
        }
        data(json_line(fields), now=True)
        return
    data(f"{finding.status:<8} {finding.name}: {finding.detail}", now=True)
    if finding.remedy:
        data(f"         {finding.remedy}", now=True)


def _summary(findings: list[Finding]) -> str:
    """How many are how."""
    statuses = [finding.status for finding in findings]
    return ", ".join(f"{statuses.count(status)} {status}" for status in Status)
