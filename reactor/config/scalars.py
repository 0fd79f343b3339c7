"""What an unquoted YAML text means: null, a boolean, a decimal number, or itself (rules.md §1)."""

import math
import re

_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
# What YAML 1.1 took for booleans, and many people still do.
_BOOLEAN_ONCE = frozenset({"yes", "no", "on", "off", "true", "false"})
# JSON as events bring it has no integers beyond 64 bits.
_SMALLEST, _LARGEST = -(1 << 63), (1 << 64) - 1
_MAX_LETTERS = 400


class NumberTooLarge(Exception):
    """A number that no event can carry."""


def scalar_value(text: str) -> str | int | float | bool | None:
    """The value that `text` writes without quotes. `0137` is 137, `22:00` is a text.

    Raises NumberTooLarge.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789" or _NUMBER.fullmatch(text) is None:
        return text
    if len(text) > _MAX_LETTERS:
        raise NumberTooLarge
    number = int(text) if _INTEGER.fullmatch(text) else float(text)
    if math.isinf(number) or (isinstance(number, int) and not _SMALLEST <= number <= _LARGEST):
        raise NumberTooLarge
    return number


def looks_boolean(text: str) -> bool:
    """Whether `text` was a boolean in YAML 1.1 and is a text here."""
    return text not in _WORDS and text.lower() in _BOOLEAN_ONCE
