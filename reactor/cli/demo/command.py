"""The command: a simulated Docker Cloud, the service on the example's rules, what it sends to, and
a summary."""

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event as StopEvent
from typing import Annotated
from urllib.parse import urlsplit

import typer

from reactor.actions import ACTIONS
from reactor.app import Service
from reactor.cli.demo.cloud import SimulatedCloud
from reactor.cli.demo.narrator import Narrator
from reactor.cli.demo.receiver import Receiver
from reactor.cli.demo.totals import summary
from reactor.cli.story import clock
from reactor.clock import monotonic, utc_now
from reactor.config.ruleset import Resolve, load_ruleset
from reactor.duration import parse_duration
from reactor.journal.database import open_reader
from reactor.journal.deliveries import list_deliveries
from reactor.journal.summary import counts
from reactor.model.rule import Ruleset
from reactor.observe.log import Printer
from reactor.road import Observers
from reactor.running import PATIENCE, ignore, started
from reactor.sources import SOURCES
from reactor.sources.supervise import SourceState

DEFAULT_DOCKER = "unix:///var/run/docker.sock"
CLOUD, DOCKER = "cloud", "local"
"""The sources of rules.example.yaml."""

CONNECTING = 10.0
"""Seconds that the source gets to connect, so that the first crash is not missed."""

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
        _perform(Path(folder) / "journal", span.total_seconds(), printer)
    printer.close()
    thread.join(PATIENCE)


def _perform(journal: Path, seconds: float, printer: Printer) -> None:
    """The demo from its first line to its last."""

    def told(text: str) -> None:
        printer.line(f"{clock(utc_now())}  {text}")

    def headed(text: str) -> None:
        printer.line("")
        printer.line(text)

    receiver = Receiver(lambda sentence: told(f"received   {sentence}"))
    cloud, docker, stop = SimulatedCloud(), _reachable_engine(), StopEvent()
    ruleset = _example({**cloud.variables, **_addresses(receiver.url)}, docker)
    narrator = Narrator(ruleset, told, headed)
    for line in _prologue(cloud, receiver.url, docker, seconds):
        printer.line(line)
    started("receiver", receiver.serve_forever, ignore)
    hub = started("hub", cloud.serve, ignore)
    with _stopped_by_signals(stop), _running(ruleset, journal, narrator, told) as service:
        _connect(service, stop)
        _play(cloud, seconds, narrator, stop)
    cloud.stop()
    hub.join(PATIENCE)
    receiver.shutdown()
    receiver.server_close()
    for line in _epilogue(journal, ruleset):
        printer.line(line)


def _addresses(receiver: str) -> Mapping[str, str]:
    return {"SLACK_WEBHOOK_URL": f"{receiver}/slack", "DEPLOY_LOG_URL": f"{receiver}/deploys"}


def _connect(service: Service, stop: StopEvent) -> None:
    """Wait until the stream is open."""
    end = monotonic() + CONNECTING
    while not _is_connected(service) and monotonic() < end and not stop.wait(0.05):
        pass


def _is_connected(service: Service) -> bool:
    return any(
        status.name == CLOUD and status.state is SourceState.CONNECTED
        for status in service.statuses()
    )


def _play(cloud: SimulatedCloud, seconds: float, narrator: Narrator, stop: StopEvent) -> None:
    """Let the story happen until the time is over or `stop` is set. A signal that comes in the
    instant before a wait begins is handled only after it, so none is longer than a moment."""
    story, end = cloud.story(seconds), monotonic() + seconds
    while (left := end - monotonic()) > 0 and not stop.wait(min(left, 0.05)):
        narrator.happen(lambda: story.perform(cloud.fleet, utc_now()))


def _example(variables: Mapping[str, str], docker: str | None) -> Ruleset:
    """The rules of rules.example.yaml with these variables, without its Docker Engine if there is
    none."""
    ruleset = load_ruleset(
        example_path(),
        environment={**os.environ, **variables},
        sources=SOURCES,
        actions=ACTIONS,
        resolve=Resolve.ALL,
    ).ruleset
    kept = {name: spec for name, spec in ruleset.sources.items() if docker or name != DOCKER}
    rules = tuple(replace(rule, gates=replace(rule.gates, hours=())) for rule in ruleset.rules)
    return replace(ruleset, sources=kept, rules=rules)  # it shows the same at any hour


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


def _prologue(
    cloud: SimulatedCloud, receiver: str, docker: str | None, seconds: float
) -> Iterator[str]:
    yield f"reactor demo, {seconds:.0f} seconds. Ctrl-C ends it sooner."
    yield f"rules:      {example_path().name}; its Slack and webhook addresses are {receiver}"
    yield f"events:     cloud: a simulated Docker Cloud at {cloud.stream_host}, made for this"
    if docker:
        yield f"            local: your Docker Engine at {docker}; try"
        yield f"            {TRY_IT}"
    else:
        yield "            (no Docker Engine was found here; none is needed)"
    yield "lines:      world = what happens there; event = what reactor saw of it;"
    yield "            fired, held back = what a rule made of it; called = a call back to the API;"
    yield "            caused = the events that followed; received = what came out at the other end"


def _epilogue(journal: Path, ruleset: Ruleset) -> Iterator[str]:
    yield ""
    yield "The journal's own count of it:"
    with closing(open_reader(journal)) as reader:
        for line in summary(counts(reader), list_deliveries(reader), ruleset):
            yield f"  {line}"
    yield "Next: README.md, 'The first evening'."


@contextmanager
def _running(
    ruleset: Ruleset, journal: Path, narrator: Narrator, told: Callable[[str], None]
) -> Iterator[Service]:
    """The service itself, exactly as `reactor run` builds it."""
    observers = Observers(
        on_commit=narrator.committed,
        on_attempt=narrator.attempted,
        on_line=lambda line: told(f"log        {line.level}: {line.text}"),
        on_notice=told,
        on_warning=told,
        on_refused=ignore,
        on_failure=lambda what: told(f"{what}: please report this"),
    )
    service = Service(ruleset=ruleset, data_dir=journal, listen=None, observers=observers)
    service.start()
    try:
        yield service
    finally:
        service.stop()
        narrator.close()


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
