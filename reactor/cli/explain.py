"""`reactor explain`: of each rule why it matches one event or not, the nearest miss first."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from reactor.cli.explained import explanation_fields, explanation_lines
from reactor.cli.output import (
    counted,
    data,
    delivery_fields,
    delivery_text,
    evaluation_fields,
    json_line,
    quarantined_fields,
    talk,
)
from reactor.cli.places import default_data_dir, read_rules, rules_path
from reactor.cli.story import evaluated
from reactor.cli.trial import STDIN, Report, event_in
from reactor.config.node import did_you_mean
from reactor.config.recorded import recorded_rules
from reactor.config.ruleset import Resolve
from reactor.engine.nearest import Explanation, explain_rule
from reactor.journal.database import Connection, open_reader
from reactor.journal.deliveries import get
from reactor.journal.evaluations import evaluations_of
from reactor.journal.events import namesakes
from reactor.journal.quarantine import find_quarantined
from reactor.journal.rulesets import text_behind
from reactor.journal.standing import last_ruleset
from reactor.model.delivery import Delivery
from reactor.model.errors import ReactorError
from reactor.model.event import Event
from reactor.model.match import Evaluation
from reactor.model.quarantine import Quarantined
from reactor.model.rule import Rule

NEAREST = 10
"""Rules that did not match and are shown unless others are asked for."""

MOST_LISTED = 10
"""Rules that are listed when none is called as asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An event, the rules to explain it by, and what the journal has of its matches, or of why it
    could not be decided."""

    event: Event
    rules: tuple[Rule, ...]
    recorded: tuple[tuple[Evaluation, Delivery | None], ...] = ()
    quarantined: Quarantined | None = None


def explain(
    event: Annotated[
        str, typer.Argument(help="An id in the journal, a file with the event as JSON, or -.")
    ],
    *,
    rules: Annotated[Path | None, typer.Option("--rules", help="Rule file or directory.")] = None,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Where the journal is.")
    ] = None,
    rule: Annotated[
        list[str] | None, typer.Option("--rule", help="Of this rule; may be repeated.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--source", help="The source that the event is of.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help=f"Every rule, not only the {NEAREST} nearest misses.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One object a rule.")] = False,
) -> None:
    """Say why each rule matches an event or does not.

    What matches comes first, then the nearest miss. An event of the journal is explained by the
    rules that decided it, unless --rules names others, and with what the lookups told then. Nothing
    is looked up now.

    Example:  reactor explain crash.json --rule "a container crashed"
    """
    names = rule or []
    if event == STDIN or _is_file(event):
        cases = [_case_in(event, rules, names, source)]
    else:
        cases = _cases_of(event, rules, data_dir or default_data_dir(), source)
    for number, case in enumerate(cases):
        wanted = _wanted(case.rules, names)
        found = sorted(
            (explain_rule(each, case.event) for each in wanted), key=lambda each: each.distance
        )
        if as_json:
            _print_json(case, wanted, found)
        else:
            if number:
                data("")
            _tell(case, wanted, found if every or names else _nearest(found))


def _is_file(event: str) -> bool:
    try:
        return Path(event).is_file()
    except OSError:  # longer than the name of a file can be, as ids may be
        return False


def _case_in(path: str, rules: Path | None, names: list[str], source: str | None) -> Case:
    """The event that a file holds. Unless it is told, it is of a source that the rules listen to,
    as with `fire`."""
    ruleset = read_rules(rules_path(rules), Resolve.RULES)
    heard = (name for each in _wanted(ruleset.rules, names) for name in each.sources or ())
    likely = next(chain(heard, ruleset.sources), "explain")
    return Case(event=event_in(path, source or likely), rules=ruleset.rules)


def _cases_of(event_id: str, rules: Path | None, data_dir: Path, source: str | None) -> list[Case]:
    """The events of the journal with this id, one of each source that has one."""
    given = read_rules(rules, Resolve.RULES).rules if rules else None
    with closing(open_reader(data_dir)) as reader:
        found = [event for event in namesakes(reader, event_id) if source in (None, event.source)]
        if not found:
            of_source = f" of source '{source}'" if source else ""
            raise ReactorError(
                f"there is no event '{event_id}'{of_source} in the journal in {data_dir}, "
                "and no file of that name"
            )
        aside = {row.source: row for row in find_quarantined(reader, event_id)}
        return [
            Case(
                event=event,
                rules=_rules_behind(reader, event) if given is None else given,
                recorded=tuple(_recorded(reader, event)),
                quarantined=aside.get(event.source),
            )
            for event in found
        ]


def _rules_behind(reader: Connection, event: Event) -> tuple[Rule, ...]:
    """The rules that decided the event, or will. Raises ReactorError when they cannot be had."""
    text = text_behind(reader, event.id, event.source)
    if text is None and (last := last_ruleset(reader)):
        talk(f"event {event.id} is not decided yet: explained by the rules that were loaded last")
        text = last.text
    try:
        return recorded_rules(text or "rules: []")
    except ReactorError as fault:
        raise ReactorError(f"{fault}; name a rule file with --rules") from fault


def _recorded(reader: Connection, event: Event) -> Iterator[tuple[Evaluation, Delivery | None]]:
    for row in evaluations_of(reader, event.id, event.source):
        yield row, get(reader, row.delivery_id) if row.delivery_id else None


def _wanted(rules: tuple[Rule, ...], names: list[str]) -> tuple[Rule, ...]:
    """The rules of these names, in the order of the file; all of them if there are no names."""
    known = [rule.name for rule in rules]
    for name in names:
        if name not in known:
            near = did_you_mean(name, known) or f"there are {_listed(known)}"
            raise typer.BadParameter(f"there is no rule '{name}'; {near}", param_hint="--rule")
    return tuple(rule for rule in rules if not names or rule.name in names)


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_LISTED
    listed = ", ".join(f"'{name}'" for name in names[:MOST_LISTED]) or "none"
    return f"{listed} and {more} more" if more > 0 else listed


def _nearest(found: list[Explanation]) -> list[Explanation]:
    """Every rule that matches and the nearest misses, the rest being counted."""
    limit = NEAREST + sum(each.reason is None for each in found)
    if len(found) > limit:
        rest = counted(len(found) - limit, "more rule")
        talk(f"{rest} still further from a match; --all shows every rule")
    return found[:limit]


def _print_json(case: Case, wanted: tuple[Rule, ...], found: list[Explanation]) -> None:
    if case.quarantined:
        data(json_line(quarantined_fields(case.quarantined)))
    for row, delivery in _of(case, wanted):
        data(json_line(evaluation_fields(row)))
        if delivery:
            data(json_line(delivery_fields(delivery)))
    for explanation in found:
        data(json_line(explanation_fields(explanation, case.event)))


def _tell(case: Case, wanted: tuple[Rule, ...], found: list[Explanation]) -> None:
    Report(as_json=False).event(case.event)
    if case.quarantined:
        data(f"quarantine {case.quarantined.poison.sentence}; no rule has decided it")
    for row, delivery in _of(case, wanted):
        data(evaluated(row))
        if delivery:
            data(f"           {delivery_text(delivery)}")
    for explanation in found:
        data("")
        for line in explanation_lines(explanation):
            data(line)


def _of(case: Case, wanted: tuple[Rule, ...]) -> Iterator[tuple[Evaluation, Delivery | None]]:
    """What was recorded of these rules."""
    names = {rule.name for rule in wanted}
    return (each for each in case.recorded if each[0].rule in names)
