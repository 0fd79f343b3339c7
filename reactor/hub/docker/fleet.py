"""A real engine as a fleet: its containers, Compose's and a swarm's services and stacks, nodes."""

import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from threading import Event as StopEvent
from typing import Protocol

from reactor.hub.diary import Diary
from reactor.hub.docker.hearing import Ear
from reactor.hub.docker.holding import Holding
from reactor.hub.docker.logs import DockerLog
from reactor.hub.docker.operating import Operations, Ways
from reactor.hub.docker.register import Register
from reactor.hub.docker.shown import shown
from reactor.hub.docker.terminal import DockerTerminal
from reactor.hub.docker.update import wanted
from reactor.hub.docker.wire import Way
from reactor.hub.fleet import Call, Frame, Log, NotAllowed, Object, Terminal, Unavailable
from reactor.hub.states import State
from reactor.hub.written import Written
from reactor.model.errors import ReactorError
from reactor.model.problem import Place
from reactor.model.rule import SourceSpec
from reactor.platforms.docker.client import Client, Refusal
from reactor.platforms.docker.compose import Compose
from reactor.platforms.docker.dial import address_from
from reactor.platforms.docker.own import read_own_ids
from reactor.sources.docker import DOCKER
from reactor.sources.enginestream import DockerSource
from reactor.sources.supervise import SourceState, SourceStatus, Supervisor, World

NAME = "hub"
"""Of the source, in the log."""


class Following(Protocol):
    """Has an ear hear an engine. A `Supervisor` is one."""

    @property
    def status(self) -> SourceStatus:
        """How the engine is connected. May be asked by any thread."""

    def run(self, stop: StopEvent) -> None:
        """Do so until `stop` is set; never raises."""


Follow = Callable[[SourceSpec, Ear], Following]
"""Makes what follows an engine for an ear; the log calls it by the name of the source."""


class DockerFleet:
    """Satisfies `TimedFleet` (reactor/hub/fleet.py). The engine is read in the thread that calls
    `run`; all else may be called from any thread, listeners included, and does not wait for the
    engine, but for logs and commands.

    An object's frames are those of the `docker` source, without what Docker Cloud did not send. A
    call's frames come from here. While the engine is away the objects stay as they were known, and
    nothing can be asked of them.
    """

    def __init__(
        self,
        options: Mapping[str, object],
        environ: Mapping[str, str],
        world: World,
        *,
        written: Written,
        namespace: str | None = None,
        follow: Follow | None = None,
    ) -> None:
        """`options` are those of a `docker` source; `environ` names the engine where they do not.
        Without `follow` it is read by a source of its own. Raises ReactorError for an address that
        is none. Does not connect yet."""
        try:
            address, tls = address_from(options, environ)
        except Refusal as error:
            raise ReactorError(str(error)) from error
        self._client, self._way = Client(address, tls), Way(address=address, tls=tls)
        self._holding = Holding(namespace=namespace, now=world.now, written=written)
        self.written = written
        ways = Ways(
            client=self._client,
            compose=Compose(address, tls, environ=environ),
            own=read_own_ids(Path("/proc/self"), socket.gethostname()),
        )
        self._stopped = StopEvent()
        self._operations = Operations(ways, self._holding, self._stopped, world.warn or world.log)
        spec = SourceSpec(name=NAME, type="docker", options=options, place=Place(NAME, 1, 1))
        ear = Ear(self._client, self._holding)
        self._following: Following = (
            follow(spec, ear)
            if follow
            else Supervisor(
                spec,
                DockerSource(options, environ),
                ear,
                world,
                longest_pause=DOCKER.longest_pause,
            )
        )

    def run(self, stop: StopEvent) -> None:
        """Follow the engine until `stop` is set; the body of a thread. Never raises. What clients
        have begun then goes on in the engine, and nobody is told how it ends."""
        with closing(self._client), closing(self._operations):
            self._following.run(stop)
            self._stopped.set()

    @property
    def status(self) -> SourceStatus:
        """How the engine is connected."""
        return self._following.status

    def objects(self, kind: str) -> list[Object]:
        """All of a type (stack, service, container, node, nodecluster, action), oldest first.
        What was terminated in the last ten minutes is among them. Raises Unavailable while no
        engine was met."""
        with self._holding.reading() as register:
            self._check_met(register)
            now = self._holding.now()
            return [shown(register, entry, now) for entry in register.all(kind)]

    def find(self, kind: str, uuid: str) -> Object:
        """One object. Raises NoSuchObject, and Unavailable while no engine was met."""
        with self._holding.reading() as register:
            self._check_met(register)
            return shown(register, register.get(kind, uuid), self._holding.now())

    def operate(self, kind: str, uuid: str, call: Call) -> str | None:
        """Begin what the call asks; returns the URI of its action, None for an update, which is
        done, and kept, at once. Raises NoSuchObject, NotAllowed, and Unavailable while the engine
        is away."""
        if call.verb == "update":
            self._update(kind, uuid, call)
            return None
        with self._holding.reading() as register:
            self._check_met(register)
            if register.is_engine_away:
                raise Unavailable("The Docker Engine cannot be reached; nothing can be changed.")
        return self._operations.begin(kind, uuid, call)

    def _update(self, kind: str, uuid: str, call: Call) -> None:
        with self._holding.reading() as register:
            self._check_met(register)
            count = wanted(register.get(kind, uuid), call.changes)
        # Not meanwhile: who waits for the register shall not wait for the disk.
        if count is not None:
            self.written.change(lambda now: now.wanting(uuid, count))

    def listen(self, listener: Callable[[Frame], None]) -> Callable[[], None]:
        """Hear every frame from now on, in order, from any thread, without blocking; the result
        ends that."""
        return self._holding.listen(listener)

    def logs(self, kind: str, uuid: str, *, tail: int, follow: bool) -> Log:
        """The log of a container or a service, of which `tail` counts each container's lines, or
        how far an action has come. Blocks for seconds. Raises NoSuchObject, NotAllowed."""
        if kind == "action":
            return Diary(self, kind, uuid, tail=tail, follow=follow)
        with self._holding.reading() as register:
            self._check_met(register)
            entry = register.get(kind, uuid)
        return DockerLog(self._way, self._holding, entry, tail=tail, follow=follow)

    def execute(self, uuid: str, command: Sequence[str]) -> Terminal:
        """Run a command in a container. Blocks for seconds. Raises NoSuchObject, NotAllowed."""
        with self._holding.reading() as register:
            self._check_met(register)
            state = register.get("container", uuid).state
            docker_id = register.containers[uuid].container.id
            api = register.api
        if state != State.RUNNING:
            raise NotAllowed(f"In a container that is {state} no command can run.")
        return DockerTerminal(self._client, self._way, api, docker_id, command)

    def advance(self, now: datetime) -> None:
        """Forget what was terminated long ago; all else happens by itself."""
        with self._holding.changing() as register:
            gone = register.forget(now)
        if gone:
            # What cannot be taken out leads nowhere, and makes room when that is needed.
            with suppress(Unavailable):
                self.written.change(lambda now: now.without(gone))

    def next_due(self) -> datetime | None:
        """Nothing is told of what time alone brings."""
        return None

    def _check_met(self, register: Register) -> None:
        if not register.entries:
            status = self.status
            why = "" if status.state is SourceState.CONNECTED else status.detail
            raise Unavailable(f"There is no Docker Engine: {why or 'it was not reached yet'}.")
