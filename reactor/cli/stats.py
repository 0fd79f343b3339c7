"""`reactor stats`: how often each rule matched, and what became of it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from reactor.cli.output import counted, data, json_line
from reactor.cli.places import default_data_dir
from reactor.clock import utc_now
from reactor.config.effective import rules_in
from reactor.journal.database import open_reader
from reactor.journal.evaluations import Totals
from reactor.journal.silences import active
from reactor.journal.standing import last_ruleset
from reactor.journal.stats import Stats
from reactor.journal.stats import stats as read_stats
from reactor.model.delivery import State
from reactor.model.match import Reason

HEADINGS = ("rule", "action", "matched", "fired", "waiting", "held back", "by timers", "deliveries")
NUMBERS = ("matched", "fired", "waiting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An action of a rule. Of `reasons` and `timers` each is there at least once; matched is the
    sum of `reasons`, and `timers` are apart (docs/rules.md, Reasons)."""

    rule: str
    action: str
    reasons: Mapping[Reason, int]
    timers: Mapping[Reason, int]
    deliveries: Mapping[State, int]

    @property
    def matched(self) -> int:
        """How often, since the journal began."""
        return sum(self.reasons.values())


def stats(
    *,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Where the journal is.")
    ] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="Of this rule only.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,
) -> None:
    """Count what became of all that matched, by rule and action.

    What matched is what fired, what waits and what was held back.

    Example:  reactor stats --rule "web crashed"
    """
    with closing(open_reader(data_dir or default_data_dir())) as reader:
        ruleset, found = last_ruleset(reader), read_stats(reader)
        silences = len(active(reader, utc_now()))
    lines = _lines(found, list(rules_in(ruleset.text)) if ruleset else [])
    chosen = [line for line in lines if rule in (None, line.rule)]
    if as_json:
        for fields in _objects(chosen, found, silences):
            data(json_line(fields))
        return
    for text in (*_table(chosen), *_below(chosen, found, silences)):
        data(text)


def _lines(found: Stats, rules: list[str]) -> list[Line]:
    """The rules of the file first, in its order, and then those that it had before."""
    known = {name: place for place, name in enumerate(rules)}
    pairs = {(rule, action) for rule, action, _ in (*found.evaluations, *found.timers)}
    every = sorted(
        {*pairs, *found.deliveries}, key=lambda pair: (known.get(pair[0], len(known)), pair)
    )
    return [
        Line(
            rule=rule,
            action=action,
            reasons=_of(found.evaluations, rule, action),
            timers=_of(found.timers, rule, action),
            deliveries=found.deliveries.get((rule, action), {}),
        )
        for rule, action in every
    ]


def _of(totals: Totals, rule: str, action: str) -> Mapping[Reason, int]:
    """In the order of the reasons, without those that never were."""
    found = {reason: totals.get((rule, action, reason), 0) for reason in Reason}
    return {reason: count for reason, count in found.items() if count}


def _objects(lines: Iterable[Line], found: Stats, silences: int) -> Iterator[Mapping[str, object]]:
    for line in lines:
        yield {
            "kind": "stats",
            "rule": line.rule,
            "action": line.action,
            "matched": line.matched,
            "reasons": line.reasons,
            "timers": line.timers,
            "deliveries": line.deliveries,
        }
    for rule in dict.fromkeys(line.rule for line in lines):
        keys, incidents = found.keys.get(rule, 0), found.incidents.get(rule, 0)
        yield {"kind": "rule", "rule": rule, "keys": keys, "open_incidents": incidents}
    yield {"kind": "silences", "active": silences}


def _table(lines: Iterable[Line]) -> Iterator[str]:
    rows = [HEADINGS, *map(_cells, lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(HEADINGS, row, widths, strict=True)
        yield "  ".join(
            cell.rjust(width) if heading in NUMBERS else cell.ljust(width)
            for heading, cell, width in cells
        ).rstrip()


def _cells(line: Line) -> tuple[str, ...]:
    first = (Reason.FIRED, Reason.WAITING)
    fired, waiting = (str(line.reasons.get(reason, 0)) for reason in first)
    held = {reason: count for reason, count in line.reasons.items() if reason not in first}
    texts = (_listed(each) for each in (held, line.timers, line.deliveries))
    return line.rule, line.action, str(line.matched), fired, waiting, *texts


def _listed(counts: Mapping[Reason, int] | Mapping[State, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _below(lines: Iterable[Line], found: Stats, silences: int) -> Iterator[str]:
    """What belongs to no single action, as far as there is any."""
    for rule in dict.fromkeys(line.rule for line in lines):
        if keys := found.keys.get(rule):
            yield f"remembered   {rule}: {counted(keys, 'key')}"
        if incidents := found.incidents.get(rule):
            yield f"open         {rule}: {counted(incidents, 'incident')}"
    if silences:
        yield f"silences     {silences} active: see `reactor silence list`"
