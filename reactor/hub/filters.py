"""What a client asks for: the frames of a stream, the objects of a list."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from starlette.datastructures import QueryParams

from reactor.hub.eras import tutum_uri
from reactor.hub.fleet import Fleet, Frame, NoSuchObject, Object
from reactor.hub.related import related
from reactor.hub.states import GONE, State
from reactor.model.errors import ReactorError
from reactor.model.uri import comparable_uri, parse_uri


class BadQuery(ReactorError):
    """The query of a request asks for something that is not there, or not in the right words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameFilter:
    """Any value within one parameter, all parameters together; an empty one lets everything pass.

    Objects and parents are as `comparable_uri` makes them.
    """

    types: frozenset[str]
    objects: frozenset[object]
    parents: frozenset[object]

    def passes(self, frame: Frame) -> bool:
        """Whether the client wants the frame."""
        parents = frame["parents"]
        return (
            (not self.types or frame["type"] in self.types)
            and (not self.objects or bool(self.objects & _comparable([frame["resource_uri"]])))
            and (not self.parents or bool(self.parents & _comparable(parents)))
        )


def frame_filter(query: QueryParams) -> FrameFilter:
    """The filter of a stream's query. Values are repeated or comma-joined, and what Docker Cloud's
    documents called `parent` its Go client called `parents` (docs/platforms.md §2)."""
    return FrameFilter(
        types=frozenset(_values(query, "type")),
        objects=_comparable(_values(query, "object")),
        parents=_comparable([*_values(query, "parent"), *_values(query, "parents")]),
    )


def _values(query: QueryParams, name: str) -> list[str]:
    texts = (part.strip() for value in query.getlist(name) for part in value.split(","))
    return [text for text in texts if text]


def _comparable(uris: object) -> frozenset[object]:
    listed = uris if isinstance(uris, list) else []
    return frozenset(comparable_uri(uri) for uri in listed if isinstance(uri, str))


Condition = Callable[[object], bool]
"""Whether a field's value is one that a list's filter asks for."""


def _equals(wanted: str) -> Condition:
    return lambda value: value == wanted


def _starts(wanted: str) -> Condition:
    return lambda value: isinstance(value, str) and value.startswith(wanted)


def _names(wanted: str) -> Condition:
    return lambda value: isinstance(value, str) and comparable_uri(value) == comparable_uri(wanted)


def _is_place(wanted: str) -> Condition:
    place = tutum_uri(wanted).rstrip("/")
    return lambda value: isinstance(value, str) and tutum_uri(value).rstrip("/") == place


def _among(wanted: Collection[object]) -> Condition:
    return lambda value: isinstance(value, str) and comparable_uri(value) in wanted


def _since(wanted: str) -> Condition:
    # Objects show whole seconds, so within the second that is asked for nothing may be left out.
    start = _moment(wanted).replace(microsecond=0)
    return lambda value: isinstance(value, str) and _moment(value) >= start


def _until(wanted: str) -> Condition:
    end = _moment(wanted)
    return lambda value: isinstance(value, str) and _moment(value) <= end


def _moment(text: str) -> datetime:
    """A date as REST objects or as frames write it; UTC if it does not say."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = parsedate_to_datetime(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_FILTERS: Mapping[str, tuple[str, Callable[[str], Condition]]] = {
    "uuid": ("uuid", _equals),
    "uuid__startswith": ("uuid", _starts),
    "name": ("name", _equals),
    "state": ("state", _equals),
    "stack": ("stack", _names),
    "stack__name": ("stack__name", _equals),
    "service": ("service", _names),
    "service__stack__name": ("service__stack__name", _equals),
    "node": ("node", _names),
    "node_cluster": ("node_cluster", _names),
    "node_type": ("node_type", _is_place),
    "region": ("region", _is_place),
    "docker_version": ("docker_version", _equals),
    "object": ("object", _names),
    "start_date__gte": ("start_date", _since),
    "start_date__lte": ("start_date", _until),
    "end_date__gte": ("end_date", _since),
    "end_date__lte": ("end_date", _until),
}
"""For each filter the field that it looks at and how. `a__b` is the field b of the object that the
URI in the field a names."""

_EVERY = frozenset({"uuid", "uuid__startswith", "state"})
OFFERED: Mapping[str, frozenset[str]] = {
    "stack": _EVERY | {"name"},
    "service": _EVERY | {"name", "stack", "stack__name"},
    "container": _EVERY | {"name", "service", "node", "service__stack__name"},
    "node": _EVERY | {"node_cluster", "node_type", "region", "docker_version"},
    "nodecluster": _EVERY | {"name", "node_type", "region"},
    "action": _EVERY
    | {"object", "include_related"}
    | {f"{date}__{bound}" for date in ("start_date", "end_date") for bound in ("gte", "lte")},
}
"""The filters that a list of each type has."""


def select(fleet: Fleet, kind: str, wanted: Iterable[tuple[str, str]]) -> list[Object]:
    """The fleet's objects of a kind for which every filter holds, oldest first.

    A name is that of what lives: what is gone is only found by it while nothing else is. A filter
    that is not there raises BadQuery: ignoring it would have the old command lines act on the wrong
    object (docs/platforms.md §1).
    """
    asked = dict(wanted)
    conditions = []
    if kind == "action" and _is_true(asked.pop("include_related", "false")) and "object" in asked:
        conditions.append(("object", _among(related(fleet, asked.pop("object")))))
    conditions += [_condition(kind, name, value) for name, value in asked.items()]
    found = [
        thing
        for thing in fleet.objects(kind)
        if all(condition(_field(fleet, thing, path)) for path, condition in conditions)
    ]
    return _present(found) if "name" in asked else found


def _present(found: list[Object]) -> list[Object]:
    """Without what is gone, unless all of it is. What is redeployed has its name from one that is
    listed for ten minutes more, and of two the old command lines take neither."""
    living = [thing for thing in found if thing["state"] not in GONE]
    return living or [thing for thing in found if thing["state"] != State.TERMINATED] or found


def _is_true(text: str) -> bool:
    if text.lower() not in ("true", "false"):  # Python's clients write them with a capital
        raise BadQuery("include_related is true or false.")
    return text.lower() == "true"


def _condition(kind: str, name: str, value: str) -> tuple[str, Condition]:
    if name not in OFFERED[kind]:
        offered = ", ".join(sorted(OFFERED[kind]))
        raise BadQuery(f"A list of {kind} has no filter '{name}'; possible: {offered}.")
    path, make = _FILTERS[name]
    try:
        return path, make(value)
    except (ValueError, OverflowError) as fault:
        raise BadQuery(f"'{value}' is no date for {name}; write 2016-02-01T16:47:28Z.") from fault


def _field(fleet: Fleet, thing: Object, path: str) -> object:
    """The value of a field, followed through the URIs on the way; None where there is none."""
    field, _, rest = path.partition("__")
    value = thing.get(field)
    if not rest:
        return value
    named = parse_uri(value) if isinstance(value, str) else None
    if named is None:
        return None
    try:
        return _field(fleet, fleet.find(named.type, named.id), rest)
    except NoSuchObject:
        return None
