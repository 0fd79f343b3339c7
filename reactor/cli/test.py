"""`reactor test`: the tests that the rules carry, on a virtual clock."""

from pathlib import Path
from typing import Annotated

import typer

from reactor.actions import ACTIONS
from reactor.cli.output import data, json_line, talk
from reactor.cli.places import read_rules, rules_path
from reactor.config.ruleset import Resolve
from reactor.duration import format_duration
from reactor.engine.rehearsal import StepResult, TestResult, rehearse
from reactor.model.rule import Ruleset, Step


def test(
    file: Annotated[
        Path | None, typer.Argument(help="Rule file or directory.", show_default="./reactor.yaml")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,
) -> None:
    """Run the tests in a rule file, offline and in milliseconds.

    Example:  reactor test rules.example.yaml
    """
    ruleset = read_rules(rules_path(file), Resolve.RULES)
    results = [
        rehearse(rule, case, ruleset, ACTIONS) for rule in ruleset.rules for case in rule.tests
    ]
    for result in results:
        data(json_line(_fields(result))) if as_json else _tell(result)
    _summarize(ruleset, results)
    if not all(result.passed for result in results):
        raise typer.Exit(4)


def _tell(result: TestResult) -> None:
    data(f"{'ok  ' if result.passed else 'FAIL'}  {result.rule}: {result.test.name}")
    for step in result.steps:
        if step.wrong is not None:
            data(f"      {step.step.place}: step {step.number} ({_named(step.step)}): {step.wrong}")


def _named(step: Step) -> str:
    if step.wait is not None:
        return f"wait {format_duration(step.wait)}"
    return f"at {step.at}" if step.at is not None else "send"


def _fields(result: TestResult) -> dict[str, object]:
    return {
        "kind": "test",
        "rule": result.rule,
        "test": result.test.name,
        "passed": result.passed,
        "steps": [_step_fields(step) for step in result.steps],
    }


def _step_fields(step: StepResult) -> dict[str, object]:
    return {
        "step": step.number,
        "line": step.step.place.line,
        "fired": step.fired,
        "held": [{"action": action or None, "reason": reason} for action, reason in step.held],
        "wrong": step.wrong,
    }


def _summarize(ruleset: Ruleset, results: list[TestResult]) -> None:
    failed = sum(not result.passed for result in results)
    talk(f"{len(results) - failed} passed, {failed} failed")
    untested = [rule.name for rule in ruleset.rules if not rule.tests]
    if untested:
        talk(f"without tests: {', '.join(untested)}")
