"""The fields of a service that an update may change. An update is done at once and starts nothing:
the service is no longer synchronized until it is scaled or redeployed (docs/platforms.md §1)."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from reactor.hub.fleet import NotAllowed
from reactor.hub.states import State
from reactor.hub.things import Service, Thing
from reactor.hub.world import World

MOST_CONTAINERS = 100
"""More of one service would be a slip of somebody's finger."""

_POLICIES = ("OFF", "ON_FAILURE", "ALWAYS")


def update(world: World, thing: Thing, changes: Mapping[str, object]) -> None:
    """Changes a service. Raises NotAllowed for another type, a service that is going, a field that
    is not ours to change or a value that is none; then nothing was changed."""
    if not isinstance(thing, Service):
        raise NotAllowed(f"A {thing.kind} has no fields that can be changed here.")
    if thing.state in (State.TERMINATING, State.TERMINATED):
        raise NotAllowed(f"No actions allowed in this state: the service is {thing.state}.")
    changed = thing
    for field, value in changes.items():
        if field not in _FIELDS:
            raise NotAllowed(f"'{field}' cannot be changed here; possible: {', '.join(_FIELDS)}.")
        changed = _FIELDS[field](changed, value)
    world.put(changed)


def _wanted(service: Service, value: object) -> Service:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_CONTAINERS:
        raise NotAllowed(f"target_num_containers is a number from 0 to {MOST_CONTAINERS}.")
    same = value == service.wanted
    return replace(service, wanted=value, synchronized=service.synchronized and same)


def _autorestart(service: Service, value: object) -> Service:
    if not isinstance(value, str) or value not in _POLICIES:
        raise NotAllowed(f"autorestart is one of {', '.join(_POLICIES)}.")
    return replace(service, autorestart=value, synchronized=False)


def _image(service: Service, value: object) -> Service:
    if not isinstance(value, str) or not value:
        raise NotAllowed("image is the name of an image.")
    return replace(service, image=value, synchronized=False)


def _nickname(service: Service, value: object) -> Service:
    if not isinstance(value, str):
        raise NotAllowed("nickname is text.")
    return replace(service, nickname=value)


def _tags(service: Service, value: object) -> Service:
    """As the API shows them, [{"name": …}], or as the old Go client sends them, a list of texts."""
    items = value if isinstance(value, list) else [None]
    names = [item.get("name") if isinstance(item, dict) else item for item in items]
    texts = tuple(name for name in names if isinstance(name, str))
    if len(texts) < len(names):
        raise NotAllowed('tags is a list of {"name": …}.')
    return replace(service, tags=texts)


_FIELDS: Mapping[str, Callable[[Service, object], Service]] = {
    "target_num_containers": _wanted,
    "autorestart": _autorestart,
    "image": _image,
    "nickname": _nickname,
    "tags": _tags,
}
