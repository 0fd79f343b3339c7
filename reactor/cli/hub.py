"""`reactor hub`: Docker Cloud's stream and API, and Tutum's, until SIGTERM or Ctrl-C."""

import os
import secrets
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Annotated

import typer

from reactor.cli import UNREACHABLE
from reactor.cli.output import talk
from reactor.cli.places import default_data_dir, read_rules
from reactor.cli.run import raise_descriptors
from reactor.clock import utc_now
from reactor.config.cloud import is_loopback, is_namespace
from reactor.config.hub import read_listen
from reactor.config.ruleset import Resolve
from reactor.hosting import Hosted, HostedEngine, engine_opener
from reactor.hub.access import KEY, USER, find_credentials
from reactor.hub.auth import Credentials
from reactor.hub.kept import Kept
from reactor.hub.simulated import SimulatedFleet
from reactor.model.errors import ReactorError
from reactor.model.hub import CertificateFiles, HubSpec

MADE_USER = "hub"
"""Who clients are where nobody said."""

STOP, RENEW, FAILED, REFUSED = "stop", "renew", "failed", "refused"

CODES = {STOP: 0, FAILED: 1, REFUSED: UNREACHABLE}
"""What ends it, and with which exit code. An engine that cannot be reached is waited for; one that
does not let us in will not do so by itself."""


class Kind(StrEnum):
    """What is served."""

    DOCKER = "docker"
    SIMULATED = "simulated"


@dataclass(frozen=True, slots=True)
class _Choice:
    """The fleet that was asked for. `seed` is of one that is played, `options` are of an engine, as
    of a docker source, and so is where what clients write is kept."""

    kind: Kind
    seed: int
    options: Mapping[str, object]
    data_dir: Path

    @property
    def words(self) -> str:
        if self.kind is Kind.SIMULATED:
            return f"a simulated fleet (seed {self.seed})"
        return "a Docker Engine"


def hub(
    file: Annotated[
        Path | None, typer.Argument(help="Rule file or directory whose `hub` to serve.")
    ] = None,
    *,
    fleet: Annotated[
        Kind, typer.Option("--fleet", help="A Docker Engine, or one that is only played.")
    ] = Kind.DOCKER,
    listen: Annotated[
        str | None, typer.Option("--listen", help="HOST:PORT.", show_default="127.0.0.1:8001")
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Refuse whatever would change something.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Which simulated fleet.")] = 1,
    tls_cert: Annotated[
        Path | None, typer.Option("--tls-cert", help="A certificate in PEM, with its chain.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", help="Its key.")] = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", help="Of the paths; else the user's own.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Where an engine's triggers are kept.")
    ] = None,
) -> None:
    """Serve Docker Cloud's stream and API from your own Docker.

    And Tutum's, for the programs that were written for either. These show the user and the key that
    are in REACTOR_HUB_USER and REACTOR_HUB_APIKEY, or REACTOR_HUB_APIKEY_FILE. SIGHUP reads the
    certificate again; SIGTERM and Ctrl-C stop cleanly.

    Example:  reactor hub --fleet simulated
    """
    raise_descriptors()
    spec, options = _from_file(file)
    spec = replace(
        spec,
        listen=_address(listen) or spec.listen,
        read_only=read_only or spec.read_only,
        certificate=_certificate(tls_cert, tls_key) or spec.certificate,
        namespace=_namespace(namespace) or spec.namespace,
    )
    choice = _Choice(fleet, seed, options, data_dir or default_data_dir())
    with closing(Kept(choice.data_dir, "reactor hub", _warn)) as kept:
        raise typer.Exit(_serve(choice, spec, kept))


def _warn(line: str) -> None:
    talk(f"warning: {line}")


def _from_file(file: Path | None) -> tuple[HubSpec, Mapping[str, object]]:
    """What the file says, and the options of the source that is served."""
    if file is None:
        return HubSpec(source=""), {}
    ruleset = read_rules(file, Resolve.ALL)
    if ruleset.hub is None:
        raise typer.BadParameter(f"{file} has no 'hub'; leave the file out, or see docs/hub.md")
    return ruleset.hub, ruleset.sources[ruleset.hub.source].options


def _address(text: str | None) -> tuple[str, int] | None:
    found = read_listen(text) if text is not None else None
    if text is not None and found is None:
        raise typer.BadParameter(f"'{text}' is not HOST:PORT", param_hint="--listen")
    return found


def _certificate(chain: Path | None, key: Path | None) -> CertificateFiles | None:
    if (chain is None) != (key is None):
        raise typer.BadParameter("--tls-cert and --tls-key go together")
    return CertificateFiles(chain=str(chain), key=str(key)) if chain and key else None


