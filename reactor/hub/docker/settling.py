"""When a call is done: what the engine has made of it, and clients were told of it all."""

from collections.abc import Callable, Collection, Iterable, Mapping
from threading import Event as StopEvent

from reactor.clock import monotonic
from reactor.hub.docker.deriving import derived_state
from reactor.hub.docker.holding import Holding
from reactor.hub.docker.register import Entry, Register
from reactor.hub.docker.survey import inspect
from reactor.hub.states import State
from reactor.model.request import Fault, Response
from reactor.model.uri import ObjectUri, object_uri
from reactor.platforms.docker.actions import is_good
from reactor.platforms.docker.client import Client
from reactor.platforms.docker.engine import Engine, ListedContainer, ListedService
from reactor.platforms.docker.finding import Found, Member, SwarmService, find
from reactor.platforms.docker.objects import container_uuid, swarm_service
from reactor.platforms.docker.swarm import list_swarm

_TELLING = 10.0
"""Seconds for the source to tell what has happened already; the end of a run it tells after 2."""

_DERIVING = 1.0
"""Seconds for it to tell what follows from that for services and stacks: that comes at once."""

_CONVERGING = 600.0
"""Seconds for a swarm to carry out what it has taken: images may have to be pulled."""

_ENDING = 120.0
"""Seconds for containers to end that a swarm has told to: it does not wait for them, and gives them
10 unless its specification says otherwise."""

_ASK_EVERY = 1.0

_UNDER_WAY = ("updating", "rollback_started")
_BROKEN_OFF = ("paused", "rollback_paused", "rollback_completed")
_RESTING = (
    *(State.RUNNING, State.PARTLY_RUNNING, State.STOPPED, State.NOT_RUNNING),
    State.TERMINATED,
)
_UP = (State.RUNNING, State.STOPPING)


class Settling:
    """May be used by several threads; all of it blocks."""

    def __init__(self, client: Client, holding: Holding, stop: StopEvent) -> None:
        self._client, self._holding, self._stop = client, holding, stop

    def wait(
        self, entry: Entry, engine: Engine, found: Found, verb: str, response: Response
    ) -> Response:
        """How the call ended that the engine answered so for what was `found`, once `entry` has
        come to rest. What the source has not told within its time it tells later. Raises Gone and
        Refusal."""
        uri = ObjectUri(type=entry.kind, uuid=entry.uuid, namespace=None, is_tutum=False)
        now = find(self._client, engine, uri)
        services = found.services or (now.services if now else ())
        if services:
            is_update = verb == "redeploy" and bool(found.services)
            response = self._swarmed(engine, services, response, is_update=is_update)
        else:
            listed = self._inspected(engine, now.containers if now else ())
            gone = {each.id for each in found.containers} - {each.id for each in listed}
            self._until(lambda register: _is_told(register, listed, gone), _TELLING)
        self._until(lambda register: _is_derived(register, entry), _DERIVING)
        return response

    def _until(self, is_so: Callable[[Register], bool], seconds: float) -> None:
        """Wait until something is so, but not longer, and not when the fleet has stopped."""
        deadline = monotonic() + seconds
        while not self._stop.is_set() and (left := deadline - monotonic()) > 0:
            if self._holding.wait(is_so, min(left, _ASK_EVERY)):
                return

    def _inspected(self, engine: Engine, members: Iterable[Member]) -> list[ListedContainer]:
        """These containers as they are now."""
        found = (inspect(self._client, engine, each.id) for each in members)
        return [each.container for each in found if each]

    def _swarmed(
        self,
        engine: Engine,
        services: Collection[SwarmService],
        response: Response,
        *,
        is_update: bool,
    ) -> Response:
        """The answer once a swarm has carried out what it has taken, and clients were told so."""
        if not is_good(response):
            return response
        uuids = {each.id: swarm_service(each.id, each.name).uuid for each in services}
        listed = self._converged(engine, uuids, is_update=is_update)
        if isinstance(listed, Response):
            self._until(lambda register: _is_resting(register, uuids.values()), _TELLING)
            return listed
        running = dict[str, int | None].fromkeys(uuids.values())
        running |= {uuids[each.id]: each.running for each in listed}
        self._until(lambda register: _has_ended(register, running), _ENDING)
        self._until(lambda register: _is_counted(register, running), _TELLING)
        return response

    def _converged(
        self, engine: Engine, ids: Collection[str], *, is_update: bool
    ) -> list[ListedService] | Response:
        """The services as the swarm has them once it has carried out what it has taken; else why it
        has not."""
        deadline = monotonic() + _CONVERGING
        while not self._stop.wait(_ASK_EVERY) and monotonic() < deadline:
            listed = list_swarm(self._client, engine, {}).services
            ours = [service for service in listed or () if service.id in ids]
            broken = [service for service in ours if service.update in _BROKEN_OFF]
            if broken and is_update:
                why = f"the swarm broke off the update of '{broken[0].name}': {broken[0].update}"
                return Response(fault=Fault.INVALID, detail=why)
            if listed is not None and all(
                _is_carried_out(service, is_update=is_update) for service in ours
            ):
                return ours
        return Response(fault=Fault.TIMEOUT, detail="the swarm has not carried it out yet")


