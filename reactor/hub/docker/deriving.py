"""What the state of a service or a stack has to be by its members. Pure.

The source tells of a container first and then of what follows for its service and stack. Who acts
on the first of these frames must not find the others as they were.
"""

from reactor.hub.docker.register import Entry, Register
from reactor.hub.states import State
from reactor.platforms.docker.groups import stack_state_of, state_of


def derived_state(register: Register, entry: Entry) -> str:
    """Of an object that is in no phase. That of a container, and of a service whose tasks its swarm
    counts, is what was told."""
    if entry.kind == "stack":
        services = register.members(entry.uri, "service")
        states = [derived_state(register, service) for service in services]
        return stack_state_of([state for state in states if state != State.TERMINATED])
    if entry.kind != "service" or entry.uuid in register.specifications:
        return entry.actual
    members = register.members(entry.uri, "container")
    return state_of([each.actual for each in members])
