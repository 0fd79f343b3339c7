"""A hub at work: its fleet is followed in one thread and served in another. And the one that a rule
file asks for, which a reload may change."""

import os
import random
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from threading import Event as StopEvent
from typing import Protocol

from reactor.clock import monotonic, utc_now
from reactor.hub.access import KEY, USER, find_credentials
from reactor.hub.auth import Credentials
from reactor.hub.fleet import TimedFleet
from reactor.hub.kept import Kept
from reactor.hub.server import Hub
from reactor.model.errors import ReactorError
from reactor.model.hub import HubSpec
from reactor.model.rule import Ruleset
from reactor.running import PATIENCE, Sources, ignore, started
from reactor.serving.certificate import Certificate
from reactor.sources.supervise import SourceStatus, World


class FollowedFleet(TimedFleet, Protocol):
    """A fleet that is told of what it shows by somebody else."""

    def run(self, stop: StopEvent) -> None:
        """Follow it until `stop` is set: the body of a thread."""


OpenFleet = Callable[[HubSpec, Mapping[str, object]], FollowedFleet]
"""Makes the fleet that a hub serves, of the options of its docker source."""


def engine_opener(
    kept: Kept, log: Callable[[str], None], on_refused: Callable[[SourceStatus], None] = ignore
) -> OpenFleet:
    """What opens an engine that nobody else reads. `kept` has what clients write; `log` hears how
    it is connected, `on_refused` that it does not let us in, both in other threads."""

    def opened(spec: HubSpec, options: Mapping[str, object]) -> FollowedFleet:
        # Most who run a service have no hub, and it brings a lot.
        from reactor.hub.docker.fleet import DockerFleet

        world, written = _world(log, on_refused), kept.open()
        return DockerFleet(options, os.environ, world, written=written, namespace=spec.namespace)

    return opened


def source_opener(sources: Sources, kept: Kept, log: Callable[[str], None]) -> OpenFleet:
    """The same for the engine of one of these sources, which is read once for both."""

    def opened(spec: HubSpec, options: Mapping[str, object]) -> FollowedFleet:
        from reactor.hub.docker.fleet import DockerFleet
        from reactor.hub.docker.overhearing import Origin, Overhearing

        world = _world(log)
        origin = Origin(
            attend=lambda hearer: sources.relay.heard_by(hearer, spec.source, options),
            status=lambda: sources.status(spec.source),
        )
        return DockerFleet(
            options,
            os.environ,
            world,
            written=kept.open(),
            namespace=spec.namespace,
            follow=lambda named, ear: Overhearing(named, origin, ear, world),
        )

    return opened


def _world(
    log: Callable[[str], None], on_refused: Callable[[SourceStatus], None] = ignore
) -> World:
    return World(
        now=utc_now,
        monotonic=monotonic,
        jitter=random.random,  # noqa: TID251 -- as in running.py, it comes into the program here
        log=log,
        on_refused=on_refused,
    )


class Hosted:
    """A hub at work, from construction on until `stop`. `on_failure` hears of a thread that died.

    Raises ReactorError when the address cannot be had, or the certificate cannot be used.
    """

    def __init__(
        self,
        fleet: TimedFleet,
        spec: HubSpec,
        credentials: Credentials,
        *,
        on_failure: Callable[[str], None],
    ) -> None:
        self._certificate = Certificate(spec.certificate) if spec.certificate else None
        self._hub = Hub(
            fleet,
            credentials=credentials,
            listen=spec.listen,
            now=utc_now,
            read_only=spec.read_only,
            certificate=self._certificate,
        )
        self.address = self._hub.address
        self._thread = started("hub", self._hub.serve, on_failure)

    def renew(self) -> None:
        """Read the certificate's files again. Raises ReactorError, and then nothing changes."""
        if self._certificate:
            self._certificate.renew()

    def stop(self) -> None:
        """Let its clients go."""
        self._hub.stop()
        self._thread.join(PATIENCE)


