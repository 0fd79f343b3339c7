"""`reactor silence`: conditions under which firings are held back for a while."""

import getpass
from contextlib import closing
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Annotated

import typer

from reactor.changes import EXPIRED, add_silence, expire_silences
from reactor.cli.output import data, json_line, talk
from reactor.cli.places import default_data_dir
from reactor.clock import utc_now
from reactor.config.silences import parse_silence
from reactor.duration import format_time, parse_duration, parse_time
from reactor.journal.database import open_reader
from reactor.journal.silences import active, list_silences
from reactor.model.errors import ReactorError
from reactor.model.silence import StoredSilence

DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Where the journal is.")]
Json = Annotated[bool, typer.Option("--json", help="One object a line.")]

silence = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)


@silence.callback()
def about() -> None:
    """Hold firings back for a while, list what does, and end it.

    Example:  reactor silence add 'service.name=web' 1h -m "we deploy"
    """


@silence.command()
def add(
    condition: Annotated[
        str, typer.Argument(help="FIELD=VALUE,…, or a condition as in `match`: {…}")
    ],
    duration: Annotated[
        str | None, typer.Argument(help="How long it holds, such as 1h30m.", show_default=False)
    ] = None,
    *,
    comment: Annotated[str, typer.Option("-m", "--comment", help="Why.")],
    author: Annotated[
        str | None, typer.Option("--author", help="Who wants it.", show_default="you")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="Until then (RFC 3339), in place of DURATION.")
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Hold back what the rules would fire while the condition is true of the event.

    It holds for the running service at once, and over restarts. What is held back is recorded with
    the silence's id, as `silenced`.

    Example:  reactor silence add 'service.name=web,state=Stopped' 1h -m "we deploy"
    """
    now = utc_now()
    _refuse_bad_condition(condition)
    added = StoredSilence(
        id=token_hex(4),
        text=condition,
        author=author or _user(),
        comment=comment,
        created_at=now,
        expires_at=_end(duration, until, now),
    )
    add_silence(data_dir or default_data_dir(), added)
    _show(added, as_json=as_json)


def _refuse_bad_condition(condition: str) -> None:
    try:
        parse_silence(condition)
    except ReactorError as fault:
        raise typer.BadParameter(str(fault), param_hint="CONDITION") from fault


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in a container
        return "unknown"


def _end(duration: str | None, until: str | None, now: datetime) -> datetime:
    """When it is over. Raises BadParameter."""
    if (duration is None) == (until is None):
        raise typer.BadParameter("say how long: a DURATION such as 1h, or --until TIME")
    end = _after(duration, now) if duration is not None else parse_time(until or "")
    if end is None:
        raise typer.BadParameter(
            f"'{duration or until}' is neither a span such as 1h30m nor an RFC 3339 time"
        )
    if end <= now:
        raise typer.BadParameter(f"{format_time(end)} is over already")
    return end


def _after(duration: str, now: datetime) -> datetime | None:
    span = parse_duration(duration)
    return None if span is None else now + span


@silence.command("list")
def listed(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """List the silences that hold now, oldest first.

    Example:  reactor silence list --all
    """
    with closing(open_reader(data_dir or default_data_dir())) as reader:
        found = list_silences(reader) if everything else active(reader, utc_now())
    for each in found:
        _show(each, as_json=as_json)


@silence.command()
def expire(
    ids: Annotated[list[str], typer.Argument(help="Ids as `reactor silence list` prints them.")],
    *,
    data_dir: DataDir = None,
) -> None:
    """End silences before their time.

    Example:  reactor silence expire 5f0c12ab
    """
    told = expire_silences(data_dir or default_data_dir(), ids)
    for identity, said in told.items():
        data(f"{identity}: {said}")
    refused = [said for said in told.values() if said != EXPIRED]
    if refused:
        talk(f"{len(refused)} of {len(told)} could not be ended")
        raise typer.Exit(1)


def _show(row: StoredSilence, *, as_json: bool) -> None:
    if as_json:
        data(json_line(_fields(row)))
        return
    end = (
        f"ended {format_time(row.ended_at)}"
        if row.ended_at
        else f"until {format_time(row.expires_at)}"
    )
    data(f"{row.id}  {end}  {row.text}  by {row.author}: {row.comment}")


def _fields(row: StoredSilence) -> dict[str, object]:
    return {
        "kind": "silence",
        "id": row.id,
        "condition": row.text,
        "author": row.author,
        "comment": row.comment,
        "created_at": format_time(row.created_at),
        "expires_at": format_time(row.expires_at),
        "ended_at": format_time(row.ended_at) if row.ended_at else None,
    }
