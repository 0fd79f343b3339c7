"""Bodies of webhooks: from bytes and a media type to JSON objects. Nothing here raises."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

import msgspec

from reactor.engine.inbound.values import Ground, Inbound, Refused
from reactor.engine.normalize import MAX_BYTES, Refusal, decode_frame

MAX_EVENTS = 1_000
"""Events in one request: it is journaled as a whole, and must not hold up the others."""

FORM = "application/x-www-form-urlencoded"
_JSON = re.compile(r"(?:application|text)/(?:[a-z0-9!#$&^_.+-]+\+)?json", re.ASCII)
_MAX_FIELDS = 100

_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode
_any = msgspec.json.Decoder().decode


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON object: its bytes as they came, and what they say."""

    raw: bytes
    data: Mapping[str, object]


def media_type(inbound: Inbound) -> str:
    """`type/subtype` in lower case, without parameters; empty when there is not exactly one."""
    return (inbound.only("content-type") or "").partition(";")[0].strip().lower()


def is_json(media: str) -> bool:
    """Whether a media type says JSON: `application/json`, `application/anything+json`."""
    return _JSON.fullmatch(media) is not None


def json_body(inbound: Inbound) -> bytes | Refused:
    """The body, if it says that it is JSON."""
    media = media_type(inbound)
    return inbound.body if is_json(media) else not_taken(media, "JSON")


def not_taken(media: str, taken: str) -> Refused:
    """The refusal of a body of another media type."""
    sent = "without one Content-Type" if not media else f"as {media[:100]!r}"
    return Refused(415, Ground.MEDIA_TYPE, f"its body came {sent}, expected {taken}")


def json_object(raw: bytes | Refused) -> Document | Refused:
    """The one object that a body holds."""
    if isinstance(raw, Refused):
        return raw
    data = decode_frame(raw)
    if isinstance(data, Refusal):
        return _unreadable(data)
    return Document(raw, data)


def json_objects(raw: bytes | Refused) -> tuple[Document, ...] | Refused:
    """The object that a body holds, or those of its list, each as the sender wrote it."""
    if isinstance(raw, Refused):
        return raw
    if raw.lstrip(b" \t\r\n")[:1] == b"[":
        return _all_objects(elements(raw))
    return _all_objects((raw,))


def list_under(document: Document, name: str) -> tuple[Document, ...] | Refused:
    """The objects of the list that is this member of an object."""
    if not isinstance(document.data.get(name), list):
        return Refused(422, Ground.NO_EVENT, f"its body has no list '{name}'")
    return _all_objects(elements(bytes(_members(document.raw)[name])))


def elements(raw: bytes) -> tuple[bytes, ...] | Refused:
    """The elements of a JSON list, uninterpreted."""
    if len(raw) > MAX_BYTES:
        return _unreadable(Refusal.TOO_LARGE)
    try:
        return tuple(bytes(element) for element in _elements(raw))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _unreadable(Refusal.NOT_JSON)
    except RecursionError:
        return _unreadable(Refusal.TOO_DEEP)


def _all_objects(raws: Iterable[bytes] | Refused) -> tuple[Document, ...] | Refused:
    if isinstance(raws, Refused):
        return raws
    documents = []
    for count, raw in enumerate(raws, start=1):
        document = json_object(raw)
        if count > MAX_EVENTS:
            return Refused(413, Ground.NO_EVENT, f"its body holds more than {MAX_EVENTS} events")
        if isinstance(document, Refused):
            return document
        documents.append(document)
    return tuple(documents)


def is_json_value(raw: bytes) -> bool:
    """Whether these bytes are JSON of any kind, and nothing more."""
    try:
        _any(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def form_fields(raw: bytes) -> Mapping[str, str] | Refused:
    """The fields of a form, each of which may stand there once."""
    try:
        pairs = parse_qsl(
            raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS
        )
    except ValueError:
        return Refused(400, Ground.NO_EVENT, f"its body is no form of up to {_MAX_FIELDS} fields")
    fields = dict(pairs)
    if len(fields) < len(pairs):
        return Refused(400, Ground.NO_EVENT, "a field of its form stands there twice")
    return fields


def _unreadable(refusal: Refusal) -> Refused:
    status = {Refusal.TOO_LARGE: 413, Refusal.NOT_AN_OBJECT: 422}.get(refusal, 400)
    return Refused(status, Ground.NO_EVENT, f"its body is no event: {refusal.sentence}")
