"""`reactor explain`: of each rule why it fired for one event or did not, the nearest miss first; or
of one rule why it did not fire for a while."""

from pathlib import Path
from typing import Annotated

import typer

from reactor.cli.accounts import account_fields, account_lines, part_line, without_account
from reactor.cli.cases import Case, case_in, cases_of, chosen
from reactor.cli.explained import explanation_fields, explanation_lines
from reactor.cli.moments import MOMENT_HELP, moment
from reactor.cli.output import counted, data, json_line, quarantined_fields, talk
from reactor.cli.places import default_data_dir
from reactor.cli.reasons import tell_reasons
from reactor.cli.trial import STDIN, Report
from reactor.cli.unfired import MOST_EVENTS, Question
from reactor.engine.nearest import Explanation

NEAREST = 10
"""Rules that did not match and are shown unless others are asked for."""


Event = Annotated[
    str | None, typer.Argument(help="An id in the journal, a file with the event as JSON, or -.")
]
Rules = Annotated[Path | None, typer.Option("--rules", help="Rule file or directory.")]
DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where the journal is.")]
Names = Annotated[list[str] | None, typer.Option("--rule", help="Of this rule; may be repeated.")]
Source = Annotated[str | None, typer.Option("--source", help="The source that the event is of.")]
Since = Annotated[str | None, typer.Option("--since", help=f"Without EVENT: {MOMENT_HELP}")]
Limit = Annotated[
    int | None,
    typer.Option("--limit", min=1, help=f"Without EVENT: the newest N ({MOST_EVENTS})."),
]
All = Annotated[bool, typer.Option("--all", help="All misses, not only the nearest.")]
Json = Annotated[bool, typer.Option("--json", help="One object a rule; without EVENT, a reason.")]


def explain(
    event: Event = None,
    *,
    rules: Rules = None,
    data_dir: DataDir = None,
    rule: Names = None,
    source: Source = None,
    since: Since = None,
    limit: Limit = None,
    every: All = False,
    as_json: Json = False,
) -> None:
    """Say why a rule fired, or did not, for an event or for a while.

    What matches comes first, with each gate, delivery and attempt, then the nearest miss. An event
    of the journal is explained by the rules that decided it, unless --rules names others, with what
    the lookups told then and what the gates said then. Nothing is looked up now.

    Example:  reactor explain --rule "web crashed" --since 1h
    """
    names, where = rule or [], data_dir or default_data_dir()
    if event is None:
        question = Question(
            rules=rules,
            data_dir=where,
            source=source,
            since=moment(since, "--since"),
            limit=limit or MOST_EVENTS,
            is_all=every,
        )
        _tell_of_rules(names, question, as_json=as_json)
        return
    if since or limit:
        raise typer.BadParameter("--since and --limit go with --rule alone, without an event")
    if event == STDIN or _is_file(event):
        cases = [case_in(event, rules, names, source)]
    else:
        cases = cases_of(event, rules, where, source)
    _tell_of_events(cases, names, is_all=every or bool(names), as_json=as_json)


def _is_file(event: str) -> bool:
    try:
        return Path(event).is_file()
    except OSError:  # longer than the name of a file can be, as ids may be
        return False


def _tell_of_rules(names: list[str], question: Question, *, as_json: bool) -> None:
    if not names:
        raise typer.BadParameter("say of what: an event, or a rule with --rule")
    for number, name in enumerate(names):
        if number and not as_json:
            data("")
        tell_reasons(name, question, as_json=as_json)


def _tell_of_events(cases: list[Case], names: list[str], *, is_all: bool, as_json: bool) -> None:
    for number, case in enumerate(cases):
        wanted = chosen(case.rules, names)
        found = sorted(map(case.explain, wanted), key=lambda each: each.distance)
        if as_json:
            _print_json(case, found)
            continue
        if number:
            data("")
        _tell(case, found if is_all else _nearest(found))


def _nearest(found: list[Explanation]) -> list[Explanation]:
    """Every rule that matches and the nearest misses, the rest being counted."""
    limit = NEAREST + sum(each.reason is None for each in found)
    if len(found) > limit:
        rest = counted(len(found) - limit, "more rule")
        talk(f"{rest} still further from a match; --all shows every rule")
    return found[:limit]


def _print_json(case: Case, found: list[Explanation]) -> None:
    if case.quarantined:
        data(json_line(quarantined_fields(case.quarantined)))
    for explanation in found:
        name = explanation.rule.name
        became = account_fields(case.accounts.get(name, ()), case.parts.get(name, ()))
        data(json_line(explanation_fields(explanation, case.event) | became))


def _tell(case: Case, found: list[Explanation]) -> None:
    Report(as_json=False).event(case.event)
    if case.quarantined:
        data(f"quarantine {case.quarantined.poison.sentence}; no rule has decided it")
    for explanation in found:
        data("")
        for line in explanation_lines(explanation):
            data(line)
        _tell_accounts(case, explanation)


def _tell_accounts(case: Case, explanation: Explanation) -> None:
    """What became of the match, as far as the journal has it."""
    rule = explanation.rule
    for account in case.accounts.get(rule.name, ()):
        for line in account_lines(account):
            data(line)
    for part in case.parts.get(rule.name, ()):
        data(part_line(part))
    if explanation.reason is None and case.is_decided and rule.name not in case.accounts:
        data(f"           {without_account(rule)}")
