"""The states of services and stacks, derived from the containers that are their members. Pure.

The words and what they mean are Docker Cloud's (docs/docker.md, Objects).
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from reactor.model.cause import Cause
from reactor.platforms.docker.engine import ListedService
from reactor.platforms.docker.known import Known
from reactor.platforms.docker.objects import SWARM_SERVICE, Place, Thing

RUNNING, PARTLY, NOT_RUNNING = "Running", "Partly running", "Not running"
SCALING, REDEPLOYING = "Scaling", "Redeploying"
STARTING, STOPPING, STOPPED = "Starting", "Stopping", "Stopped"
TERMINATED = "Terminated"
REPLACED = "replaced"
"""A member that stopped because another takes its place: beside others it does not count."""

_RUN = (RUNNING, PARTLY, SCALING, REDEPLOYING)
_ON_THE_WAY = (STARTING, STOPPING, STOPPED)
"""Where nothing runs, the first of these that a member is in."""


def state_of(members: Collection[str]) -> str:
    """The state of a service whose containers are in these states. One that is only about to start
    beside those that run takes nothing from them: it may be there to replace one."""
    if not members:
        return TERMINATED
    members = [each for each in members if each != REPLACED] or [STOPPED]
    settled = [each for each in members if each != STARTING]
    running = sum(each in _RUN for each in settled)
    if running:
        is_whole = running == len(settled) and PARTLY not in settled
        return RUNNING if is_whole else PARTLY
    return next((state for state in _ON_THE_WAY if state in members), NOT_RUNNING)


def stack_state_of(services: Collection[str]) -> str:
    """The state of a stack whose services are in these states. One that starts replaces none: as
    long as the others run, the stack starts (Docker Cloud's API, *Stack states*)."""
    state = state_of(services)
    return STARTING if state == RUNNING and STARTING in services else state


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A service or a stack is in another state than before; `is_new`: it was not there."""

    thing: Thing
    parents: tuple[Thing, ...]
    state: str
    is_new: bool


@dataclass(slots=True)
class _Group:
    """A service with the states of its containers, or a stack with those of its services."""

    thing: Thing
    stack: Thing | None
    members: dict[str, str] = field(default_factory=dict)
    state: str = TERMINATED


class Groups:
    """All services and stacks of one engine. For one thread."""

    def __init__(self) -> None:
        self._groups: dict[str, _Group] = {}

    def state(self, thing: Thing | None) -> str | None:
        """The present state of a service or a stack, None of what is not known."""
        group = self._groups.get(thing.uuid) if thing else None
        return group.state if group else None

    def move(self, container_id: str, place: Place, state: str) -> Iterator[Change]:
        """A container of a service went to `state`; what else changes with it. A service of a
        swarm whose tasks are counted by its manager is left alone."""
        if place.service is None:
            return
        group = self._group(place.service, place.stack)
        _put(group.members, container_id, state)
        yield from self._settle(group, state_of(group.members.values()))

    def stand(self, known: Known, place: Place) -> Iterator[Change]:
        """The container counts in its service as it is now; what changes with it. Tasks of a swarm
        do not: they may be on many nodes, and a manager counts them."""
        if SWARM_SERVICE not in known.labels:
            is_replaced = known.judged is not None and known.judged.cause is Cause.DEPLOY
            state = REPLACED if is_replaced and known.state == STOPPED else known.state
            yield from self.move(known.id, place, state)

    def count(self, listed: ListedService, service: Thing, stack: Thing | None) -> Iterator[Change]:
        """What a manager counts of a swarm's service."""
        group = self._group(service, stack)
        yield from self._settle(group, _counted(listed))

    def set(self, service: Thing, stack: Thing | None, state: str) -> Iterator[Change]:
        """The service itself is said to be in `state`."""
        yield from self._settle(self._group(service, stack), state)

    def _group(self, thing: Thing, stack: Thing | None) -> _Group:
        group = self._groups.setdefault(thing.uuid, _Group(thing, stack))
        group.stack = group.stack or stack  # a swarm's event of a service does not tell it
        return group

    def _settle(self, group: _Group, state: str) -> Iterator[Change]:
        if state == TERMINATED:
            self._groups.pop(group.thing.uuid, None)
        if state == group.state:
            return
        is_new = group.state == TERMINATED
        group.state = state
        parents = (group.stack,) if group.stack else ()
        yield Change(thing=group.thing, parents=parents, state=state, is_new=is_new)
        if group.stack is not None:
            above = self._group(group.stack, None)
            _put(above.members, group.thing.uuid, state)
            yield from self._settle(above, stack_state_of(above.members.values()))


def _put(members: dict[str, str], member: str, state: str) -> None:
    if state == TERMINATED:
        members.pop(member, None)
    else:
        members[member] = state


def _counted(listed: ListedService) -> str:
    if listed.wanted == 0:
        return STOPPED
    if listed.running >= listed.wanted:
        return RUNNING
    return PARTLY if listed.running else NOT_RUNNING
