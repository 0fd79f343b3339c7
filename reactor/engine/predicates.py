"""What the operators about a single value ask, each made once from its operand.

Every predicate takes any JSON value and never raises; a value of another type than the operator
speaks of is simply false (rules.md §2, Types). Regexes and globs run on RE2: linear time.
"""

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from ipaddress import ip_address, ip_network

from reactor.engine.operators import Holds, same_scalar
from reactor.model.errors import ReactorError
from reactor.model.uri import comparable_uri

MAX_PATTERN = 1024  # bytes
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_CLASS_SPECIAL = re.compile(r"[\\\[\]^&~|]")
_BACKSLASHED = r"\\\g<0>"
_LONGEST_NUMBER = 400  # a float has at most 309 digits before the point

_Number = int | float | Decimal
_Text = Callable[[str], bool]


class OperandInvalid(ReactorError):
    """What an operator was given does not suit it; the message says what was expected."""


def equals(operand: object) -> Holds:
    """Equal to a single value, types included."""
    if isinstance(operand, str):  # the usual case, and no other type is equal to a text
        return lambda value: value == operand
    return lambda value: same_scalar(value, operand)


def equals_uri(operand: str) -> Holds:
    """The URI of the same object, whatever namespace and trailing slash."""
    wanted = comparable_uri(operand)
    return _on_text(lambda text: comparable_uri(text) == wanted)


def _prefix(operand: object) -> Holds:
    wanted = _text(operand)
    return _on_text(lambda text: text.startswith(wanted))


def _suffix(operand: object) -> Holds:
    wanted = _text(operand)
    return _on_text(lambda text: text.endswith(wanted))


def _contains(operand: object) -> Holds:
    wanted = _text(operand)
    return _on_text(lambda text: wanted in text)


def _icase(operand: object) -> Holds:
    wanted = _text(operand).casefold()
    return _on_text(lambda text: text.casefold() == wanted)


def _regex(operand: object) -> Holds:
    return _on_text(_search(_pattern(operand)))


def _glob(operand: object) -> Holds:
    return _on_text(_search(_glob_pattern(_pattern(operand))))


def _glob_pattern(glob: str) -> str:
    """The regex for a whole text: `*` any letters, `?` one, `[…]` one of a class (`[!…]` not)."""
    pattern = re.sub(
        r"(\*)|(\?)|\[([!^]?)(\][^\]]*|[^\]]+)\]|(.)",
        lambda found: _glob_part(*found.groups()),
        glob,
        flags=re.DOTALL,
    )
    return rf"(?s)\A(?:{pattern})\z"


def _glob_part(star: str, one: str, negation: str, letters: str, other: str) -> str:
    if star or one:
        return ".*" if star else "."
    if letters:
        return f"[{'^' if negation else ''}{_CLASS_SPECIAL.sub(_BACKSLASHED, letters)}]"
    if other == "[":
        raise OperandInvalid("a '[' is not closed")
    return re.escape(other)


def _search(pattern: str) -> _Text:
    """Whether a text holds what an RE2 pattern describes. Raises OperandInvalid."""
    import re2

    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    try:
        search = re2.compile(pattern.encode(), options).search
    except (re2.error, UnicodeEncodeError) as error:
        raise OperandInvalid(f"it is not an RE2 pattern: {_told(error)}") from error
    # As bytes, because a lone surrogate, which JSON can write, would raise in RE2's own encoding.
    return lambda text: search(text.encode(errors="replace")) is not None


def _pattern(operand: object) -> str:
    if len(_text(operand).encode(errors="replace")) > MAX_PATTERN:
        raise OperandInvalid(f"a pattern has at most {MAX_PATTERN} bytes")
    return _text(operand)


def _told(error: Exception) -> str:
    cause = error.args[0]
    return cause.decode(errors="replace") if isinstance(cause, bytes) else str(cause)


def _cidr(operand: object) -> Holds:
    try:
        network = ip_network(_text(operand), strict=False)
    except ValueError as error:
        raise OperandInvalid("expected a network such as 10.0.0.0/8") from error

    def inside(text: str) -> bool:
        try:
            return ip_address(text) in network
        except ValueError:
            return False

    return _on_text(inside)


def _ordered(compare: Callable[[_Number, _Number], bool]) -> Callable[[object], Holds]:
    def make(operand: object) -> Holds:
        if isinstance(operand, bool) or not isinstance(operand, int | float):
            raise OperandInvalid("expected a number")
        if not math.isfinite(operand):
            raise OperandInvalid("expected a finite number")

        def holds(value: object) -> bool:
            number = _number(value)
            return number is not None and compare(number, operand)

        return holds

    return make


def _number(value: object) -> _Number | None:
    """A number, or a text that is a plain decimal number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and len(value) <= _LONGEST_NUMBER and _DECIMAL.fullmatch(value):
        return Decimal(value)  # exact, as a float would not be
    return None


def _on_text(holds: _Text) -> Holds:
    return lambda value: isinstance(value, str) and holds(value)


def _text(operand: object) -> str:
    if not isinstance(operand, str):
        raise OperandInvalid("expected a text")
    return operand


PREDICATES: Mapping[str, Callable[[object], Holds]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "contains": _contains,
    "glob": _glob,
    "regex": _regex,
    "icase": _icase,
    "gt": _ordered(lambda value, bound: value > bound),
    "gte": _ordered(lambda value, bound: value >= bound),
    "lt": _ordered(lambda value, bound: value < bound),
    "lte": _ordered(lambda value, bound: value <= bound),
    "cidr": _cidr,
}
"""By operator name: from the operand to the question. Each raises OperandInvalid."""
