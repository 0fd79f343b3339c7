"""What the operators about a single value ask, each made once from its operand.

Every predicate takes any JSON value and never raises; a value of another type than the operator
speaks of is simply false (rules.md §2, Types). Regexes and globs run on RE2: linear time. The
operators that only EventBridge has are in `eventbridge`.
"""

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from ipaddress import IPv6Address, ip_address, ip_network

from reactor.engine.operators import Holds, same_scalar
from reactor.model.errors import ReactorError
from reactor.model.uri import comparable_uri

MAX_PATTERN = 1024  # bytes
# What counted repetitions may add to a regex, in letters and classes. RE2 takes up to 20 ns for
# each of them and each byte of a text: 50 ms for 5 KB.
_MAX_COPIES = 500
_MAX_SPECIAL = 250  # `*`, `?` and classes of a glob, for the same reason
# Bytes that RE2 may take for a pattern and for what it remembers of texts, of which there may be
# thousands. It refuses what needs more, and compiles what fits within 30 ms.
_MEMORY = 512 * 1024
_PATTERN_PART = re.compile(
    r"\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\\\]])*+(?:\]|\Z)"  # a class
    r"|(?P<open>\((?:\?P?<\w+>|\?[^():]*:)?)|(?P<close>\))"
    r"|\{(?P<least>[0-9]+)(?:,(?P<most>[0-9]*))?\}"
    r"|\\.|.",
    re.DOTALL,
)
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_CLASS_SPECIAL = re.compile(r"[\\\[\]^&~|]")
_BACKSLASHED = r"\\\g<0>"
_LONGEST_NUMBER = 400  # a float has at most 309 digits before the point

Number = int | float | Decimal
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
    return on_text(lambda text: comparable_uri(text) == wanted)


def _prefix(operand: object) -> Holds:
    wanted = text_of(operand)
    return on_text(lambda text: text.startswith(wanted))


def _suffix(operand: object) -> Holds:
    wanted = text_of(operand)
    return on_text(lambda text: text.endswith(wanted))


def _contains(operand: object) -> Holds:
    wanted = text_of(operand)
    return on_text(lambda text: wanted in text)


def icase(operand: object) -> Holds:
    """Equal after Unicode case folding."""
    wanted = text_of(operand).casefold()
    return on_text(lambda text: text.casefold() == wanted)


def _regex(operand: object) -> Holds:
    pattern = _pattern(operand)
    if _copies(pattern) > _MAX_COPIES:
        raise OperandInvalid("it repeats too much, which would be slow")
    return on_text(_search(pattern))


def _copies(pattern: str) -> int:
    """How many letters and classes are added when the counted repetitions of a regex are written
    out. RE2 writes them out before it minds its memory, and takes many seconds for some."""
    sizes, last, copies = [0], 0, 0  # of the groups that are open; of what would be repeated
    for part in _PATTERN_PART.finditer(pattern):
        if part["open"]:
            sizes.append(0)
        elif part["close"]:
            last = sizes.pop() if len(sizes) > 1 else 0
            sizes[-1] += last
        elif part["least"]:
            added = last * (max(int(part["least"]), int(part["most"] or 0)) - 1)
            copies, last = copies + added, last + added
            sizes[-1] += added
        else:
            last = 1
            sizes[-1] += 1
    return copies


def _glob(operand: object) -> Holds:
    glob = _pattern(operand)
    if sum(map(glob.count, "*?[")) > _MAX_SPECIAL:
        raise OperandInvalid(f"a glob has at most {_MAX_SPECIAL} of '*', '?' and '['")
    return on_text(_search(_glob_pattern(glob or "*")))  # empty, it asks nothing of a text


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
    options.max_mem = _MEMORY
    try:
        search = re2.compile(pattern.encode(), options).search
    except (re2.error, UnicodeEncodeError) as error:
        raise OperandInvalid(f"it is not an RE2 pattern: {_told(error)}") from error
    # As bytes, because a lone surrogate, which JSON can write, would raise in RE2's own encoding.
    return lambda text: search(text.encode(errors="replace")) is not None


def _pattern(operand: object) -> str:
    if len(text_of(operand).encode(errors="replace")) > MAX_PATTERN:
        raise OperandInvalid(f"a pattern has at most {MAX_PATTERN} bytes")
    return text_of(operand)


def _told(error: Exception) -> str:
    cause = error.args[0]
    return cause.decode(errors="replace") if isinstance(cause, bytes) else str(cause)


def _cidr(operand: object) -> Holds:
    try:
        network = ip_network(text_of(operand), strict=False)
    except ValueError as error:
        raise OperandInvalid("expected a network such as 10.0.0.0/8") from error

    def inside(text: str) -> bool:
        try:
            address = ip_address(text)
        except ValueError:
            return False
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return address in network or (mapped is not None and mapped in network)

    return on_text(inside)


def _ordered(compare: Callable[[Number, Number], bool]) -> Callable[[object], Holds]:
    def make(operand: object) -> Holds:
        if isinstance(operand, bool) or not isinstance(operand, int | float):
            raise OperandInvalid("expected a number")
        if not math.isfinite(operand):
            raise OperandInvalid("expected a finite number")

        def holds(value: object) -> bool:
            number = number_of(value)
            return number is not None and compare(number, operand)

        return holds

    return make


def number_of(value: object) -> Number | None:
    """A number, or a text that is a plain decimal number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and len(value) <= _LONGEST_NUMBER and _DECIMAL.fullmatch(value):
        return _decimal(value)
    return None


def _decimal(text: str) -> Number:
    """The float that is written so, as then `"0.1"` is the 0.1 of a rule; else what is exact."""
    exact, near = Decimal(text), float(text)
    return near if Decimal(repr(near)) == exact else exact


def on_text(holds: _Text) -> Holds:
    """A question about a text; for every other value it is false."""
    return lambda value: isinstance(value, str) and holds(value)


def text_of(operand: object) -> str:
    """The operand, which must be a text. Raises OperandInvalid."""
    if not isinstance(operand, str):
        raise OperandInvalid("expected a text")
    return operand


PREDICATES: Mapping[str, Callable[[object], Holds]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "contains": _contains,
    "glob": _glob,
    "regex": _regex,
    "icase": icase,
    "gt": _ordered(lambda value, bound: value > bound),
    "gte": _ordered(lambda value, bound: value >= bound),
    "lt": _ordered(lambda value, bound: value < bound),
    "lte": _ordered(lambda value, bound: value <= bound),
    "cidr": _cidr,
}
"""By operator name: from the operand to the question. Each raises OperandInvalid."""
