"""A swarm as its managers tell it: its services, which have tasks on many nodes, and the nodes.
Pure."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import TypeVar

from reactor.engine.proof import clock_time
from reactor.model.cause import Cause, Judgement
from reactor.platforms.docker.engine import Engine, ListedNode, ListedService, Listing
from reactor.platforms.docker.events import SERVICE, EngineEvent
from reactor.platforms.docker.groups import (
    REDEPLOYING,
    SCALING,
    STARTING,
    TERMINATED,
    Groups,
)
from reactor.platforms.docker.objects import SWARM_STACK, Thing, stack_of, swarm_node, swarm_service
from reactor.platforms.docker.telling import Telling

_UNREACHABLE, _DEPLOYED = "Unreachable", "Deployed"
_NODE_STATES = {"ready": _DEPLOYED, "down": _UNREACHABLE, "disconnected": _UNREACHABLE}
_UNDER_WAY = ("updating", "rollback_started")

Listed = TypeVar("Listed", ListedNode, ListedService)


class Cluster:
    """For one thread. All of it stays silent where the engine is no manager."""

    def __init__(self, engine: Engine, groups: Groups, telling: Telling) -> None:
        self.engine, self._groups, self._telling = engine, groups, telling
        self._services: dict[str, tuple[Thing, Thing | None]] = {}
        self._nodes: dict[str, tuple[Thing, str]] = {}
        self._touched = set[str]()

    @property
    def nodes(self) -> dict[str, Thing]:
        """The nodes by the swarm's id."""
        return {node_id: node for node_id, (node, _) in self._nodes.items()}

    def begin_listing(self) -> None:
        """From now on events may be newer than what will be listed."""
        self._touched.clear()

    def take(self, event: EngineEvent) -> None:
        """An event of a service or a node."""
        self._touched.add(event.id)
        if event.kind == SERVICE:
            self._service(event)
        else:
            self._node(event)

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
            judged = _lost(at, node) if state == _UNREACHABLE else None
            self._telling.node(state, at, judged, node)

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

    def _untouched(self, listed: Iterable[Listed]) -> Iterator[Listed]:
        """Those of which no event told since the listing began."""
        return (each for each in listed if each.id not in self._touched)

    def _gone(self, known: Iterable[str], listed: Iterable[Listed]) -> set[str]:
        """Those that were there before the listing and are not in it."""
        return set(known) - {each.id for each in listed} - self._touched


def _lost(at: datetime, node: Thing) -> Judgement:
    evidence = (f"{clock_time(at)} the swarm has lost its node {node.name}",)
    return Judgement(cause=Cause.HOST_DOWN, planned=False, evidence=evidence)


def _service_state(event: EngineEvent) -> str | None:
    """The state that an event of a service tells; what is settled, only a listing can tell."""
    if event.action == "create":
        return STARTING
    if event.action == "remove":
        return TERMINATED
    if event.attributes.get("updatestate.new") in _UNDER_WAY:
        return REDEPLOYING
    return SCALING if "replicas.new" in event.attributes else None
