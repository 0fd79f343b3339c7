"""`reactor run`: the service, until SIGTERM or Ctrl-C."""

import os
import resource
import sys
from contextlib import ExitStack, suppress
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, TextIO

import typer

from reactor.cli.output import json_line
from reactor.cli.places import default_data_dir, rules_path
from reactor.cli.rulebook import Rulebook
from reactor.cli.serve import serve
from reactor.cli.story import Story, clock
from reactor.clock import utc_now
from reactor.duration import format_time
from reactor.model.errors import ReactorError
from reactor.observe.log import Printer, dropped_text
from reactor.observe.notices import Log, make_log
from reactor.running import PATIENCE, ignore, started
from reactor.web.safety import read_access


class LogFormat(StrEnum):
    """What lines look like."""

    AUTO = "auto"  # text on a terminal, JSON where programs read
    JSON = "json"
    TEXT = "text"


def run(
    file: Annotated[
        Path | None, typer.Argument(help="Rule file or directory.", show_default="./reactor.yaml")
    ] = None,
    *,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Where the journal is kept.")
    ] = None,
    http: Annotated[
        str, typer.Option("--http", help="HOST:PORT for health, metrics and hooks, or off.")
    ] = "127.0.0.1:8080",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Decide and tell, send nothing, keep nothing.")
    ] = False,
    log_format: Annotated[
        LogFormat, typer.Option("--log-format", help="auto: JSON unless stderr is a terminal.")
    ] = LogFormat.AUTO,
    as_json: Annotated[
        bool, typer.Option("--json", help="Decisions and attempts as one object a line.")
    ] = False,
) -> None:
    """Watch the sources and do what the rules say, until stopped.

    A changed rule file, or SIGHUP, reloads the rules; SIGTERM and Ctrl-C stop cleanly.

    Example:  reactor run rules.yaml --data-dir /var/lib/reactor
    """
    os.umask(0o077)  # the journal holds what the containers say: it is for its owner alone
    raise_descriptors()
    listen = _address(http)
    book = Rulebook(rules_path(file), is_dry=dry_run)
    with ExitStack() as stack:
        is_json = log_format is LogFormat.JSON or (
            log_format is LogFormat.AUTO and not sys.stderr.isatty()
        )
        story = Story(
            out=_printer(stack, sys.stdout, as_json=as_json or is_json),
            log=_log(_printer(stack, sys.stderr, as_json=is_json), is_json=is_json),
            now=utc_now,
            as_json=as_json or is_json,
        )
        folder = data_dir or default_data_dir()
        if dry_run:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="reactor-dry-run-")))
        code = serve(book, folder, listen, story)
    raise typer.Exit(code)


def _log(printer: Printer, *, is_json: bool) -> Log:
    """The log: for programs with the whole time, for people with that of the day."""
    shown = format_time if is_json else clock
    return make_log(printer, lambda: shown(utc_now()), as_json=is_json)


def dropped_json(count: int) -> str:
    """Of lines that nobody took in time, as an object among objects."""
    at = format_time(utc_now())
    return json_line({"kind": "notice", "at": at, "level": "warning", "text": dropped_text(count)})


def raise_descriptors() -> None:
    """As many descriptors as we may have: each delivery under way, and each client of a hub, holds
    a connection."""
    with suppress(OSError, ValueError):  # a hardened unit forbids it: then it has set the limit
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _address(text: str) -> tuple[str, int] | None:
    """HOST:PORT, or None for off. Raises BadParameter."""
    if text == "off":
        return None
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdecimal() or int(port) > 65535:
        raise typer.BadParameter(f"'{text}' is neither HOST:PORT nor off", param_hint="--http")
    host = host.strip("[]")
    try:
        read_access(host, os.environ)
    except ReactorError as fault:  # a mistake in how it is started, which no restart mends
        raise typer.BadParameter(str(fault), param_hint="--http") from fault
    return host, int(port)


def _printer(stack: ExitStack, stream: TextIO, *, as_json: bool) -> Printer:
    printer = Printer(stream, dropped_json) if as_json else Printer(stream)
    thread = started("printer", printer.run, ignore)
    stack.callback(thread.join, PATIENCE)
    stack.callback(printer.close)
    return printer