class HostedEngine:
    """The same for an engine, which is followed meanwhile."""

    def __init__(
        self,
        fleet: FollowedFleet,
        spec: HubSpec,
        credentials: Credentials,
        *,
        on_failure: Callable[[str], None],
    ) -> None:
        # First what can be refused: then nothing was begun.
        self._hosted = Hosted(fleet, spec, credentials, on_failure=on_failure)
        self._stop = StopEvent()
        self.address, self.renew = self._hosted.address, self._hosted.renew
        self._thread = started("fleet", partial(fleet.run, self._stop), on_failure)

    def stop(self) -> None:
        """Let its clients go, and the engine."""
        self._hosted.stop()
        self._stop.set()
        self._thread.join(PATIENCE)


_Begin = Callable[[], HostedEngine | None]
"""Has what a rule file asks for served, if that is anything. Raises ReactorError."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a rule file asks for: its hub, and the options of the source that it serves."""

    spec: HubSpec
    options: Mapping[str, object]


class Hosting:
    """The hub of a running service. `environment` has the credentials if the rule file has none."""

    def __init__(
        self,
        open_fleet: OpenFleet,
        environment: Mapping[str, str],
        on_failure: Callable[[str], None],
    ) -> None:
        self._open, self._environment, self._on_failure = open_fleet, environment, on_failure
        self._wanted: _Wanted | None = None
        self._hosted: HostedEngine | None = None

    @property
    def address(self) -> tuple[str, int] | None:
        """Where it is served."""
        return self._hosted.address if self._hosted else None

    def adopt(self, ruleset: Ruleset) -> None:
        """Serve what these rules ask for; clients of what is served already stay connected, unless
        that becomes another. Raises ReactorError, and then it goes on as before."""
        with self.adopting(ruleset):
            pass

    @contextmanager
    def adopting(self, ruleset: Ruleset) -> Iterator[None]:
        """The same, where more is to be adopted that may be refused: it goes on as before unless
        the body of the `with` comes to its end."""
        wanted = _wanted(ruleset)
        if wanted == self._wanted:
            if self._hosted:
                self._hosted.renew()
            yield
            return
        with self._changed(self._ready(wanted), wanted):
            yield

    def _ready(self, wanted: _Wanted | None) -> _Begin:
        """What begins it; by now nothing can be wrong but its address. Raises ReactorError."""
        if wanted is None:
            return lambda: None
        spec, credentials = wanted.spec, find_credentials(wanted.spec, self._environment)
        if credentials is None:
            raise ReactorError(
                "the hub needs credentials: 'user' and 'apikey' of 'hub' in the rule file, or "
                f"{USER} and {KEY} in the environment"
            )
        if spec.certificate:
            Certificate(spec.certificate)  # which is read again when it begins
        fleet = self._open(spec, wanted.options)
        return partial(HostedEngine, fleet, spec, credentials, on_failure=self._on_failure)

    @contextmanager
    def _changed(self, begin: _Begin, wanted: _Wanted | None) -> Iterator[None]:
        """The present one ends when another was begun and all else was adopted. Where both need
        the same port it has to end first, and comes back if the other one does not come."""
        with ExitStack() as undoing:
            if self.address and wanted and _overlap(self.address, wanted.spec.listen):
                undoing.callback(self._restore, self._ready(self._wanted), self._wanted)
                self.stop()
            begun = begin()
            if begun:
                undoing.callback(begun.stop)
            yield
            undoing.pop_all()
        self.stop()
        self._hosted, self._wanted = begun, wanted

    def _restore(self, begin: _Begin, wanted: _Wanted | None) -> None:
        self._hosted, self._wanted = begin(), wanted

    def stop(self) -> None:
        """Serve nothing any more."""
        if self._hosted:
            self._hosted.stop()
        self._hosted = self._wanted = None


def _overlap(present: tuple[str, int], wanted: tuple[str, int]) -> bool:
    """Whether one cannot be had while the other is held. `present` has a number for its host."""
    if present[1] != wanted[1]:
        return False
    try:
        found = socket.getaddrinfo(*wanted, type=socket.SOCK_STREAM)[0][4][0]
    except OSError:
        return False  # it cannot be had anyway
    held, asked = ip_address(present[0]), ip_address(found)
    return held == asked or held.is_unspecified or asked.is_unspecified


def _wanted(ruleset: Ruleset) -> _Wanted | None:
    spec = ruleset.hub
    return _Wanted(spec, ruleset.sources[spec.source].options) if spec else None