def _is_carried_out(service: ListedService, *, is_update: bool) -> bool:
    """A swarm begins an update a moment after it has taken it, and says nothing of it till then."""
    is_begun = not is_update or service.wanted == 0 or service.update != ""
    return is_begun and service.update not in _UNDER_WAY and service.running == service.wanted


def _is_resting(register: Register, services: Iterable[str]) -> bool:
    known = (register.entries.get(uuid) for uuid in services)
    return all(each.actual in _RESTING for each in known if each)


def _has_ended(register: Register, running: Mapping[str, int | None]) -> bool:
    """Whether no more containers of these services are up than are running as the swarm counts."""
    return all(len(_up(register, uuid)) <= (count or 0) for uuid, count in running.items())


def _is_counted(register: Register, running: Mapping[str, int | None]) -> bool:
    """Whether clients were told of these services, and of their containers, what the swarm counts:
    None of a service that is gone."""
    return all(
        _is_gone(register, uuid) if count is None else _does_run(register, uuid, count)
        for uuid, count in running.items()
    )


def _is_gone(register: Register, service: str) -> bool:
    known = register.entries.get(service)
    return (known is None or known.is_gone) and not _members(register, service)


def _does_run(register: Register, service: str, count: int) -> bool:
    known, state = register.entries.get(service), State.RUNNING if count else State.STOPPED
    states = [each.actual for each in _up(register, service)]
    return (known is None or known.actual == state) and states == [State.RUNNING] * count


def _up(register: Register, service: str) -> list[Entry]:
    """The containers of a service that have not ended."""
    return [each for each in _members(register, service) if each.actual in _UP]


def _members(register: Register, service: str) -> list[Entry]:
    """The containers of a service, but for those of nodes that are lost, of which nobody hears."""
    containers = register.members(object_uri("service", service), "container")
    return [each for each in containers if not _is_lost(register.of(each.parent("node")))]


def _is_lost(node: Entry | None) -> bool:
    return node is not None and node.actual == State.UNREACHABLE


def _is_told(register: Register, listed: Iterable[ListedContainer], gone: Iterable[str]) -> bool:
    """Whether clients were told of these containers as they are, and of the end of those."""
    return all(_is_known(register, each) for each in listed) and not any(
        (known := register.entries.get(container_uuid(each))) and not known.is_gone for each in gone
    )


def _is_known(register: Register, listed: ListedContainer) -> bool:
    uuid = container_uuid(listed.id)
    known, found = register.entries.get(uuid), register.containers.get(uuid)
    if known is None or found is None:
        return False
    if listed.started_at is None and known.actual == State.STARTING:
        return True  # that it could not be started no event tells: the source finds it out later
    return known.actual == listed.state and found.container.started_at == listed.started_at


def _is_derived(register: Register, entry: Entry) -> bool:
    """Whether clients were told of the object's services and stacks what follows of their
    members."""
    groups = [*register.all("service"), *register.all("stack")]
    return all(
        group.actual == derived_state(register, group)
        for group in groups
        if group.uri in (entry.uri, *entry.parents) or entry.uri in group.parents
    )
