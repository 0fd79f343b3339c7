"""`reactor backtest`: what rules would have fired on recorded events, beside what was fired."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from reactor.actions import ACTIONS
from reactor.backtest import Firing, Recorded, firing_of, run_up
from reactor.backtest import backtest as fired_by
from reactor.cli.moments import MOMENT_HELP, moment
from reactor.cli.output import counted, data, json_line, talk
from reactor.cli.places import default_data_dir, read_rules
from reactor.cli.progress import Progress
from reactor.config.ruleset import Resolve
from reactor.config.silences import parse_silence
from reactor.duration import format_time
from reactor.journal.database import Connection, open_reader
from reactor.journal.deliveries import list_deliveries
from reactor.journal.inputs import ended_since
from reactor.journal.silences import list_silences
from reactor.model.journal import Selection
from reactor.model.rule import Ruleset
from reactor.model.silence import Silence

ACTUAL = "actual"
MOST_LETTERS = 120
"""Letters of a firing's text that are shown to people."""

Firings = Mapping[str, Firing]
"""By the id of the delivery, which is the same for the same rule, action, event and key."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What one rule fires now and what it fired before."""

    rule: str
    now: Firings
    before: Firings

    @property
    def new(self) -> list[Firing]:
        """Fired now only."""
        return [firing for name, firing in self.now.items() if name not in self.before]

    @property
    def gone(self) -> list[Firing]:
        """Fired before only."""
        return [firing for name, firing in self.before.items() if name not in self.now]


def backtest(
    *,
    rules: Annotated[Path, typer.Option("--rules", help="The rules to try: a file or directory.")],
    since: Annotated[str, typer.Option("--since", help=MOMENT_HELP)] = "7d",
    against: Annotated[
        str, typer.Option("--against", help="Other rules, or `actual`: what was really fired.")
    ] = ACTUAL,
    max_new: Annotated[
        int | None, typer.Option("--max-new", min=0, help="Exit 1 over so many new firings.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Where the journal is.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,
) -> None:
    """Try rules on recorded events, and say what they would change.

    It is told beside what was fired. The events are decided with what was looked up then. Nothing
    is sent, and nothing is written.

    Example:  reactor backtest --rules new.yaml --since 7d --max-new 10
    """
    start = moment(since, "--since")
    assert start is not None  # noqa: S101 -- it has a default
    candidate = read_rules(rules, Resolve.RULES)
    other = None if against == ACTUAL else read_rules(Path(against), Resolve.RULES)
    with closing(open_reader(data_dir or default_data_dir())) as journal:
        recorded = _recorded(journal, start, candidate, *([other] if other else []))
        now = _fired(candidate, recorded, start)
        before = _fired(other, recorded, start) if other else _actual(journal, start)
    found = list(_differences(candidate, now, before))
    for each in found:
        _print_json(each) if as_json else _tell(each)
    _summarize(found, recorded, max_new)


def _recorded(journal: Connection, start: datetime, *rulesets: Ruleset) -> Recorded:
    earliest = start - max(map(run_up, rulesets))
    silences = {
        each.id: Silence(
            id=each.id,
            text=each.text,
            match=parse_silence(each.text),
            author=each.author,
            comment=each.comment,
            created_at=each.created_at,
            expires_at=each.expires_at,
        )
        for each in list_silences(journal)
    }
    return Recorded(journal=journal, silences=silences, ended=ended_since(journal, earliest))


def _fired(ruleset: Ruleset, recorded: Recorded, start: datetime) -> Firings:
    recorded.gone.clear()
    with Progress("inputs") as progress:
        firings = fired_by(ruleset, ACTIONS, recorded, start, progress.step)
        return {firing.id: firing for firing in firings}


def _actual(journal: Connection, start: datetime) -> Firings:
    """What was promised since then."""
    deliveries = list_deliveries(journal, Selection(since=start))
    return {each.id: firing_of(each) for each in deliveries}


def _differences(ruleset: Ruleset, now: Firings, before: Firings) -> Iterator[Difference]:
    """By rule, in the order of the file; then rules that it does not have, by name."""
    known = dict.fromkeys(rule.name for rule in ruleset.rules)
    others = sorted({firing.rule for firing in before.values()} - known.keys())
    for name in (*known, *others):
        yield Difference(name, _of_rule(now, name), _of_rule(before, name))


def _of_rule(firings: Firings, rule: str) -> Firings:
    return {name: firing for name, firing in firings.items() if firing.rule == rule}


def _print_json(found: Difference) -> None:
    counts = {
        "kind": "rule",
        "rule": found.rule,
        "now": len(found.now),
        "before": len(found.before),
        "new": len(found.new),
        "gone": len(found.gone),
    }
    data(json_line(counts))
    for change, firings in (("new", found.new), ("gone", found.gone)):
        for firing in firings:
            data(json_line({"kind": "firing", "change": change, **_fields(firing)}))


def _fields(firing: Firing) -> dict[str, object]:
    return {
        "rule": firing.rule,
        "action": firing.action,
        "event_id": firing.event_id or None,
        "delivery_id": firing.id,
        "at": format_time(firing.at),
        "text": firing.text,
    }


def _tell(found: Difference) -> None:
    new, gone = found.new, found.gone
    changed = f"  (+{len(new)} -{len(gone)})" if new or gone else ""
    data(f"{found.rule}: {len(found.now)} now, {len(found.before)} before{changed}")
    for sign, firings in (("+", new), ("-", gone)):
        for firing in firings:
            of_event = firing.event_id or "a timer"
            shown = " ".join(firing.text.split())
            cut = f"{shown[:MOST_LETTERS]}…" if len(shown) > MOST_LETTERS else shown
            data(f"  {sign} {format_time(firing.at)} {firing.action} for {of_event}: {cut}")


def _summarize(found: list[Difference], recorded: Recorded, max_new: int | None) -> None:
    """Raises Exit(1) over `max_new`."""
    total = Counter[str]()
    for each in found:
        total.update(
            now=len(each.now), before=len(each.before), new=len(each.new), gone=len(each.gone)
        )
    talk(
        f"{counted(total['now'], 'firing')} now, {total['before']} before: "
        f"{total['new']} new, {total['gone']} gone"
    )
    if recorded.gone:
        talk(f"{counted(len(recorded.gone), 'event')} of that time are not in the journal any more")
    if max_new is not None and total["new"] > max_new:
        talk(f"more than the {max_new} new firings that --max-new allows")
        raise typer.Exit(1)
