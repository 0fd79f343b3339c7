"""Between model values and what a column holds. No SQL."""

from datetime import datetime, timedelta
from typing import TypedDict

import msgspec

from reactor.duration import to_micros
from reactor.model.request import StoredRequest
from reactor.model.secret import Joint, Parts, SecretRef

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
_decode_object = msgspec.json.Decoder(dict[str, object]).decode

_Parts = list[str | list[str]]
"""A text is itself; a secret's place is [reference, joint]."""


class _Request(TypedDict):
    method: str
    shown_url: str | None
    url: _Parts | None
    headers: dict[str, _Parts]
    body: _Parts


_decode_pairs = msgspec.json.Decoder(list[tuple[int, int]]).decode
_MICROSECOND = timedelta(microseconds=1)

_decode_request = msgspec.json.Decoder(_Request).decode


def to_json(value: object) -> str:
    """JSON text of plain data, for a column or for `json_each`."""
    return _encode(value).decode()


def from_any_json(text: str) -> object:
    """The plain data that `to_json` wrote."""
    return _decode(text)


def from_json(text: str) -> dict[str, object]:
    """The object that a column holds."""
    return _decode_object(text)


def from_pairs(text: str) -> list[tuple[int, int]]:
    """The pairs of numbers that `to_json` wrote."""
    return _decode_pairs(text)


def to_text(request: StoredRequest) -> str:
    """A stored request as JSON text; secrets are in it as references only."""
    return to_json(
        {
            "method": request.method,
            "shown_url": request.shown_url,
            "url": None if request.url is None else _plain(request.url),
            "headers": {name: _plain(parts) for name, parts in request.headers.items()},
            "body": _plain(request.body),
        }
    )


def to_request(text: str) -> StoredRequest:
    """The stored request that `to_text` wrote."""
    stored = _decode_request(text)
    return StoredRequest(
        method=stored["method"],
        shown_url=stored["shown_url"],
        url=None if stored["url"] is None else _parts(stored["url"]),
        headers={name: _parts(parts) for name, parts in stored["headers"].items()},
        body=_parts(stored["body"]),
    )


def _plain(parts: Parts) -> _Parts:
    return [part if isinstance(part, str) else [part.reference, part.joint] for part in parts]


def _parts(plain: _Parts) -> Parts:
    return tuple(
        part if isinstance(part, str) else SecretRef(part[0], Joint(part[1])) for part in plain
    )


def to_span(span: timedelta) -> int:
    """A span as whole microseconds."""
    return span // _MICROSECOND


def from_span(micros: int) -> timedelta:
    """The span that `to_span` turned into a number."""
    return timedelta(microseconds=micros)


def to_moment(moment: datetime | None) -> int | None:
    """A moment that may be missing, as microseconds since 1970."""
    return None if moment is None else to_micros(moment)
