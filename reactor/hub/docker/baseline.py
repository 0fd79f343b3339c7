"""What is there when the fleet meets its engine: entries without a word to anybody. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from reactor.hub.docker.inspection import Inspection, Machine
from reactor.hub.docker.register import Entry, Register
from reactor.hub.docker.survey import Survey
from reactor.hub.states import State
from reactor.platforms.docker.groups import Change, Groups
from reactor.platforms.docker.objects import (
    SWARM_SERVICE,
    Place,
    Thing,
    cluster_of,
    container_uuid,
    node_of,
    place_of,
    stack_of,
    swarm_node,
    swarm_service,
)


def lay(register: Register, found: Survey, now: datetime) -> None:
    """Put everything that was found into an empty register, the oldest first."""
    _Baseline(register=register, found=found, groups=Groups(), now=now).lay()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Baseline:
    register: Register
    found: Survey
    groups: Groups
    now: datetime

    def lay(self) -> None:
        """All of it."""
        nodes = self._nodes()
        every = self.found.containers
        for each in sorted(every, key=lambda each: each.container.created_at or self.now):
            place = place_of(
                each.container.labels,
                self.found.engine,
                nodes.get(each.container.node_id or ""),
            )
            self._container(each, place)
        for listed in self.found.services:
            specification = self.found.specifications.get(listed.id)
            service = swarm_service(listed.id, listed.name)
            stack = stack_of(listed.labels, self.found.engine)
            since = specification.created_at if specification else None
            self._groups(self.groups.count(listed, service, stack), since or self.now)
            if specification:
                self.register.specifications[service.uuid] = specification

    def _nodes(self) -> dict[str, Thing]:
        """The nodes by the swarm's ids; the engine's own, also where it is in no swarm."""
        engine = self.found.engine
        cluster = cluster_of(engine)
        above = (cluster,) if cluster else ()
        own = node_of(engine)
        for thing in (*above, own):
            parents = above if thing is own else ()
            self.register.put(_entry(thing, parents, State.DEPLOYED, self.now))
        nodes = {each.id: swarm_node(each.id, each.name, engine) for each in self.found.nodes}
        for each in self.found.nodes:
            node = nodes[each.id]
            self.register.put(_entry(node, above, each.state, self.now))
            self.register.machines[node.uuid] = self.found.machines.get(each.id, Machine())
        self.register.machines[own.uuid] = self.found.machine
        return nodes

    def _container(self, each: Inspection, place: Place) -> None:
        container = each.container
        thing = Thing("container", container_uuid(container.id), container.name)
        since = container.created_at or self.now
        self.register.put(_entry(thing, place.things(), container.state, since))
        self.register.containers[thing.uuid] = each
        if SWARM_SERVICE not in container.labels:
            self._groups(self.groups.move(container.id, place, container.state), since)

    def _groups(self, changes: Iterable[Change], since: datetime) -> None:
        """A member more changes its service, and that its stack."""
        for change in changes:
            known = self.register.entries.get(change.thing.uuid)
            entry = _entry(change.thing, change.parents, change.state, since)
            self.register.put(replace(known, actual=change.state) if known else entry)


def _entry(thing: Thing, parents: Iterable[Thing], state: str, since: datetime) -> Entry:
    return Entry(
        kind=thing.kind,
        uuid=thing.uuid,
        name=thing.name,
        parents=tuple(parent.uri for parent in parents),
        actual=state,
        since=since,
        changed_at=since,
    )
