"""`reactor quarantine`: events that no rule could decide: list them, show one, try them again."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from reactor.changes import retry_quarantined
from reactor.cli.output import data, json_line, quarantined_fields, talk
from reactor.cli.places import default_data_dir
from reactor.duration import format_time
from reactor.journal.database import open_reader
from reactor.journal.events import namesakes
from reactor.journal.quarantine import find_quarantined, list_quarantined
from reactor.model.errors import ReactorError
from reactor.model.event import Event
from reactor.model.quarantine import Quarantined, Retried

DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where the journal is.")]
Json = Annotated[bool, typer.Option("--json", help="One object a line.")]

quarantine = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@quarantine.callback()
def about() -> None:
    """List events that no rule could decide; show or retry them.

    Example:  reactor quarantine list
    """


@quarantine.command("list")
def listed(*, data_dir: DataDir = None, as_json: Json = False) -> None:
    """List the events in quarantine, in the order in which they came.

    Example:  reactor quarantine list --json
    """
    with closing(open_reader(data_dir or default_data_dir())) as reader:
        for row in list_quarantined(reader):
            data(json_line(quarantined_fields(row)) if as_json else _line(row))


@quarantine.command("show")
def shown(
    identity: Annotated[str, typer.Argument(metavar="ID", help="Of one event.")],
    *,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show one event in quarantine: its frame, the rule at fault, and the trace.

    Example:  reactor quarantine show 5f0c…
    """
    where = data_dir or default_data_dir()
    with closing(open_reader(where)) as reader:
        rows = find_quarantined(reader, identity)
        events = {event.source: event for event in namesakes(reader, identity)}
    if not rows:
        raise ReactorError(
            f"there is no event '{identity}' in quarantine in {where}; `reactor quarantine list` "
            "lists them"
        )
    for row in rows:
        event = events[row.source]
        for line in [json_line(_details(row, event))] if as_json else _text(row, event):
            data(line)


@quarantine.command()
def retry(
    ids: Annotated[list[str], typer.Argument(help="Ids as `reactor quarantine list` prints them.")],
    *,
    data_dir: DataDir = None,
) -> None:
    """Have these events decided after all: by the running service now, else at its next start.

    What fires has the ids that it would have had then. An event that ends the service again goes
    back into quarantine.

    Example:  reactor quarantine retry 5f0c…
    """
    told = retry_quarantined(data_dir or default_data_dir(), ids)
    for identity, said in told.items():
        data(f"{identity}: {said}")
    refused = [said for said in told.values() if said not in _GONE_ON]
    if refused:
        talk(f"{len(refused)} of {len(told)} could not be decided")
        raise typer.Exit(1)


_GONE_ON = (Retried.DECIDED, Retried.PARKED, Retried.POSTPONED)


def _details(row: Quarantined, event: Event) -> dict[str, object]:
    return {
        **quarantined_fields(row),
        "trace": row.poison.trace,
        "data": event.data,
        "facts": event.facts,
    }


def _line(row: Quarantined) -> str:
    return f"{format_time(row.at)}  {row.event_id} of {row.source}: {row.poison.sentence}"


def _text(row: Quarantined, event: Event) -> Iterator[str]:
    yield f"event     {row.event_id} of {row.source}, received at {format_time(event.received_at)}"
    yield f"since     {format_time(row.at)}"
    yield f"why       {row.poison.sentence}"
    yield f"frame     {event.raw.decode()}"
    yield from row.poison.trace.splitlines()
