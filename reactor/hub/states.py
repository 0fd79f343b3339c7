"""The words for the states of a fleet's objects, what they allow, and how they follow from each
other. Pure; the words are Docker Cloud's own (docs/platforms.md §1)."""

from collections.abc import Collection, Mapping
from enum import StrEnum


class State(StrEnum):
    """Every state that an object of any type can be in, as frames and REST objects write it."""

    # of what runs
    NOT_RUNNING = "Not running"  # made, but nothing of it is deployed
    STARTING = "Starting"
    RUNNING = "Running"
    PARTLY_RUNNING = "Partly running"
    SCALING = "Scaling"
    REDEPLOYING = "Redeploying"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    TERMINATING = "Terminating"
    TERMINATED = "Terminated"  # gone for good, listed for a while
    # of machines
    DEPLOYED = "Deployed"
    UNREACHABLE = "Unreachable"  # its containers may well be running
    # of actions
    PENDING = "Pending"
    IN_PROGRESS = "In progress"
    SUCCESS = "Success"
    FAILED = "Failed"


GONE = (State.TERMINATING, State.TERMINATED)
"""A container in one of these counts no longer as deployed, a service no longer as its stack's."""

_RUNNING_VERBS = {"stop", "redeploy", "terminate", "scale"}
_RESTING_VERBS = {"start", "redeploy", "terminate", "scale"}

Allowed = Mapping[tuple[str, State], Collection[str]]
"""What can be asked of an object of a type in a state; in all other states nothing can."""

ALLOWED: Allowed = {
    ("container", State.RUNNING): {"stop", "redeploy", "terminate"},
    ("container", State.STOPPED): {"start", "redeploy", "terminate"},
    ("service", State.NOT_RUNNING): {"start", "terminate", "scale"},
    ("service", State.RUNNING): _RUNNING_VERBS,
    ("service", State.PARTLY_RUNNING): _RUNNING_VERBS,
    ("service", State.STOPPED): _RESTING_VERBS,
    ("stack", State.NOT_RUNNING): {"start", "terminate"},
    ("stack", State.RUNNING): _RUNNING_VERBS - {"scale"},
    ("stack", State.PARTLY_RUNNING): _RUNNING_VERBS - {"scale"},
    ("stack", State.STOPPED): _RESTING_VERBS - {"scale"},
}
"""What Docker Cloud allowed: nothing in the states that soon pass (docs/platforms.md §1)."""


def is_settled(kind: str, state: State) -> bool:
    """Whether an object can be asked for anything: it is about nothing, and not gone."""
    return (kind, state) in ALLOWED


def refusal(kind: str, state: State, verb: str, allowed: Allowed = ALLOWED) -> str | None:
    """Why an object of `kind` in `state` does not do `verb`, for people, or None when it does."""
    verbs = allowed.get((kind, state))
    if verbs is None:
        return f"No actions allowed in this state: the {kind} is {state}."
    if verb not in verbs:
        possible = ", ".join(sorted(verbs))
        return f"A {kind} that is {state} does not {verb}; possible: {possible}."
    return None


def service_state(containers: Collection[State]) -> State:
    """The state of a service, by those of its containers."""
    deployed = [state for state in containers if state not in GONE]
    if not deployed:
        return State.NOT_RUNNING
    return _of_members(deployed)


def stack_state(services: Collection[State]) -> State:
    """The state of a stack, by those of its services. Where all are being redeployed, it is."""
    present = [state for state in services if state not in GONE]
    if not present:
        return State.NOT_RUNNING
    if all(state is State.REDEPLOYING for state in present):
        return State.REDEPLOYING
    return _of_members(present)


def _of_members(states: Collection[State]) -> State:
    """Running if all run, partly if some do, else what the busiest is about."""
    if all(state is State.RUNNING for state in states):
        return State.RUNNING
    if {State.RUNNING, State.PARTLY_RUNNING, State.SCALING, State.REDEPLOYING} & set(states):
        return State.PARTLY_RUNNING
    order = (State.STARTING, State.STOPPING, State.STOPPED, State.NOT_RUNNING)
    return next(state for state in order if state in states)
