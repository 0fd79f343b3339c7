"""What can be asked of an object of an engine, and what clients see of it until that is done. Pure.

Docker Cloud refused what was asked in a state of passage, for that soon passed. Of an engine it may
not: a service whose deploy failed, or that crashes again and again, has to be mended in just such a
state. So only a call that is under way keeps others off.
"""

from dataclasses import dataclass

from reactor.hub.docker.deriving import derived_state
from reactor.hub.docker.register import Entry, Register
from reactor.hub.fleet import NotAllowed
from reactor.hub.states import ALLOWED, Allowed, State, refusal

_OPERABLE = ("container", "service", "stack")
_PHASES = {
    "start": State.STARTING,
    "stop": State.STOPPING,
    "redeploy": State.REDEPLOYING,
    "scale": State.SCALING,
    "terminate": State.TERMINATING,
}
_REMOVING = ("redeploy", "scale", "terminate")

_MOVING = {"stop", "redeploy", "terminate"}
_PASSING = {
    State.NOT_RUNNING: {"start", *_MOVING},
    State.STARTING: {"start", *_MOVING},
    State.STOPPING: _MOVING,
    State.SCALING: _MOVING,
    State.REDEPLOYING: _MOVING,
}
_ALLOWED: Allowed = {
    **ALLOWED,
    **{("container", state): verbs for state, verbs in _PASSING.items()},
    **{("service", state): {"scale", *verbs} for state, verbs in _PASSING.items()},
    **{("stack", state): verbs for state, verbs in _PASSING.items()},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An object, and the state that clients see it in until a call is done."""

    entry: Entry
    phase: State


def permit(register: Register, entry: Entry, verb: str) -> None:
    """Raises NotAllowed. A stack waits for its services, or a call would pass one of them by."""
    if entry.kind not in _OPERABLE:
        raise NotAllowed(f"A {entry.kind} takes no calls here.")
    refused = _refused(register, entry, verb)
    if refused:
        raise NotAllowed(refused)
    for service in _services(register, entry):
        if service.phase:
            raise NotAllowed(
                f"No actions allowed in this state: its service {service.name} is {service.phase}."
            )


def held_by(register: Register, entry: Entry, verb: str) -> tuple[Held, ...]:
    """What is in a phase of a call: the object, and the services of a stack that take the call."""
    if entry.kind == "container" and verb == "redeploy":
        return _around(register, entry)
    willing = (
        service
        for service in _services(register, entry)
        if _refused(register, service, verb) is None
    )
    return tuple(Held(entry=each, phase=_PHASES[verb]) for each in (entry, *willing))


def leaving_by(register: Register, entry: Entry, verb: str) -> tuple[str, ...]:
    """The UUIDs of the containers that a permitted call may replace or remove."""
    if verb not in _REMOVING:
        return ()
    if entry.kind == "container":
        return (entry.uuid,)
    held = (each.entry for each in held_by(register, entry, verb))
    services = (each for each in held if each.kind == "service")
    return tuple(each.uuid for one in services for each in register.members(one.uri, "container"))


def _refused(register: Register, entry: Entry, verb: str) -> str | None:
    if entry.phase or entry.is_leaving:
        return refusal(entry.kind, State(entry.state), verb)
    state = State(derived_state(register, entry))
    if verb == "stop" and state is State.STOPPED and _starts_again(register, entry):
        return None
    return refusal(entry.kind, state, verb, _ALLOWED)


def _starts_again(register: Register, entry: Entry) -> bool:
    """Whether something of it may only stand still until its policy starts it again."""
    is_alone = entry.kind == "container"
    containers = [entry] if is_alone else register.members(entry.uri, "container")
    found = (register.containers.get(each.uuid) for each in containers)
    return any(each.runtime.autorestart != "OFF" for each in found if each)


def _around(register: Register, container: Entry) -> tuple[Held, ...]:
    """A container that is redeployed only starts again, as frames tell. If it is the only one, its
    service and its stack are without any for a moment, and shall not end with it."""
    service, stack = (register.of(container.parent(kind)) for kind in ("service", "stack"))
    held = []
    if service and not service.phase:
        held.append(Held(entry=service, phase=State.REDEPLOYING))
    if stack and not stack.phase:
        held.append(Held(entry=stack, phase=State(stack.state)))
    return tuple(held)


def _services(register: Register, entry: Entry) -> list[Entry]:
    return register.members(entry.uri, "service") if entry.kind == "stack" else []
