"""`reactor deliveries`: list them, show one, send them again, take them back."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from reactor.changes import CANCEL, DONE, REDELIVER, REDELIVER_DEAD, change_deliveries
from reactor.cli.delivery import show
from reactor.cli.moments import MOMENT_HELP, moment
from reactor.cli.output import data, delivery_fields, delivery_text, json_line, talk
from reactor.cli.places import default_data_dir
from reactor.cli.sweep import Consent, sweep
from reactor.clock import utc_now
from reactor.journal.database import open_reader
from reactor.journal.deliveries import list_deliveries
from reactor.model.delivery import Move, State, states_before
from reactor.model.journal import Selection

DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where the journal is.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids as `reactor deliveries` prints them.")]
Rule = Annotated[str | None, typer.Option("--rule", help="Of this rule only.")]
Destination = Annotated[str | None, typer.Option("--destination", help="To this destination only.")]
Since = Annotated[str | None, typer.Option("--since", help=f"Promised since: {MOMENT_HELP}")]
Until = Annotated[str | None, typer.Option("--until", help=f"Promised before: {MOMENT_HELP}")]
Json = Annotated[bool, typer.Option("--json", help="One object a line.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say how many these are.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask whether these are meant.")]

deliveries = typer.Typer(invoke_without_command=True, add_completion=False, rich_markup_mode=None)


@deliveries.callback()
def listed(
    context: typer.Context,
    *,
    data_dir: DataDir = None,
    state: Annotated[
        list[State] | None, typer.Option("--state", help="In this state; may be repeated.")
    ] = None,
    rule: Rule = None,
    destination: Destination = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="The newest N.")] = None,
    as_json: Json = False,
) -> None:
    """List deliveries, oldest first; show, redeliver or cancel them.

    Example:  reactor deliveries --state dead --since 1h
    """
    if context.invoked_subcommand is not None:
        context.obj = data_dir
        return
    selection = Selection(
        states=tuple(state) if state else None,
        rule=rule,
        destination=destination,
        since=moment(since, "--since"),
        until=moment(until, "--until"),
    )
    reader = open_reader(data_dir or default_data_dir())
    for delivery in list_deliveries(reader, selection, limit=limit):
        data(json_line(delivery_fields(delivery)) if as_json else delivery_text(delivery))


@deliveries.command("show")
def shown(
    context: typer.Context,
    identity: Annotated[str, typer.Argument(metavar="ID", help="Of one delivery.")],
    *,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show one delivery: what it sends, and every attempt with what it was answered.

    Example:  reactor deliveries show bq4…
    """
    show(_where(context, data_dir), identity, as_json=as_json)


@deliveries.command()
def redeliver(
    context: typer.Context,
    ids: Ids = None,
    *,
    dead: Annotated[
        bool, typer.Option("--dead", help="All that are dead, promised --since a time.")
    ] = False,
    since: Since = None,
    until: Until = None,
    rule: Rule = None,
    destination: Destination = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    data_dir: DataDir = None,
) -> None:
    """Send deliveries again, each with its same id: those of these ids, or all that are dead.

    Example:  reactor deliveries redeliver --dead --since 3h --destination ops
    """
    chosen = Selection(
        states=(State.DEAD,),
        rule=rule,
        destination=destination,
        since=moment(since, "--since"),
        until=moment(until, "--until") or utc_now(),
    )
    where, consent = _where(context, data_dir), Consent(dry_run=dry_run, yes=yes)
    if ids:
        _refuse_beside_ids(dead, since, until, rule, destination, dry_run, yes)
        _report(change_deliveries(where, REDELIVER, ids))
    elif dead and since:
        sweep(where, REDELIVER_DEAD, chosen, consent)
    else:
        raise typer.BadParameter("say which: ids, or --dead with --since")


@deliveries.command()
def cancel(
    context: typer.Context,
    ids: Ids = None,
    *,
    rule: Rule = None,
    destination: Destination = None,
    since: Since = None,
    until: Until = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    data_dir: DataDir = None,
) -> None:
    """Take back deliveries that have not been made: those of these ids, or all that are meant.

    Example:  reactor deliveries cancel --destination ops --until 1h
    """
    chosen = Selection(
        states=states_before(Move.CANCEL),
        rule=rule,
        destination=destination,
        since=moment(since, "--since"),
        until=moment(until, "--until") or utc_now(),
    )
    where, consent = _where(context, data_dir), Consent(dry_run=dry_run, yes=yes)
    if ids:
        _refuse_beside_ids(rule, destination, since, until, dry_run, yes)
        _report(change_deliveries(where, CANCEL, ids))
    elif rule or destination or since or until:
        sweep(where, CANCEL, chosen, consent)
    else:
        raise typer.BadParameter("say which: ids, or --rule, --destination, --since or --until")


def _where(context: typer.Context, data_dir: Path | None) -> Path:
    given = data_dir or context.obj
    return given if isinstance(given, Path) else default_data_dir()


def _refuse_beside_ids(*options: object) -> None:
    """Who gives both may mean either."""
    if any(options):
        raise typer.BadParameter("ids name all that is meant: no other choice goes with them")


def _report(results: Mapping[str, str]) -> None:
    """Say per id what was done; fail if it was not done for all."""
    for identity, result in results.items():
        data(f"{identity}: {result}")
    refused = [result for result in results.values() if result not in DONE]
    if refused:
        talk(f"{len(refused)} of {len(results)} could not be changed")
        raise typer.Exit(1)
