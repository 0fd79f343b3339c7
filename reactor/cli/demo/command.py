"""The command: a receiver, the engine with the example's rules, events, a minute, a summary."""

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event as StopEvent
from typing import Annotated
from urllib.parse import urlsplit

import typer

from reactor.actions import ACTIONS
from reactor.app import PATIENCE, Observers, Service, ignore, started
from reactor.cli.demo.narrator import Narrator, summary
from reactor.cli.demo.player import play, recordings
from reactor.cli.demo.receiver import Receiver
from reactor.cli.story import clock
from reactor.clock import monotonic, utc_now
from reactor.config.ruleset import Resolve, load_ruleset
from reactor.duration import parse_duration
from reactor.journal.database import open_reader
from reactor.journal.summary import counts
from reactor.model.problem import Place
from reactor.model.rule import Ruleset, SourceSpec
from reactor.observe.log import Printer
from reactor.sources import SOURCES

DEFAULT_DOCKER = "unix:///var/run/docker.sock"
SETTLING = 3.0
"""Seconds kept at the end, so that the last messages arrive before the summary."""

TRY_IT = "docker run --rm busybox sh -c 'exit 7'"


def demo(
    *,
    lasting: Annotated[str, typer.Option("--for", help="How long, such as 30s.")] = "1m",
) -> None:
    """See it at work on this machine, with nothing else to install.

    Example:  reactor demo --for 30s
    """
    span = parse_duration(lasting)
    if span is None:
        raise typer.BadParameter(f"'{lasting}' is no duration such as 30s", param_hint="--for")
    printer = Printer(sys.stdout)
    thread = started("printer", printer.run, ignore)
    with TemporaryDirectory(prefix="reactor-demo-") as folder:
        _perform(Path(folder), span.total_seconds(), printer)
    printer.close()
    thread.join(PATIENCE)


def _perform(folder: Path, seconds: float, printer: Printer) -> None:
    """The demo from its first line to its last."""
    stop, docker = StopEvent(), _reachable_engine()

    def told(text: str) -> None:
        printer.line(f"{clock(utc_now())}  {text}")

    receiver = Receiver(lambda sentence: told(f"received   {sentence}"))
    played = recordings()
    ruleset = _example(receiver.url, {name: folder / f"{name}.jsonl" for name in played}, docker)
    narrator = Narrator(ruleset, told)
    for line in _prologue(receiver.url, docker, seconds):
        printer.line(line)
    started("receiver", receiver.serve_forever, ignore)
    with _running(ruleset, folder, narrator, told), _stopped_by_signals(stop):
        for name, cues in played.items():
            into = folder / f"{name}.jsonl"
            started("player", partial(play, cues, into, seconds - SETTLING, stop), ignore)
        _wait(seconds, stop)
        stop.set()
    receiver.shutdown()
    receiver.server_close()
    printer.line("")
    printer.line("The journal's own count of it:")
    for line in summary(counts(open_reader(folder / "journal"))):
        printer.line(f"  {line}")
    printer.line("Next: README.md, 'A first rule'.")


def _wait(seconds: float, stop: StopEvent) -> None:
    """Until the time is over or `stop` is set. A signal that comes in the instant before a wait
    begins is handled only after it, so no wait is longer than half a second."""
    end = monotonic() + seconds
    while (left := end - monotonic()) > 0 and not stop.wait(min(left, 0.5)):
        pass


def _example(receiver: str, played: Mapping[str, Path], docker: str | None) -> Ruleset:
    """The rules of rules.example.yaml, sending to the receiver, on the demo's own sources."""
    environment = {
        **os.environ,
        "SLACK_WEBHOOK_URL": f"{receiver}/slack",
        "DEPLOY_LOG_URL": f"{receiver}/deploys",
    }
    loaded = load_ruleset(
        example_path(),
        environment=environment,
        sources=SOURCES,
        actions=ACTIONS,
        resolve=Resolve.ALL,
    )
    place = Place("demo", 1, 1)
    sources = {}
    for name, path in played.items():
        path.touch()
        options = {"path": str(path), "follow": True}
        sources[name] = SourceSpec(name=name, type="file", options=options, place=place)
    if docker:
        sources["docker"] = SourceSpec(
            name="docker", type="docker", options={"host": docker}, place=place
        )
    return replace(loaded.ruleset, sources=sources)


def example_path() -> Path:
    """rules.example.yaml, which the package has among its data."""
    return Path(str(files("reactor") / "data" / "rules.example.yaml"))


def _reachable_engine() -> str | None:
    """The Docker Engine's address, if somebody listens there."""
    host = os.environ.get("DOCKER_HOST") or DEFAULT_DOCKER
    parts = urlsplit(host)
    with suppress(OSError, ValueError):
        if parts.scheme == "unix":
            with socket.socket(socket.AF_UNIX) as trial:
                trial.settimeout(1)
                trial.connect(parts.path)
            return host
        if parts.scheme == "tcp" and parts.hostname:
            socket.create_connection((parts.hostname, parts.port or 2375), timeout=1).close()
            return host
    return None


def _prologue(receiver: str, docker: str | None, seconds: float) -> Iterator[str]:
    yield f"reactor demo, {seconds:.0f} seconds. Ctrl-C ends it sooner."
    yield f"rules:      {example_path().name}, its Slack and webhook addresses set to {receiver}"
    yield "events:     recorded: a day of the Compose project 'shop', in fast motion"
    yield "            cloud: frames of Docker Cloud and Tutum as their clients kept them"
    if docker:
        yield f"            docker: your Docker Engine at {docker}; try"
        yield f"            {TRY_IT}"
    else:
        yield "            (no Docker Engine was found here; none is needed)"
    yield "lines:      event = it happened; fired, held back = what a rule made of it;"
    yield "            received = what came out at the other end"
    yield ""


@contextmanager
def _running(
    ruleset: Ruleset, folder: Path, narrator: Narrator, told: Callable[[str], None]
) -> Iterator[Service]:
    """The service itself, exactly as `reactor run` builds it."""
    observers = Observers(
        on_commit=narrator.committed,
        on_attempt=narrator.attempted,
        on_line=lambda line: told(f"log        {line.level}: {line.text}"),
        on_notice=told,
        on_refused=ignore,
        on_failure=lambda what: told(f"{what}: please report this"),
    )
    service = Service(
        ruleset=ruleset, data_dir=folder / "journal", listen=None, observers=observers
    )
    service.start()
    try:
        yield service
    finally:
        service.stop()


@contextmanager
def _stopped_by_signals(stop: StopEvent) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the story early, with its summary."""
    before = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
