"""A swarm as its managers tell it: its services, which have tasks on many nodes, and the nodes.
Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TypeVar

from reactor.platforms.docker.engine import Engine, ListedNode, ListedService, Listing
from reactor.platforms.docker.events import SERVICE, EngineEvent
from reactor.platforms.docker.groups import (
    REDEPLOYING,
    SCALING,
    STARTING,
    TERMINATED,
    Groups,
)
from reactor.platforms.docker.inherited import Inherited
from reactor.platforms.docker.known import Known
from reactor.platforms.docker.objects import (
    SWARM_STACK,
    Place,
    Standing,
    Thing,
    place_of,
    stack_of,
    swarm_node,
    swarm_service,
)
from reactor.platforms.docker.telling import Telling

_UNREACHABLE, _DEPLOYED = "Unreachable", "Deployed"
_NODE_STATES = {"ready": _DEPLOYED, "down": _UNREACHABLE, "disconnected": _UNREACHABLE}
_UNDER_WAY = ("updating", "rollback_started")

Listed = TypeVar("Listed", ListedNode, ListedService)


class Cluster:
    """For one thread. All of it stays silent where the engine is no manager."""

    def __init__(
        self, engine: Engine, groups: Groups, telling: Telling, inherited: Inherited
    ) -> None:
        self.engine, self._groups, self._telling = engine, groups, telling
        self._inherited = inherited
        self._held: list[EngineEvent] = []
        self._services: dict[str, tuple[Thing, Thing | None]] = {}
        self._nodes: dict[str, tuple[Thing, str]] = {}
        self._touched = set[str]()

    def resume(self, told: Iterable[Standing]) -> None:
        """These were told before a restart: what is still so is nothing new."""
        for each in told:
            if each.thing.kind == "node":
                self._nodes[each.id] = (each.thing, each.state)
            else:
                self._services[each.id] = (each.thing, each.stack)
                for _ in self._groups.set(each.thing, each.stack, each.state):
                    pass

    def standing(self) -> Iterator[Standing]:
        """The services and nodes, as they were told last."""
        for node_id, (node, state) in self._nodes.items():
            yield Standing(id=node_id, thing=node, state=state)
        for service_id, (service, stack) in self._services.items():
            told = self._groups.state(service)
            if told is not None:
                yield Standing(id=service_id, thing=service, stack=stack, state=told)

    def place(self, known: Known) -> Place:
        """Where a container belongs: those that a manager lists may be on other nodes."""
        node, _ = self._nodes.get(known.node_id or "", (None, ""))
        return place_of(known.labels, self.engine, node)

    def begin_listing(self) -> None:
        """From now on events may be newer than what will be listed."""
        self._touched.clear()
        self._inherited.begin_listing()

    def take(self, event: EngineEvent) -> None:
        """An event of a service or a node. That of a service whose labels are asked for is held."""
        self._touched.add(event.id)
        if event.kind != SERVICE:
            self._node(event)
        elif self._inherited.is_asked(event.id):
            self._held.append(event)
        elif not self._inherited.takes_out_service(event.id):
            self._service(event)

    def learn(self, service_id: str, labels: Mapping[str, str]) -> None:
        """What a service answered when it was asked for its labels."""
        self._inherited.learn(service_id, labels)
        self._release()

    def give_up_asking(self) -> None:
        """No answer will come."""
        self._inherited.give_up_asking()
        self._release()

    def _release(self) -> None:
        held, self._held = self._held, []
        for event in held:
            self.take(event)

    def oldest_held(self) -> datetime | None:
        """The time of the first event that is held."""
        return self._held[0].at if self._held else None

    def _service(self, event: EngineEvent) -> None:
        name = event.attributes.get("name", "")
        new = (swarm_service(event.id, name), stack_of(event.attributes, self.engine))
        service, stack = self._services.setdefault(event.id, new)
        state = _service_state(event)
        if state is not None:
            changes = self._groups.set(service, stack, state)
            self._telling.changes(changes, event.at, self._because(event))
        if event.action == "remove":
            del self._services[event.id]

    def _because(self, event: EngineEvent) -> tuple[str, ...]:
        return ("docker-event", self.engine.id, *map(str, event.key))

    def _node(self, event: EngineEvent) -> None:
        node = swarm_node(event.id, event.attributes.get("name", ""), self.engine)
        if event.action == "remove":
            self._move(event.id, node, TERMINATED, event.at)
        elif state := _NODE_STATES.get(event.attributes.get("state.new", "")):
            self._move(event.id, node, state, event.at)

    def _move(self, node_id: str, node: Thing, state: str, at: datetime) -> None:
        before = self._nodes.pop(node_id, None)
        if state != TERMINATED:
            self._nodes[node_id] = (node, state)
        if before is None or before[1] != state:
            lost = f"the swarm has lost its node {node.name}" if state == _UNREACHABLE else None
            self._telling.node(state, at, lost, other=node)

    def compare(self, listing: Listing, *, is_baseline: bool) -> None:
        """Take in what a manager listed; the first listing tells nothing."""
        if listing.nodes is not None:
            self._compare_nodes(listing.nodes, listing.ended_at, is_baseline=is_baseline)
        if listing.services is not None:
            self._compare_services(listing.services, listing.ended_at, is_baseline=is_baseline)

    def _compare_nodes(
        self, nodes: Collection[ListedNode], at: datetime, *, is_baseline: bool
    ) -> None:
        for listed in self._untouched(nodes):
            node = swarm_node(listed.id, listed.name, self.engine)
            if is_baseline or listed.id not in self._nodes:
                self._nodes[listed.id] = (node, listed.state)
            else:
                self._move(listed.id, node, listed.state, at)
        for node_id in self._gone(self._nodes, nodes):
            self._move(node_id, self._nodes[node_id][0], TERMINATED, at)

    def _compare_services(
        self, services: Collection[ListedService], at: datetime, *, is_baseline: bool
    ) -> None:
        because = ("docker-listing", self.engine.id, at.isoformat())
        for listed in self._untouched(services):
            if self._inherited.takes_out_service(listed.id):
                self._leave(listed.id)
                continue
            stack = stack_of(listed.labels, self.engine) if SWARM_STACK in listed.labels else None
            service = swarm_service(listed.id, listed.name)
            self._services[listed.id] = (service, stack)
            if listed.update in _UNDER_WAY:
                continue  # it is Redeploying, and its events tell when it no longer is
            changes = self._groups.count(listed, service, stack)
            self._telling.changes(() if is_baseline and list(changes) else changes, at, because)
        for service_id in self._gone(self._services, services):
            changes = self._groups.set(*self._services.pop(service_id), TERMINATED)
            self._telling.changes(changes, at, because)

    def _leave(self, service_id: str) -> None:
        """Its owner took it out: nothing more is told of it, not even that."""
        known = self._services.pop(service_id, None)
        for _ in self._groups.set(*known, TERMINATED) if known else ():
            pass

    def _untouched(self, listed: Iterable[Listed]) -> Iterator[Listed]:
        """Those of which no event told since the listing began."""
        return (each for each in listed if each.id not in self._touched)

    def _gone(self, known: Iterable[str], listed: Iterable[Listed]) -> set[str]:
        """Those that were there before the listing and are not in it."""
        return set(known) - {each.id for each in listed} - self._touched


def _service_state(event: EngineEvent) -> str | None:
    """The state that an event of a service tells; what is settled, only a listing can tell."""
    if event.action == "create":
        return STARTING
    if event.action == "remove":
        return TERMINATED
    if event.attributes.get("updatestate.new") in _UNDER_WAY:
        return REDEPLOYING
    return SCALING if "replicas.new" in event.attributes else None
