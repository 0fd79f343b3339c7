"""The one field of a service that an update may change here: the engine knows no templates."""

from collections.abc import Mapping

from reactor.hub.docker.register import Entry
from reactor.hub.fleet import NotAllowed
from reactor.hub.states import State
from reactor.hub.update import MOST_CONTAINERS

_WANTED = "target_num_containers"


def wanted(entry: Entry, changes: Mapping[str, object]) -> int | None:
    """The number of containers that an update has a service want, which it gets when it is scaled;
    None if it has not. Raises NotAllowed for all else."""
    if entry.kind != "service":
        raise NotAllowed(f"A {entry.kind} has no fields that can be changed here.")
    if entry.state in (State.TERMINATING, State.TERMINATED):
        raise NotAllowed(f"No actions allowed in this state: the service is {entry.state}.")
    for field in changes:
        if field != _WANTED:
            raise NotAllowed(f"'{field}' cannot be changed on Docker; possible: {_WANTED}.")
    return _count(changes[_WANTED]) if _WANTED in changes else None


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_CONTAINERS:
        raise NotAllowed(f"{_WANTED} is a number from 0 to {MOST_CONTAINERS}.")
    return value
