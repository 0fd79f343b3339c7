"""Between model values and what a column holds. No SQL."""

from datetime import datetime, timedelta

import msgspec

from reactor.duration import from_micros, to_micros
from reactor.model.request import StoredRequest

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
_decode_object = msgspec.json.Decoder(dict[str, object]).decode
_decode_objects = msgspec.json.Decoder(list[dict[str, object]]).decode

_decode_pairs = msgspec.json.Decoder(list[tuple[int, int]]).decode
_decode_names = msgspec.json.Decoder(list[tuple[str, str]]).decode
_decode_request = msgspec.json.Decoder(StoredRequest).decode
_MICROSECOND = timedelta(microseconds=1)


def to_json(value: object) -> str:
    """JSON text of plain data, for a column or for `json_each`."""
    return _encode(value).decode()


def from_any_json(text: str) -> object:
    """The plain data that `to_json` wrote."""
    return _decode(text)


def from_json(text: str) -> dict[str, object]:
    """The object that a column holds."""
    return _decode_object(text)


def from_objects(text: str) -> list[dict[str, object]]:
    """The list of objects that a column holds."""
    return _decode_objects(text)


def from_pairs(text: str) -> list[tuple[int, int]]:
    """The pairs of numbers that `to_json` wrote."""
    return _decode_pairs(text)


def from_names(text: str) -> list[tuple[str, str]]:
    """The pairs of texts that a query made."""
    return _decode_names(text)


def to_text(request: StoredRequest) -> str:
    """A stored request as JSON text; secrets are in it as references only."""
    return to_json(request)


def to_request(text: str) -> StoredRequest:
    """The stored request that `to_text` wrote."""
    return _decode_request(text)


def to_span(span: timedelta) -> int:
    """A span as whole microseconds."""
    return span // _MICROSECOND


def from_span(micros: int) -> timedelta:
    """The span that `to_span` turned into a number."""
    return timedelta(microseconds=micros)


def to_moment(moment: datetime | None) -> int | None:
    """A moment that may be missing, as microseconds since 1970."""
    return None if moment is None else to_micros(moment)


def from_moment(micros: int | None) -> datetime | None:
    """The moment that `to_moment` turned into a number."""
    return None if micros is None else from_micros(micros)
