"""A fleet that exists only here: stacks, services, containers and nodes that live, crash and are
redeployed, the same for the same seed and the same calls."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from threading import Lock

from reactor.hub import lifecycle, verbs
from reactor.hub.announcing import Announcer
from reactor.hub.diary import Diary
from reactor.hub.fleet import Call, Frame, Log, NotAllowed, Object, Terminal
from reactor.hub.objects import shown
from reactor.hub.population import populate
from reactor.hub.shell import Shell
from reactor.hub.states import State
from reactor.hub.things import Action, Cluster, Container, Node, Service, Stack, Thing
from reactor.hub.update import update
from reactor.hub.world import World
from reactor.hub.written import Written

_KINDS: dict[str, type[Thing]] = {
    kind.kind: kind for kind in (Stack, Service, Container, Node, Cluster, Action)
}


class SimulatedFleet:
    """A TimedFleet (reactor/hub/fleet.py) whose time goes on only by `advance`: its present is the
    latest `now` that it was given. Whoever calls it first advances it, so that what the call
    begins has the right time. All of it may be called from any thread, listeners included.

    What clients write of it is not kept: the next one has other services."""

    def __init__(self, *, seed: int, now: datetime, namespace: str | None = None) -> None:
        self.written = Written()
        self._lock = Lock()
        self._announcer = Announcer()
        announce = self._announcer.add
        self._world = World(seed=seed, now=now, namespace=namespace, announce=announce)
        populate(self._world, seed)

    def objects(self, kind: str) -> list[Object]:
        """All of a type (stack, service, container, node, nodecluster, action), oldest first.
        What was terminated in the last ten minutes is among them."""
        with self._lock:
            return [shown(self._world, thing) for thing in self._world.all(_KINDS[kind])]

    def find(self, kind: str, uuid: str) -> Object:
        """One object. Raises NoSuchObject."""
        with self._lock:
            return shown(self._world, self._world.get(_KINDS[kind], uuid))

    def running(self, service: str) -> list[str]:
        """The UUIDs of the running containers of the services of that name, oldest first."""
        with self._lock:
            return [
                container.uuid
                for container in self._world.all(Container)
                if container.state is State.RUNNING
                and self._world.get(Service, container.service).name == service
            ]

    def operate(self, kind: str, uuid: str, call: Call) -> str | None:
        """Begin what the call asks; returns the URI of its action, None for an update, which is
        done at once. Raises NoSuchObject, NotAllowed."""
        with self._changing():
            thing = self._world.get(_KINDS[kind], uuid)
            if call.verb == "update":
                update(self._world, thing, call.changes)
                return None
            return verbs.begin(self._world, thing, call)

    def crash(self, uuid: str, exit_code: int) -> None:
        """A running container ends by itself. Raises NoSuchObject, NotAllowed."""
        with self._changing():
            container = self._world.get(Container, uuid)
            if container.state is not State.RUNNING:
                raise NotAllowed(f"A container that is {container.state} cannot end by itself.")
            lifecycle.crash(self._world, container, exit_code)

    def lose(self, uuid: str) -> None:
        """A node cannot be reached any more. Raises NoSuchObject."""
        with self._changing():
            node = self._world.get(Node, uuid)
            if node.state is State.DEPLOYED:
                lost = replace(node, state=State.UNREACHABLE, last_seen=self._world.now)
                self._world.change(lost)

    def recover(self, uuid: str) -> None:
        """A node can be reached again. Raises NoSuchObject."""
        with self._changing():
            node = self._world.get(Node, uuid)
            if node.state is State.UNREACHABLE:
                self._world.change(replace(node, state=State.DEPLOYED, last_seen=None))

    def logs(self, kind: str, uuid: str, *, tail: int, follow: bool) -> Log:
        """The turns of the lives of a container, of a service's containers, or of an action. Raises
        NoSuchObject, NotAllowed."""
        return Diary(self, kind, uuid, tail=tail, follow=follow)

    def execute(self, uuid: str, command: Sequence[str]) -> Terminal:
        """A shell that only knows `echo`. Raises NoSuchObject, NotAllowed."""
        state = self.find(Container.kind, uuid)["state"]
        if state != State.RUNNING:
            raise NotAllowed(f"In a container that is {state} no command can run.")
        return Shell(command)

    def advance(self, now: datetime) -> None:
        """Let everything happen that is due by `now`, in order, each at its own time. An earlier
        `now` than the fleet's present changes nothing."""
        with self._changing():
            self._world.timeline.advance(now)

    def next_due(self) -> datetime | None:
        """When something will happen next by itself, if nobody calls."""
        with self._lock:
            return self._world.timeline.next_due()

    def listen(self, listener: Callable[[Frame], None]) -> Callable[[], None]:
        """Hear every frame from now on, in order, from any thread, without blocking; the result
        ends that."""
        return self._announcer.listen(listener)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._lock:
            yield
        self._announcer.tell()
