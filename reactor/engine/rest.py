"""What an object of the platform's REST API tells: its facts, its links, when it changed. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from reactor.engine.normalize import platform_time
from reactor.model.uri import ObjectUri, parse_uri, read_uri

LINKS: Mapping[str, Mapping[str, str]] = {
    "container": {"service": "service", "node": "node"},
    "service": {"stack": "stack"},
    "stack": {},
    "node": {"node_cluster": "nodecluster"},
    "nodecluster": {},
}
"""By kind: the fields that hold the URI of what the object belongs to, or null, and the kind of
that. Only one kind links to another."""

LONGEST_TEXT = 4096
"""Characters; a fact is no place for a log or a stackfile."""

_IDENTITY = ("uuid", "uri", "resource_uri", "name")
_NAMES = ("name", "nickname", "external_fqdn")  # nodes have no name
_CHANGES = ("started_datetime", "stopped_datetime", "deployed_datetime", "destroyed_datetime")


def facts_of(kind: str, rest: Mapping[str, object]) -> dict[str, object]:
    """What rules see of a REST object: its scalars and lists of scalars under REST's own names,
    the names of its `tags`, `image`, and the stable facts.

    Objects in it, and lists of them, are left out: they hold environment variables and links,
    where secrets are.
    """
    facts = {name: value for name, value in rest.items() if _is_told(value)}
    if "image_name" in facts:
        facts["image"] = facts["image_name"]
    if "tags" not in facts and (names := _tag_names(rest.get("tags"))):
        facts["tags"] = names
    plain = {name: value for name, value in facts.items() if name not in _IDENTITY}
    return plain | stable_facts(kind, rest)


def stable_facts(kind: str, rest: Mapping[str, object]) -> dict[str, object]:
    """What never changes in an object's life: `name` and its links, null where it has none, and
    `uuid` and `uri` as far as it tells them."""
    facts: dict[str, object] = {field: _text(rest.get(field)) for field in LINKS[kind]}
    facts["name"] = next(filter(None, (_text(rest.get(name)) for name in _NAMES)), None)
    own = read_object(kind, rest.get("resource_uri"))
    if own is not None:
        facts |= {"uuid": own.uuid, "uri": rest["resource_uri"]}
    return facts


def stable_fields(kind: str) -> tuple[str, ...]:
    """The fields that `stable_facts` can hold."""
    return ("uuid", "uri", "name", *LINKS[kind])


def _is_told(value: object) -> bool:
    """Whether a value is a scalar, or a list of scalars, without any long text."""
    parts = value if isinstance(value, list) else (value,)
    return all(
        len(part) <= LONGEST_TEXT if isinstance(part, str) else not isinstance(part, list | dict)
        for part in parts
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and _is_told(value) else None


def _tag_names(tags: object) -> list[str]:
    """REST writes tags as `[{"name": "web"}]`."""
    told = tags if isinstance(tags, list) else []
    names = (_text(tag.get("name")) for tag in told if isinstance(tag, dict))
    return [name for name in names if name is not None]


def read_object(kind: str, uri: object) -> ObjectUri | None:
    """The object of this kind that a URI names to the letter, with nothing behind it; only of such
    a URI may a request be made."""
    found = read_uri(uri) if isinstance(uri, str) else None
    return found[0] if found and found[0].type == kind and not found[1] else None


def is_about(rest: Mapping[str, object], asked: ObjectUri) -> bool:
    """Whether a REST object does not claim to be another one than that which was asked for."""
    uuid, uri = rest.get("uuid"), rest.get("resource_uri")
    told = parse_uri(uri.lower()) if isinstance(uri, str) else None
    return (not isinstance(uuid, str) or uuid.lower() == asked.uuid) and (
        told is None or (told.type, told.id) == (asked.type, asked.uuid)
    )


def changes(rest: Mapping[str, object]) -> Iterator[datetime]:
    """When a REST object says that it was started, stopped, deployed or destroyed, in UTC."""
    for name in _CHANGES:
        moment = _moment(rest.get(name))
        if moment is not None:
            yield moment


def started_at(rest: Mapping[str, object]) -> datetime | None:
    """When a REST object says that it was started last, in UTC."""
    return _moment(rest.get("started_datetime"))


def _moment(text: object) -> datetime | None:
    return platform_time(text) if isinstance(text, str) else None
