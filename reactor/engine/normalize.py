"""From a frame as it was received to an Event, and from an Event to the record that rules see."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from reactor.duration import format_time, parse_time
from reactor.model.event import PLATFORM_FACTS, PLATFORM_OBJECTS, Arrival, Event, Record
from reactor.model.uri import parse_uri

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64
_REST_DATE = "%a, %d %b %Y %H:%M:%S %z"

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder(order="sorted").encode


class Refusal(StrEnum):
    """Why a frame cannot be an event."""

    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    TOO_DEEP = "too_deep"
    HAS_NUL = "has_nul"
    HUGE_NUMBER = "huge_number"

    @property
    def sentence(self) -> str:
        """The same for people."""
        return _SENTENCES[self]


_SENTENCES = {
    Refusal.TOO_LARGE: f"larger than {MAX_BYTES} bytes",
    Refusal.NOT_JSON: "not JSON in UTF-8",
    Refusal.NOT_AN_OBJECT: "JSON, but not an object",
    Refusal.TOO_DEEP: f"nested deeper than {MAX_DEPTH} levels",
    Refusal.HAS_NUL: "a text in it holds a NUL character",
    Refusal.HUGE_NUMBER: "a number in it is larger than any program agrees on",
}


def canonical(value: object) -> str:
    """JSON text that is equal for equal values: keys sorted, no spaces."""
    return _encode(value).decode()


def normalize(arrival: Arrival, received_at: datetime) -> Event | Refusal:
    """The event that a frame is, or why it is none. Never raises, whatever the bytes."""
    data = decode_frame(arrival.raw)
    if isinstance(data, Refusal):
        return data
    source, subject = arrival.source, data.get("resource_uri")
    uuid = None if arrival.is_named else data.get("uuid")
    return Event(
        id=uuid if isinstance(uuid, str) and uuid else arrival.identity,
        source=source,
        subject=arrival.subject or (subject if isinstance(subject, str) and subject else source),
        time=arrival.time or frame_time(data) or received_at,
        received_at=received_at,
        raw=arrival.raw,
        data=data,
        facts=_facts(arrival, data),
        platform=arrival.platform,
    )


def decode_frame(raw: bytes) -> dict[str, object] | Refusal:
    """The object that a frame's UTF-8 JSON text writes, within our limits."""
    data = Refusal.TOO_LARGE if len(raw) > MAX_BYTES else _decoded(raw)
    if isinstance(data, Refusal):
        return data
    if not isinstance(data, dict):
        return Refusal.NOT_AN_OBJECT
    return _unsafe(raw, data) or data


def _decoded(raw: bytes) -> object:
    try:
        return _decode(raw)
    except msgspec.ValidationError:  # untyped decoding validates nothing but the size of numbers
        return Refusal.HUGE_NUMBER
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Refusal.NOT_JSON
    except RecursionError:
        return Refusal.TOO_DEEP


def _unsafe(raw: bytes, data: dict[str, object]) -> Refusal | None:
    """What well-formed JSON can still hold that we do not take."""
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and _is_deep(data):
        return Refusal.TOO_DEEP
    if b"\\u0000" in raw and any("\x00" in text for text in _texts(data)):
        return Refusal.HAS_NUL
    return None


def _is_deep(data: object) -> bool:
    """Whether containers nest deeper than MAX_DEPTH; level by level, so it cannot recurse."""
    level, depth = [data], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            return True
        level = [
            child for node in level for child in _children(node) if isinstance(child, dict | list)
        ]
    return False


def _texts(data: object) -> Iterator[str]:
    """Every text in the data, keys included. Called only on data that is not deep."""
    waiting = [data]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict):
            yield from node
        waiting.extend(_children(node))


def _children(node: object) -> list[object]:
    if isinstance(node, dict):
        return list(node.values())
    return node if isinstance(node, list) else []


def frame_time(data: Mapping[str, object]) -> datetime | None:
    """When the frame says that it happened: `datetime` (Docker Cloud) or `date` (late Tutum),
    ISO 8601 or the REST form `Thu, 16 Oct 2014 12:04:08 +0000` (docs/platforms.md §2)."""
    for name in ("datetime", "date"):
        text = data.get(name)
        if isinstance(text, str):
            return platform_time(text)
    return None


def platform_time(text: str) -> datetime | None:
    """A moment as the platform writes it in a frame or in a REST object, in UTC, or None."""
    return parse_time(text) or _rest_time(text)


def _rest_time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _REST_DATE).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _facts(arrival: Arrival, data: Mapping[str, object]) -> Mapping[str, object]:
    """The source's facts over what the frame's own URIs tell of its objects."""
    if not arrival.platform:
        return arrival.facts
    named = _named_by_uri(data)
    facts: dict[str, object] = {**named, **arrival.facts}
    for name in PLATFORM_OBJECTS:
        known, told = named.get(name), arrival.facts.get(name)
        if isinstance(known, dict) and isinstance(told, Mapping):
            facts[name] = {**known, **told}
    return facts


def _named_by_uri(data: Mapping[str, object]) -> dict[str, object]:
    """`uuid` and `uri` of the event's own object and of its parents, by type."""
    parents = data.get("parents")
    uris = [data.get("resource_uri"), *(parents if isinstance(parents, list) else [])]
    objects: dict[str, object] = {}
    for uri in uris:
        ref = parse_uri(uri) if isinstance(uri, str) else None
        if ref and ref.type in PLATFORM_OBJECTS:
            objects.setdefault(ref.type, {"uuid": ref.id, "uri": uri})
    return objects


def record_of(event: Event) -> Record:
    """What rules see: the frame's fields and the facts over them, on platform sources those of
    PLATFORM_FACTS alone."""
    if not event.platform:
        fields = {**event.data, **event.facts} if event.facts else event.data
        return Record(fields, platform=False)
    facts = {name: event.facts[name] for name in PLATFORM_FACTS if name in event.facts}
    return Record({**event.data, **facts}, platform=True, unknown=event.unknown)


def described(event: Event) -> dict[str, object]:
    """The event as templates, bodies and `--json` show it (rules.md §4, §6)."""
    return {
        "id": event.id,
        "source": event.source,
        "subject": event.subject,
        "time": format_time(event.time),
        "received_at": format_time(event.received_at),
        "data": event.data,
        "facts": event.facts,
    }
