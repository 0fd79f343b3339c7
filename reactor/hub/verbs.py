"""What each call does to containers, services and stacks, and the action that it becomes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial

from reactor.hub import lifecycle
from reactor.hub.fleet import Call, NotAllowed
from reactor.hub.lifecycle import STARTING, STOPPING, TERMINATING
from reactor.hub.states import State, is_settled, refusal
from reactor.hub.things import Action, Cluster, Container, Node, Service, Stack, Thing
from reactor.hub.world import World

STAGGER = timedelta(seconds=0.1)
"""Between the new containers of a service."""

CONCLUDING = timedelta(seconds=0.2)
"""From the last container's change until the service says that it is done."""

_PHASES = {
    "start": State.STARTING,
    "stop": State.STOPPING,
    "redeploy": State.REDEPLOYING,
    "scale": State.SCALING,
    "terminate": State.TERMINATING,
}


def begin(world: World, thing: Thing, call: Call) -> str:
    """Begins what the call asks; returns the URI of its action, which ends when that is done.
    Raises NotAllowed."""
    if isinstance(thing, Node | Cluster | Action):
        raise NotAllowed(f"A {thing.kind} takes no calls here.")
    _permit(world, thing, call.verb)
    action = _action(world, thing, call)
    match thing:
        case Container():
            lasting = _CONTAINER_WORK[call.verb](world, thing)
        case Service():
            lasting = _operate_service(world, thing, call.verb)
        case Stack():
            lasting = _operate_stack(world, thing, call.verb)
    world.timeline.later(lasting, lambda: _succeed(world, action))
    return world.uri(action.kind, action.uuid)


def _permit(world: World, thing: Container | Service | Stack, verb: str) -> None:
    """Raises NotAllowed. A stack waits for its services, or a call would pass one of them by."""
    refused = refusal(thing.kind, thing.state, verb)
    if refused:
        raise NotAllowed(refused)
    services = world.services(thing.uuid) if isinstance(thing, Stack) else []
    for service in services:
        if not is_settled(service.kind, service.state):
            raise NotAllowed(
                f"No actions allowed in this state: its service {service.name} is {service.state}."
            )


def _action(world: World, thing: Thing, call: Call) -> Action:
    """The call as an action in progress, after it was Pending for a moment."""
    uri = world.uri(thing.kind, thing.uuid)
    action = Action(
        uuid=world.new_uuid("action"),
        name=f"{thing.kind.capitalize()} {call.verb.capitalize()}",
        state=State.PENDING,
        object=uri,
        parents=(uri, *world.parents(thing)),
        method=call.method,
        path=call.path,
        user_agent=call.user_agent,
        ip=call.ip,
        started_at=world.now,
    )
    world.add(action)
    begun = replace(action, state=State.IN_PROGRESS)
    world.change(begun)
    return begun


def _succeed(world: World, action: Action) -> None:
    world.change(replace(action, state=State.SUCCESS, ended_at=world.now))


# Containers. Each begins its work and tells how long it will take.


def _start_container(world: World, container: Container) -> timedelta:
    lifecycle.start(world, container)
    return STARTING + CONCLUDING


def _stop_container(world: World, container: Container) -> timedelta:
    lifecycle.stop(world, container)
    return STOPPING + CONCLUDING


def _terminate_container(world: World, container: Container) -> timedelta:
    lifecycle.terminate(world, container)
    return TERMINATING + CONCLUDING


def _redeploy_container(world: World, container: Container) -> timedelta:
    """The new one has the old one's name. A call to the service that came meanwhile wins."""

    def replacement() -> None:
        service = world.get(Service, container.service)
        if service.phase is None:
            lifecycle.deploy(world, service, container.name)

    lifecycle.terminate(world, container)
    world.timeline.later(TERMINATING, replacement)
    return TERMINATING + STARTING + CONCLUDING


_CONTAINER_WORK: Mapping[str, Callable[[World, Container], timedelta]] = {
    "start": _start_container,
    "stop": _stop_container,
    "terminate": _terminate_container,
    "redeploy": _redeploy_container,
}


# Services.


