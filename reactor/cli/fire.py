"""`reactor fire`: one rule on one event, what it would send, and if asked to, sent."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from reactor.cli.output import talk
from reactor.cli.places import default_data_dir, read_rules, rules_path
from reactor.cli.trial import Report, event_in
from reactor.config.node import did_you_mean
from reactor.config.ruleset import Resolve
from reactor.engine.normalize import record_of
from reactor.engine.plan import miss
from reactor.journal.database import open_reader
from reactor.journal.events import latest
from reactor.journal.summary import counts
from reactor.model.delivery import RetryPolicy, State
from reactor.model.errors import ReactorError
from reactor.model.event import Arrival, Event
from reactor.model.rule import Rule, Ruleset
from reactor.road import UNOBSERVED, Road, deliver_all
from reactor.running import ignore
from reactor.transaction import Surroundings

LAST = "last"
LONGEST = timedelta(days=366)
"""So long is waited, on a virtual clock, for what waits: then every interval was open once."""

ONCE = RetryPolicy(give_up_after=timedelta(0))
"""What is tried out is tried once: whoever waits for it wants to see why it failed."""


def fire(
    rule: Annotated[str, typer.Argument(help="The name of the rule.")],
    *,
    event: Annotated[
        str, typer.Option("--event", help="A file with the event as JSON, - for stdin, or last.")
    ],
    rules: Annotated[Path | None, typer.Option("--rules", help="Rule file or directory.")] = None,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Where the journal is that has the last one.")
    ] = None,
    send: Annotated[bool, typer.Option("--send", help="Really send it, once.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,
) -> None:
    """Try one rule on one event, and show what it would send.

    The event is a frame, or {"event": FRAME, "facts": {...}}. `last` is the last event in the
    journal that the rule matched, else the last of all. Nothing is looked up, no gate remembers
    anything, and what waits is shown with what becomes of it if nothing more happens. The exit code
    is 1 if the rule does not match or something cannot be sent.

    Example:  reactor fire "a container crashed" --event last
    """
    everything = read_rules(rules_path(rules), Resolve.ALL if send else Resolve.RULES)
    tried = _rule(rule, everything)
    ruleset = replace(everything, rules=(_tried_once(tried),))
    report = Report(as_json=as_json)
    found = _event(event, data_dir or default_data_dir(), tried, everything)
    report.event(found)
    missed = miss(tried, found, record_of(found))
    if missed:
        report.missed(tried, found, missed)
        raise typer.Exit(1)
    dead = _try(ruleset, found, report, send=send)
    if not send:
        talk("nothing was sent; with --send it is")
    if dead:
        raise typer.Exit(1)


def _rule(name: str, ruleset: Ruleset) -> Rule:
    names = [rule.name for rule in ruleset.rules]
    if name not in names:
        near = did_you_mean(name, names) or f"there are {', '.join(names) or 'none'}"
        raise typer.BadParameter(f"there is no rule '{name}'; {near}", param_hint="RULE")
    return ruleset.rules[names.index(name)]


def _tried_once(rule: Rule) -> Rule:
    return replace(rule, actions=tuple(replace(action, retry=ONCE) for action in rule.actions))


def _event(given: str, data_dir: Path, rule: Rule, ruleset: Ruleset) -> Event:
    """The event that `--event` names. Raises ReactorError when there is none."""
    if given != LAST:
        # An event of a file comes from where the rule listens.
        source = next(iter(rule.sources or ruleset.sources), "fire")
        return event_in(given, source)
    with closing(open_reader(data_dir)) as reader:
        found = latest(reader, rule.name)
    if found is None:
        raise ReactorError(f"the journal in {data_dir} has no event yet; give one as --event FILE")
    return found


def _try(ruleset: Ruleset, event: Event, report: Report, *, send: bool) -> int:
    """Decide on a road of its own, and send if asked to; how many deliveries cannot be made."""
    observers = replace(
        UNOBSERVED,
        on_notice=talk,
        on_warning=talk,
        on_line=lambda line: talk(f"{line.level}: {line.text}"),
        on_attempt=report.attempted,
    )
    with (
        TemporaryDirectory(prefix="reactor-fire-") as folder,
        Road(
            Path(folder),
            ruleset,
            what="reactor fire",
            observers=observers,
            around=Surroundings(now=lambda: event.received_at, on_commit=ignore),
        ) as road,
    ):
        committed = road.pipeline.receive([_arrival(event)])
        for each in committed.quarantined:
            raise ReactorError(f"the event cannot be decided, {each.poison.sentence}")
        report.decided(committed)
        later = road.pipeline.pass_time(event.received_at + LONGEST)
        report.decided(later)
        if not committed.rows and not later.rows:
            talk("the rule matches, and has no action that is switched on")
        if send:
            deliver_all(road, ruleset, observers)
        with closing(road.reader()) as reader:
            return counts(reader).deliveries.get(State.DEAD, 0)


def _arrival(event: Event) -> Arrival:
    """The event once more, as a source would hand it in."""
    return Arrival(
        source=event.source,
        raw=event.raw,
        identity=event.id,
        is_named=True,
        platform=event.platform,
        facts=event.facts,
        subject=event.subject,
        time=event.time,
        at=event.received_at,
    )
