"""The simulated world: its things, how they hang together, and the frames that each change causes.
It knows nothing of calls."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from reactor.hub.fleet import Frame, NoSuchObject
from reactor.hub.states import GONE, State, service_state, stack_state
from reactor.hub.things import Action, Container, Node, Service, Stack, Thing
from reactor.hub.timeline import Timeline
from reactor.model.uri import ObjectUri, stable_uuid

LISTED = timedelta(minutes=10)
"""How long what is terminated is still listed. Docker Cloud's documents say "recently"."""

MOST_ACTIONS = 1000
"""Actions that are kept; the oldest are forgotten first."""

T = TypeVar("T", bound=Thing)


class World:
    """Used by one thread at a time. `announce` is given each frame, in order."""

    def __init__(
        self, *, seed: int, now: datetime, namespace: str | None, announce: Callable[[Frame], None]
    ) -> None:
        self.timeline = Timeline(now)
        self.random = Random(seed)  # noqa: S311 -- chance that must repeat itself, no secret
        self.namespace = namespace
        # A later run makes other UUIDs, or its frames would be taken for repeats of this one's.
        self._origin = (str(seed), now.isoformat())
        self._made = 0
        self._things: dict[str, Thing] = {}
        self._announce = announce

    @property
    def now(self) -> datetime:
        """The world's present, UTC."""
        return self.timeline.now

    def new_uuid(self, kind: str) -> str:
        """A UUID that nothing else has."""
        self._made += 1
        return stable_uuid("simulated", kind, *self._origin, str(self._made))

    def all(self, kind: type[T]) -> list[T]:
        """All things of a kind, oldest first."""
        return [thing for thing in self._things.values() if isinstance(thing, kind)]

    def get(self, kind: type[T], uuid: str) -> T:
        """The thing as it is now. Raises NoSuchObject."""
        thing = self._things.get(uuid)
        if not isinstance(thing, kind):
            raise NoSuchObject(f"There is no {kind.kind} {uuid}.")
        return thing

    def is_still(self, thing: Thing) -> bool:
        """Whether nothing of it has changed since `thing` was read."""
        return self._things.get(thing.uuid) is thing

    def containers(self, service: str) -> list[Container]:
        """The deployed containers of a service, by its UUID, oldest first."""
        return [
            container
            for container in self.all(Container)
            if container.service == service and container.state not in GONE
        ]

    def services(self, stack: str) -> list[Service]:
        """The services of a stack, by its UUID, that are not terminated, oldest first."""
        return [
            service
            for service in self.all(Service)
            if service.stack == stack and service.state is not State.TERMINATED
        ]

    def uri(self, kind: str, uuid: str) -> str:
        """The URI of a thing, with the namespace; an action never has one."""
        uri = ObjectUri(type=kind, uuid=uuid, namespace=None, is_tutum=False)
        return uri.path(self.namespace)

    def parents(self, thing: Thing) -> tuple[str, ...]:
        """The URIs of what it belongs to, in the order of the old service's own frames: service,
        node, stack, node cluster (docs/platforms.md §2)."""
        match thing:
            case Action():
                return thing.parents
            case Node():
                return (self.uri("nodecluster", thing.cluster),)
            case Service(stack=str(stack)):
                return (self.uri("stack", stack),)
            case Container():
                direct = (self.uri("service", thing.service), self.uri("node", thing.node))
                above = self.parents(self.get(Service, thing.service))
                return (*direct, *above, *self.parents(self.get(Node, thing.node)))
            case _:
                return ()

    def put(self, thing: Thing) -> None:
        """Keep it as it is now, without a word."""
        self._things[thing.uuid] = thing

    def add(self, thing: Thing) -> None:
        """A new thing, and what follows from it."""
        self.put(thing)
        self._tell(thing, "create")
        self._follow(thing)
        for action in self.all(Action)[:-MOST_ACTIONS]:
            self._drop(action.uuid)

    def change(self, thing: Thing) -> None:
        """A thing in another state, and what follows from it."""
        self.put(thing)
        self._tell(thing, "update")
        if thing.state is State.TERMINATED:
            self.timeline.later(LISTED, lambda: self._drop(thing.uuid))
        self._follow(thing)

    def settle(self, thing: Service | Stack) -> None:
        """Let its state be its phase or, without one, what follows from its members."""
        if isinstance(thing, Service):
            derived = service_state([each.state for each in self.containers(thing.uuid)])
        else:
            derived = stack_state([each.state for each in self.services(thing.uuid)])
        state = thing.phase or derived
        if state is not thing.state:
            self.change(replace(thing, state=state))

    def _follow(self, thing: Thing) -> None:
        if isinstance(thing, Container):
            self.settle(self.get(Service, thing.service))
        if isinstance(thing, Service) and thing.stack:
            self.settle(self.get(Stack, thing.stack))

    def _drop(self, uuid: str) -> None:
        del self._things[uuid]

    def _tell(self, thing: Thing, action: str) -> None:
        self._announce(
            {
                "type": thing.kind,
                "action": action,
                "parents": list(self.parents(thing)),
                "resource_uri": self.uri(thing.kind, thing.uuid),
                "state": thing.state.value,
                "uuid": self.new_uuid("frame"),
                "datetime": self.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        )