def _operate_service(world: World, service: Service, verb: str) -> timedelta:
    """Puts the service into the phase of the verb until its work is done; returns how long that
    takes."""
    phase = _PHASES[verb]
    service = replace(service, state=phase, phase=phase)
    world.change(service)
    lasting = _SERVICE_WORK[verb](world, service) + CONCLUDING
    world.timeline.later(lasting, lambda: _conclude_service(world, service.uuid, verb))
    return lasting


def _start_service(world: World, service: Service) -> timedelta:
    """Starts what stands still; deploys what it wants if there is nothing."""
    containers = world.containers(service.uuid)
    for container in containers:
        lifecycle.start(world, container)
    if containers:
        return STARTING
    world.put(replace(service, deployed_at=world.now, synchronized=True))
    return _deploy_missing(world, service)


def _stop_service(world: World, service: Service) -> timedelta:
    for container in world.containers(service.uuid):
        lifecycle.stop(world, container)
    return STOPPING


def _redeploy_service(world: World, service: Service) -> timedelta:
    """The old containers go, then new ones come, as many as the service wants."""
    world.put(replace(service, deployed_at=world.now, synchronized=True))
    _terminate_service(world, service)
    world.timeline.later(TERMINATING, lambda: _deploy_missing(world, service))
    return TERMINATING + STARTING + service.wanted * STAGGER


def _scale_service(world: World, service: Service) -> timedelta:
    """Deploys what it wants and has not, or terminates its youngest."""
    world.put(replace(service, synchronized=True))
    for container in world.containers(service.uuid)[service.wanted :]:
        lifecycle.terminate(world, container)
    return max(TERMINATING, _deploy_missing(world, service))


def _terminate_service(world: World, service: Service) -> timedelta:
    for container in world.containers(service.uuid):
        lifecycle.terminate(world, container)
    return TERMINATING


_SERVICE_WORK: Mapping[str, Callable[[World, Service], timedelta]] = {
    "start": _start_service,
    "stop": _stop_service,
    "redeploy": _redeploy_service,
    "scale": _scale_service,
    "terminate": _terminate_service,
}


def _deploy_missing(world: World, service: Service) -> timedelta:
    """Deploys what the service wants and has not, one after the other, each under the lowest
    number that is free."""
    taken = {container.name for container in world.containers(service.uuid)}
    numbers = range(1, service.wanted + len(taken) + 1)
    free = [name for number in numbers if (name := f"{service.name}-{number}") not in taken]
    missing = free[: max(0, service.wanted - len(taken))]
    for count, name in enumerate(missing):
        deploy = partial(lifecycle.deploy, world, service, name)
        world.timeline.later(count * STAGGER, deploy)
    return STARTING + len(missing) * STAGGER if missing else timedelta()


def _conclude_service(world: World, uuid: str, verb: str) -> None:
    """Ends the phase; what is terminated stays so."""
    service = world.get(Service, uuid)
    if verb == "terminate":
        gone = State.TERMINATED
        world.change(replace(service, state=gone, phase=gone, destroyed_at=world.now))
        return
    service = replace(service, phase=None)
    if verb == "stop":
        service = replace(service, stopped_at=world.now)
    if verb in ("start", "redeploy"):
        service = replace(service, started_at=world.now)
    world.put(service)
    world.settle(service)


# Stacks.


def _operate_stack(world: World, stack: Stack, verb: str) -> timedelta:
    """Does the same to each of its services that allows it."""
    phase = _PHASES[verb]
    deployed_at = world.now if verb == "redeploy" else stack.deployed_at
    world.change(replace(stack, state=phase, phase=phase, deployed_at=deployed_at))
    willing = [
        service
        for service in world.services(stack.uuid)
        if refusal(service.kind, service.state, verb) is None
    ]
    longest = max((_operate_service(world, each, verb) for each in willing), default=timedelta())
    lasting = longest + CONCLUDING
    world.timeline.later(lasting, lambda: _conclude_stack(world, stack.uuid, verb))
    return lasting


def _conclude_stack(world: World, uuid: str, verb: str) -> None:
    stack = world.get(Stack, uuid)
    if verb == "terminate":
        gone = State.TERMINATED
        world.change(replace(stack, state=gone, phase=gone, destroyed_at=world.now))
        return
    stack = replace(stack, phase=None)
    world.put(stack)
    world.settle(stack)
