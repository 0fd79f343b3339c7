"""`reactor evaluations`: what matched and what became of it, from the journal."""

from pathlib import Path
from typing import Annotated

import typer

from reactor.cli.moments import MOMENT_HELP, moment
from reactor.cli.output import data, evaluation_fields, evaluation_text, json_line
from reactor.cli.places import default_data_dir
from reactor.journal.database import open_reader
from reactor.journal.evaluations import list_evaluations
from reactor.model.match import STORED_REASONS, Reason


def evaluations(
    *,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Where the journal is.")
    ] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="Of this rule only.")] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="With this reason: fired, throttled, …")
    ] = None,
    since: Annotated[str | None, typer.Option("--since", help=MOMENT_HELP)] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="The newest N.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,
) -> None:
    """List what matched and what became of it, oldest first.

    Example:  reactor evaluations --reason throttled --since 1h
    """
    wanted, start = _reason(reason), moment(since, "--since")
    reader = open_reader(data_dir or default_data_dir())
    rows = list_evaluations(reader, rule=rule, reason=wanted, since=start, limit=limit)
    for row in rows:
        data(json_line(evaluation_fields(row)) if as_json else evaluation_text(row))


def _reason(text: str | None) -> Reason | None:
    if text is None:
        return None
    if text not in STORED_REASONS:
        raise typer.BadParameter(
            f"'{text}' is no reason that is stored; there are {', '.join(STORED_REASONS)}",
            param_hint="--reason",
        )
    return Reason(text)
