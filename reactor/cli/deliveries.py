"""`reactor deliveries`: list them, send them again, take them back."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from reactor.changes import change_deliveries
from reactor.cli.output import data, delivery_fields, delivery_text, json_line, talk
from reactor.cli.places import default_data_dir
from reactor.journal.database import open_reader
from reactor.journal.deliveries import list_deliveries
from reactor.model.delivery import State

DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where the journal is.")]
Ids = Annotated[list[str], typer.Argument(help="Ids as `reactor deliveries` prints them.")]

deliveries = typer.Typer(invoke_without_command=True, add_completion=False, rich_markup_mode=None)


@deliveries.callback()
def show(
    context: typer.Context,
    *,
    data_dir: DataDir = None,
    state: Annotated[
        list[State] | None, typer.Option("--state", help="In this state; may be repeated.")
    ] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="Of this rule only.")] = None,
    destination: Annotated[
        str | None, typer.Option("--destination", help="To this destination only.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="The newest N.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,
) -> None:
    """List deliveries, oldest first; send them again or cancel.

    Example:  reactor deliveries --state dead
    """
    if context.invoked_subcommand is not None:
        context.obj = data_dir
        return
    reader = open_reader(data_dir or default_data_dir())
    rows = list_deliveries(
        reader, states=state or None, rule=rule, destination=destination, limit=limit
    )
    for delivery in rows:
        data(json_line(delivery_fields(delivery)) if as_json else delivery_text(delivery))


@deliveries.command()
def redeliver(context: typer.Context, ids: Ids, *, data_dir: DataDir = None) -> None:
    """Send deliveries again, each with its same id.

    Example:  reactor deliveries redeliver bq4…  (ids by: reactor deliveries --state dead)
    """
    _report(change_deliveries(_where(context, data_dir), "redeliver", ids))


@deliveries.command()
def cancel(context: typer.Context, ids: Ids, *, data_dir: DataDir = None) -> None:
    """Take back deliveries that have not been made.

    Example:  reactor deliveries cancel bq4…
    """
    _report(change_deliveries(_where(context, data_dir), "cancel", ids))


def _where(context: typer.Context, data_dir: Path | None) -> Path:
    given = data_dir or context.obj
    return given if isinstance(given, Path) else default_data_dir()


def _report(results: Mapping[str, str]) -> None:
    """Say per id what was done; fail if it was not done for all."""
    for identity, result in results.items():
        data(f"{identity}: {result}")
    refused = [result for result in results.values() if result not in ("redelivered", "cancelled")]
    if refused:
        talk(f"{len(refused)} of {len(results)} could not be changed")
        raise typer.Exit(1)
