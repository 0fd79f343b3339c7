"""Which objects belong together, for the list of actions that a stack, or one of its parts, had."""

from collections.abc import Iterator, Mapping

from reactor.hub.fleet import Fleet, NoSuchObject, Object
from reactor.model.uri import comparable_uri, parse_uri

_ABOVE: Mapping[str, str] = {"container": "service", "service": "stack", "node": "node_cluster"}
"""For each type the field that names what it is a part of. A container is on its node, but no part
of it (Docker Cloud's documents, *Relationships between Docker Cloud objects*)."""

_BELOW: Mapping[str, str] = {"stack": "service", "service": "container", "nodecluster": "node"}
"""For each type that of its parts."""


def related(fleet: Fleet, uri: str) -> frozenset[object]:
    """The object of a URI with what it is a part of and all its parts, as `comparable_uri` makes
    them."""
    named = parse_uri(uri)
    if named is None:
        return frozenset({comparable_uri(uri)})
    above = _above(fleet, named.type, named.id)
    below = _below(fleet, named.type, uri)
    return frozenset(map(comparable_uri, (uri, *above, *below)))


def _above(fleet: Fleet, kind: str, uuid: str) -> Iterator[str]:
    field = _ABOVE.get(kind)
    try:
        uri = fleet.find(kind, uuid).get(field) if field else None
    except NoSuchObject:
        return
    owner = parse_uri(uri) if isinstance(uri, str) else None
    if owner is not None:
        yield str(uri)
        yield from _above(fleet, owner.type, owner.id)


def _below(fleet: Fleet, kind: str, uri: str) -> Iterator[str]:
    part = _BELOW.get(kind)
    for thing in fleet.objects(part) if part else []:
        if part is not None and _is_part(thing, _ABOVE[part], uri):
            own = str(thing["resource_uri"])
            yield own
            yield from _below(fleet, part, own)


def _is_part(thing: Object, field: str, uri: str) -> bool:
    owner = thing.get(field)
    return isinstance(owner, str) and comparable_uri(owner) == comparable_uri(uri)
