"""The filters of templates, and how values are written in a text (rules.md §4).

Values are written as JSON writes them, text without quotes. Every filter takes any JSON value and
is bounded in what it makes. An argument that a filter cannot take raises TypeError or ValueError.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote

import msgspec

from reactor.model.errors import RenderFailed

MAX_TEXT = 256 * 1024
_MAX_DIGITS = 15  # what a float holds


class Encoded(str):
    """A text that is already percent-encoded."""

    __slots__ = ()


def text_of(value: object) -> str:
    """`value` as a text shows it: `web`, `true`, `137`, `null`, `["a"]`. Raises RenderFailed."""
    return value if isinstance(value, str) else json_of(value)


def json_of(value: object) -> str:
    """`value` as JSON text. Raises RenderFailed if it cannot be written so."""
    try:
        return msgspec.json.encode(value).decode()
    except (RecursionError, TypeError, UnicodeEncodeError, OverflowError) as error:
        raise RenderFailed(f"a value cannot be written as JSON: {error}") from error


def _upper(value: object) -> str:
    return text_of(value).upper()


def _lower(value: object) -> str:
    return text_of(value).lower()


def _trim(value: object, letters: str | None = None) -> str:
    return text_of(value).strip(letters)


def _truncate(
    value: object,
    length: int = 255,
    inside_words: bool = False,  # noqa: FBT001, FBT002 -- templates pass it by position
    end: str = "...",
) -> str:
    """At most `length` characters, `end` among them, cut between words if there is a gap."""
    text = text_of(value)
    if len(end) > length:
        raise ValueError("the length has no room for the end")
    if len(text) <= length:
        return text
    kept = text[: length - len(end)]
    return (kept if inside_words else kept.rsplit(" ", 1)[0]) + end


def _replace(value: object, old: str, new: str) -> str:
    text = text_of(value)
    if len(text) + text.count(old) * (len(new) - len(old)) > MAX_TEXT:
        raise RenderFailed("the filter 'replace' would make more than 256 KiB")
    return text.replace(old, new)


def _join(value: object, separator: str = "") -> str:
    if not isinstance(value, list):
        return text_of(value)
    return str.join(separator, _bounded(value, len(separator)))


def _bounded(values: list[object], between: int) -> Iterator[str]:
    size = 0
    for value in values:
        text = text_of(value)
        size += len(text) + between
        if size > MAX_TEXT:
            raise RenderFailed("the filter 'join' would make more than 256 KiB")
        yield text


def _length(value: object) -> int:
    """Characters, elements or fields; nothing else has a length."""
    return len(value) if isinstance(value, str | list | dict) else 0


def _round(value: object, digits: int = 0) -> object:
    """A whole number without `digits`; what is no number stays as it is."""
    if not 0 <= digits <= _MAX_DIGITS:
        raise ValueError(f"digits are 0 to {_MAX_DIGITS}")
    if isinstance(value, float) and math.isfinite(value):
        return round(value, digits or None)
    return value


def _urlencode(value: object) -> Encoded:
    return percent_encoded(text_of(value))


def percent_encoded(text: str) -> Encoded:
    """`text` for a place in a URL: nothing in it can end that place."""
    return Encoded(quote(text, safe="", errors="replace"))


FILTERS: Mapping[str, Callable[..., object]] = {
    "upper": _upper,
    "lower": _lower,
    "trim": _trim,
    "truncate": _truncate,
    "replace": _replace,
    "join": _join,
    "length": _length,
    "round": _round,
    "tojson": json_of,
    "urlencode": _urlencode,
}
"""By name: what may stand behind `|`, but for `default`, which is about missing fields."""
