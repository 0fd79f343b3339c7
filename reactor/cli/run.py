"""`reactor run`: the service, until SIGTERM or Ctrl-C."""

import os
import resource
import signal
import sys
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from typing import Annotated, TextIO

import typer

from reactor.actions import ACTIONS
from reactor.app import Service
from reactor.cli.output import counted
from reactor.cli.places import default_data_dir, read_rules, rules_path
from reactor.cli.story import Story
from reactor.clock import utc_now
from reactor.config.ruleset import Resolve, load_ruleset
from reactor.model.errors import ReactorError, RulesInvalid
from reactor.model.rule import Ruleset
from reactor.observe.log import Printer
from reactor.running import PATIENCE, ignore, started
from reactor.sources import SOURCES

STOP, RELOAD, REFUSED, FAILED = "stop", "reload", "refused", "failed"


def run(
    file: Annotated[
        Path | None, typer.Argument(help="Rule file or directory.", show_default="./reactor.yaml")
    ] = None,
    *,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Where the journal is kept.")
    ] = None,
    http: Annotated[
        str, typer.Option("--http", help="HOST:PORT to serve /healthz on, or off.")
    ] = "127.0.0.1:8080",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Decide and tell, send nothing, keep nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,
) -> None:
    """Watch the sources and do what the rules say, until stopped.

    SIGHUP reloads the rules; SIGTERM and Ctrl-C stop cleanly.

    Example:  reactor run rules.yaml --data-dir /var/lib/reactor
    """
    os.umask(0o077)  # the journal holds what the containers say: it is for its owner alone
    _raise_descriptors()
    path, listen = rules_path(file), _address(http)
    ruleset = read_rules(path, Resolve.ALL)
    with ExitStack() as stack:
        out, talk = _printer(stack, sys.stdout), _printer(stack, sys.stderr)
        folder = data_dir or default_data_dir()
        if dry_run:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="reactor-dry-run-")))
            ruleset = shadowed(ruleset)
        story = Story(out=out, talk=talk, now=utc_now, as_json=as_json)
        code = _serve(path, ruleset, folder, listen, story, dry_run=dry_run)
    raise typer.Exit(code)


def _serve(
    path: Path,
    ruleset: Ruleset,
    data_dir: Path,
    listen: tuple[str, int] | None,
    story: Story,
    *,
    dry_run: bool,
) -> int:
    """Run the service until it is told to stop; the exit code."""
    told: SimpleQueue[str] = SimpleQueue()

    def failed(what: str) -> None:
        story.notice(f"{what}: stopping")
        told.put(FAILED)

    observers = story.observers(on_refused=lambda _: told.put(REFUSED), on_failure=failed)
    _listen_to_signals(told)
    service = Service(ruleset=ruleset, data_dir=data_dir, listen=listen, observers=observers)
    service.start()
    _announce(service, ruleset, data_dir, story)
    try:
        while (what := _next(told)) not in (STOP, FAILED):
            if what == RELOAD:
                _reload(path, service, story, dry_run=dry_run)
            elif len(service.statuses()) == 1:
                story.notice("it is the only source, so there is nothing to wait for")
                return 5
    finally:
        story.notice("stopping")
        service.stop()
        story.notice("stopped")
    return 1 if what == FAILED else 0


def _raise_descriptors() -> None:
    """As many descriptors as we may have: each delivery under way holds a connection."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _listen_to_signals(told: "SimpleQueue[str]") -> None:
    """Turn signals into words; SimpleQueue.put is safe in a signal handler."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.put(STOP))
    signal.signal(signal.SIGHUP, lambda *_: told.put(RELOAD))


def _next(told: "SimpleQueue[str]") -> str:
    """The next word. A signal that comes in the instant before the wait begins does not end it,
    and its handler runs only when the wait is over: so no wait is longer than a second."""
    while True:
        with suppress(Empty):
            return told.get(timeout=1.0)


def _announce(service: Service, ruleset: Ruleset, data_dir: Path, story: Story) -> None:
    address = service.address
    where = f", http://{address[0]}:{address[1]}/healthz" if address else ""
    story.notice(
        f"running {counted(len(ruleset.rules), 'rule')} on "
        f"{counted(len(ruleset.sources), 'source')}, "
        f"journal in {data_dir}{where}, pid {os.getpid()}"
    )
    if not ruleset.sources:
        story.notice("the rule file has no sources: nothing can happen before it has, and SIGHUP")


def _reload(path: Path, service: Service, story: Story, *, dry_run: bool) -> None:
    """Read the file again; with any mistake in it, everything stays as it is."""
    try:
        loaded = load_ruleset(
            path, environment=os.environ, sources=SOURCES, actions=ACTIONS, resolve=Resolve.ALL
        )
        ruleset = shadowed(loaded.ruleset) if dry_run else loaded.ruleset
        story.notice(f"reloaded: {service.reload(ruleset)}")
    except RulesInvalid as fault:
        for problem in fault.problems:
            story.notice(str(problem))
        story.notice(f"not reloaded, the old rules stay: {len(fault.problems)} problems")
    except ReactorError as fault:
        story.notice(f"not reloaded, the old rules stay: {fault}")


def shadowed(ruleset: Ruleset) -> Ruleset:
    """The same rules, deciding as ever and sending nothing."""
    return replace(ruleset, rules=tuple(replace(rule, shadow=True) for rule in ruleset.rules))


def _address(text: str) -> tuple[str, int] | None:
    """HOST:PORT, or None for off. Raises BadParameter."""
    if text == "off":
        return None
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdecimal() or int(port) > 65535:
        raise typer.BadParameter(f"'{text}' is neither HOST:PORT nor off", param_hint="--http")
    return host.strip("[]"), int(port)


def _printer(stack: ExitStack, stream: TextIO) -> Printer:
    printer = Printer(stream)
    thread = started("printer", printer.run, ignore)
    stack.callback(thread.join, PATIENCE)
    stack.callback(printer.close)
    return printer
