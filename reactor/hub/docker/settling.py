"""When a call is done: what the engine has made of it, and clients were told of it all."""

from collections.abc import Collection, Iterable
from threading import Event as StopEvent

from reactor.clock import monotonic
from reactor.hub.docker.deriving import derived_state
from reactor.hub.docker.holding import Holding
from reactor.hub.docker.register import Entry, Register
from reactor.hub.docker.survey import inspect
from reactor.hub.states import State
from reactor.model.request import Fault, Response
from reactor.model.uri import ObjectUri
from reactor.platforms.docker.actions import is_good
from reactor.platforms.docker.client import Client
from reactor.platforms.docker.engine import Engine, ListedContainer, ListedService
from reactor.platforms.docker.finding import Found, find
from reactor.platforms.docker.objects import container_uuid
from reactor.platforms.docker.swarm import list_swarm

_TELLING = 10.0
"""Seconds for the source to tell what has happened already; the end of a run it tells after 2."""

_DERIVING = 1.0
"""Seconds for it to tell what follows from that for services and stacks: that comes at once."""

_CONVERGING = 600.0
"""Seconds for a swarm to carry out what it has taken: images may have to be pulled."""

_ASK_EVERY = 1.0

_UNDER_WAY = ("updating", "rollback_started")
_BROKEN_OFF = ("paused", "rollback_paused", "rollback_completed")
_RESTING = (
    *(State.RUNNING, State.PARTLY_RUNNING, State.STOPPED, State.NOT_RUNNING),
    State.TERMINATED,
)
_ENDS = {"stop": (State.STOPPED, State.TERMINATED), "terminate": (State.TERMINATED,)}
"""The states that services of a swarm come to, by the verb; all others come to rest."""


class Settling:
    """May be used by several threads; all of it blocks."""

    def __init__(self, client: Client, holding: Holding, stop: StopEvent) -> None:
        self._client, self._holding, self._stop = client, holding, stop

    def wait(
        self, entry: Entry, engine: Engine, found: Found, verb: str, response: Response
    ) -> Response:
        """How the call ended that the engine answered so. What the source has not told within its
        time it tells later. Raises Gone and Refusal."""
        if found.services:
            if is_good(response):
                response = self._converged(engine, found, verb, response)
            ends = _ENDS.get(verb, _RESTING) if is_good(response) else _RESTING
            self._holding.wait(lambda register: _is_in(register, entry, ends), _TELLING)
            return response
        listed = self._listed(entry, engine)
        gone = {each.id for each in found.containers} - {each.id for each in listed}
        self._holding.wait(lambda register: _is_told(register, listed, gone), _TELLING)
        self._holding.wait(lambda register: _is_derived(register, entry), _DERIVING)
        return response

    def _listed(self, entry: Entry, engine: Engine) -> list[ListedContainer]:
        """The containers of the object as they are now."""
        uri = ObjectUri(type=entry.kind, uuid=entry.uuid, namespace=None, is_tutum=False)
        members = find(self._client, engine, uri)
        found = (
            inspect(self._client, engine, each.id)
            for each in (members.containers if members else ())
        )
        return [each.container for each in found if each]

    def _converged(self, engine: Engine, found: Found, verb: str, response: Response) -> Response:
        """The answer once the swarm has carried out what it has taken."""
        ids = {service.id for service in found.services}
        deadline = monotonic() + _CONVERGING
        while not self._stop.wait(_ASK_EVERY) and monotonic() < deadline:
            listed = list_swarm(self._client, engine, {}).services
            ours = [service for service in listed or () if service.id in ids]
            broken = [service for service in ours if service.update in _BROKEN_OFF]
            if broken and verb == "redeploy":
                why = f"the swarm broke off the update of '{broken[0].name}': {broken[0].update}"
                return Response(fault=Fault.INVALID, detail=why)
            if listed is not None and all(_is_carried_out(service, verb) for service in ours):
                return response
        return Response(fault=Fault.TIMEOUT, detail="the swarm has not carried it out yet")


def _is_carried_out(service: ListedService, verb: str) -> bool:
    """A swarm begins an update a moment after it has taken it, and says nothing of it till then."""
    is_begun = verb != "redeploy" or service.wanted == 0 or service.update != ""
    return is_begun and service.update not in _UNDER_WAY and service.running >= service.wanted


def _is_in(register: Register, entry: Entry, states: Collection[str]) -> bool:
    known = register.entries.get(entry.uuid)
    return known is None or known.actual in states


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