def _namespace(text: str | None) -> str | None:
    if text is not None and not is_namespace(text):
        expected = "expected letters, digits, - and _, at most 64"
        raise typer.BadParameter(f"'{text}', {expected}", param_hint="--namespace")
    return text


def _serve(choice: _Choice, spec: HubSpec, kept: Kept) -> int:
    """Until it is told to stop; the exit code."""
    credentials, is_made = _credentials(spec)
    told: SimpleQueue[str] = SimpleQueue()
    _listen_to_signals(told)
    hosted = _hosted(choice, spec, credentials, told, kept)
    for line in _welcome(choice, spec, hosted.address, credentials, is_made=is_made):
        talk(line)
    code = _attend(told, hosted)
    hosted.stop()
    talk("stopped")
    return code


def _credentials(spec: HubSpec) -> tuple[Credentials, bool]:
    """Those that were set, else some that are made for this run, for this machine alone."""
    try:
        found = find_credentials(spec, os.environ)
    except ReactorError as fault:  # a mistake in how it is started
        raise typer.BadParameter(str(fault)) from fault
    if found:
        return found, False
    host = spec.listen[0]
    if not is_loopback(host):
        raise typer.BadParameter(
            f"{host} can be reached from outside this machine: set {USER} and {KEY}, which clients "
            "then have to show, or listen on 127.0.0.1",
            param_hint="--listen",
        )
    return Credentials(user=MADE_USER, key=secrets.token_hex(16)), True


def _hosted(
    choice: _Choice,
    spec: HubSpec,
    credentials: Credentials,
    told: "SimpleQueue[str]",
    kept: Kept,
) -> Hosted | HostedEngine:
    def failed(what: str) -> None:
        talk(f"{what}: stopping")
        told.put(FAILED)

    if choice.kind is Kind.SIMULATED:
        played = SimulatedFleet(seed=choice.seed, now=utc_now(), namespace=spec.namespace)
        return Hosted(played, spec, credentials, on_failure=failed)
    opened = engine_opener(kept, talk, on_refused=lambda _: told.put(REFUSED))
    return HostedEngine(opened(spec, choice.options), spec, credentials, on_failure=failed)


def _welcome(
    choice: _Choice,
    spec: HubSpec,
    address: tuple[str, int],
    credentials: Credentials,
    *,
    is_made: bool,
) -> Iterator[str]:
    """What is served where, and how clients find it."""
    secure = "s" if spec.certificate else ""
    at = _location(*address)
    only = ", read-only" if spec.read_only else ""
    keeping = f", triggers in {choice.data_dir}" if choice.kind is Kind.DOCKER else ""
    yield f"serving {choice.words} at http{secure}://{at}{only}{keeping}, pid {os.getpid()}"
    if not secure and not is_loopback(spec.listen[0]):
        yield "warning: the keys of clients travel unencrypted; give --tls-cert and --tls-key"
    yield "clients find it by their environment:"
    for era in ("DOCKERCLOUD", "TUTUM"):
        key = credentials.key if is_made else f"(that of {credentials.user})"
        yield f"  {era}_STREAM_HOST=ws{secure}://{at} {era}_REST_HOST=http{secure}://{at}"
        yield f"  {era}_USER={credentials.user} {era}_APIKEY={key}"
    if is_made:
        yield f"this key is made for this run; another is taken from {USER} and {KEY}"


def _location(host: str, port: int) -> str:
    """As it stands in a URL; everywhere on this machine is told by this machine's name."""
    with suppress(ValueError):
        address = ip_address(host)
        if address.is_unspecified:
            host = socket.gethostname()
        elif address.version == 6:
            host = f"[{host}]"
    return f"{host}:{port}/"


def _listen_to_signals(told: "SimpleQueue[str]") -> None:
    """Turn signals into words; SimpleQueue.put is safe in a signal handler."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.put(STOP))
    signal.signal(signal.SIGHUP, lambda *_: told.put(RENEW))


def _attend(told: "SimpleQueue[str]", hosted: Hosted | HostedEngine) -> int:
    """Do what is asked until it is to stop; the exit code. A signal that comes in the instant
    before a wait begins is handled only after it, so none is longer than a second."""
    while True:
        with suppress(Empty):
            what = told.get(timeout=1.0)
            if what in CODES:
                return CODES[what]
            _renew(hosted)


def _renew(hosted: Hosted | HostedEngine) -> None:
    try:
        hosted.renew()
    except ReactorError as fault:
        talk(f"warning: the certificate stays as it was: {fault}")
    else:
        talk("the certificate was read again")
