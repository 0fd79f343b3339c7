"""`reactor test`: the tests that the rules carry, on a virtual clock."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event as StopEvent
from typing import Annotated

import typer

from reactor.actions import ACTIONS
from reactor.cli.junit import Timed, junit_report
from reactor.cli.output import data, json_line, talk
from reactor.cli.places import default_data_dir, read_rules, rules_path
from reactor.cli.transcript import make_test, rule_called, show
from reactor.clock import monotonic
from reactor.config.ruleset import Resolve
from reactor.config.watch import Watch, fingerprint
from reactor.duration import format_duration
from reactor.engine.coverage import Covered, covered
from reactor.model.errors import ReactorError, RulesInvalid
from reactor.model.rule import Rule, Ruleset, RuleTest, Step
from reactor.rehearsal import StepResult, TestResult, rehearse

FAILED = 4
"""The exit code when a test failed (rules.md §6)."""


def test(
    given: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE", help="Rule file or directory; with --record, event ids."),
    ] = None,
    *,
    rule: Annotated[str | None, typer.Option("--rule", help="Of this rule only.")] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", help="Also write a report, as JUnit XML, to a file.")
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Again whenever the file changes, until Ctrl-C.")
    ] = False,
    record: Annotated[
        bool, typer.Option("--record", help="Print a test made of these events of the journal.")
    ] = False,
    rules: Annotated[
        Path | None, typer.Option("--rules", help="With --record: rule file or directory.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="With --record: what to call the test.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="With --record: where the journal is.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,
) -> None:
    """Run the tests in a rule file, offline and in milliseconds.

    Says too what no test shows: rules without tests, gates that none of them came to. With
    --record, what happened becomes a test: reactor test --record ID... --rule "web crashed"

    Example:  reactor test rules.example.yaml --junit report.xml
    """
    if record:
        _refuse("is not for --record", junit=junit, watch=watch)
        ruleset = read_rules(rules_path(rules), Resolve.RULES)
        where = data_dir or default_data_dir()
        made = make_test(given or [], ruleset, where, rule=rule, name=name)
        show(made, as_json=as_json)
        raise typer.Exit(FAILED if made.doubts else 0)
    _refuse("goes with --record", rules=rules, name=name, data_dir=data_dir)
    path = rules_path(_file(given or []))
    run = partial(_run, path, rule, junit, as_json=as_json)
    if watch:
        _watch(path, run)
    elif not run():
        raise typer.Exit(FAILED)


def _refuse(why: str, **options: object) -> None:
    for name, value in options.items():
        if value:
            raise typer.BadParameter(why, param_hint=f"--{name.replace('_', '-')}")


def _file(words: Sequence[str]) -> Path | None:
    if len(words) > 1:
        raise typer.BadParameter(f"expected one rule file or directory, not {len(words)}")
    return Path(words[0]) if words else None


def _watch(path: Path, run: Callable[[], bool]) -> None:
    """Run now and after every change, until Ctrl-C."""
    seen = fingerprint(path)
    with suppress(KeyboardInterrupt):
        _try_run(run)
        Watch(path, seen, lambda: _run_again(path, run)).run(StopEvent())


def _run_again(path: Path, run: Callable[[], bool]) -> None:
    talk(f"{path} has changed")
    _try_run(run)


def _try_run(run: Callable[[], bool]) -> None:
    """A file with a mistake is no reason to stop looking at it."""
    try:
        run()
    except RulesInvalid as fault:
        for problem in fault.problems:
            talk(str(problem))
    except ReactorError as fault:
        talk(f"reactor: {fault}")


def _run(path: Path, name: str | None, report: Path | None, *, as_json: bool) -> bool:
    """Run the tests and tell how it went; whether all of them passed."""
    ruleset = read_rules(path, Resolve.RULES)
    rules = (rule_called(ruleset, name),) if name else ruleset.rules
    tests = [_timed(rule, case, ruleset) for rule in rules for case in rule.tests]
    for each in tests:
        data(json_line(_fields(each)), now=True) if as_json else _tell(each)
    failed = sum(not each.result.passed for each in tests)
    talk(f"{len(tests) - failed} passed, {failed} failed")
    coverage = {rule.name: _coverage(rule, tests) for rule in rules}
    if as_json:
        for rule in rules:
            data(json_line(_coverage_fields(rule, coverage[rule.name])), now=True)
    else:
        _tell_gaps(rules, coverage)
    if report:
        _write(report, junit_report(tests))
    return not failed


def _timed(rule: Rule, case: RuleTest, ruleset: Ruleset) -> Timed:
    begun = monotonic()
    result = rehearse(rule, case, ruleset, ACTIONS)
    return Timed(result, monotonic() - begun, tuple(_faults(result)))


def _faults(result: TestResult) -> Iterator[str]:
    for step in result.steps:
        if step.wrong is not None:
            where = f"{step.step.place}: step {step.number} ({_named(step.step)})"
            yield f"{where}: {step.wrong}"


def _named(step: Step) -> str:
    if step.wait is not None:
        return f"wait {format_duration(step.wait)}"
    if step.at is not None:
        return f"at {step.at}"
    if step.respond is not None:
        return "respond"
    if step.silence is not None:
        return "silence"
    return "restart" if step.restart else "send"


def _tell(each: Timed) -> None:
    result = each.result
    data(f"{'ok  ' if result.passed else 'FAIL'}  {result.rule}: {result.test.name}", now=True)
    for fault in each.faults:
        data(f"      {fault}", now=True)


def _fields(each: Timed) -> dict[str, object]:
    result = each.result
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
        "held": [
            {"action": each.action or None, "reason": each.reason, "numbers": each.numbers or None}
            for each in step.held
        ],
        "wrong": step.wrong,
    }


def _coverage(rule: Rule, tests: Sequence[Timed]) -> tuple[Covered, ...]:
    own = (each.result for each in tests if each.result.rule == rule.name)
    return covered(rule, (row for result in own for step in result.steps for row in step.rows))


def _coverage_fields(rule: Rule, gates: tuple[Covered, ...]) -> dict[str, object]:
    return {
        "kind": "coverage",
        "rule": rule.name,
        "tests": len(rule.tests),
        "gates": [
            {"action": each.action, "gate": each.gate, "passed": each.passed, "held": each.held}
            for each in gates
        ],
    }


def _tell_gaps(rules: Sequence[Rule], coverage: Mapping[str, tuple[Covered, ...]]) -> None:
    """What the tests do not show."""
    if untested := [rule.name for rule in rules if not rule.tests]:
        talk(f"without tests: {', '.join(untested)}")
    for rule in rules:
        for each in coverage[rule.name] if rule.tests else ():
            if each.gap:
                talk(f"rule {rule.name}: {each.gap}")


def _write(file: Path, report: bytes) -> None:
    try:
        file.write_bytes(report)
    except OSError as fault:
        raise ReactorError(f"{file} cannot be written: {fault.strerror}") from fault
