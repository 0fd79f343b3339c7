"""Single values of the rule file: each function reads one kind, or notes what it found instead."""

import json
import re
from collections.abc import Collection, Iterable
from datetime import timedelta

from reactor.config.node import Items, Node, Problems, Scalar, Table, did_you_mean, kind_of
from reactor.duration import parse_duration
from reactor.model.gates import After, Rate
from reactor.model.host import host_of

FILTERS = ("type", "object", "parent")
"""What a stream can be narrowed by."""

_URI_FILTERS = ("object", "parent")

_COUNTED = re.compile(r"([0-9]{1,9}) (per|within) ([0-9a-z]+)")
_MAX_NAME = 200
_AUTHORITY = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)
_BLANK = re.compile(r"[\x00-\x20\x7f]")
_METHOD = re.compile(r"[A-Za-z]{1,20}")
_EXPECTED = {
    "per": 'N per DURATION such as "1 per 5m"',
    "within": 'N within DURATION such as "3 within 10m"',
}


def check_keys(
    table: Table, known: Collection[str], problems: Problems, *, later: Collection[str] = ()
) -> None:
    """Note every key that is not known; `later` are those that a later version brings."""
    for key, entry in table.entries.items():
        if key in later:
            problems.note(entry.key_place, f"'{key}' is not yet supported")
        elif key not in known:
            problems.note(entry.key_place, f"unknown key '{key}'", did_you_mean(key, known))


def shown(node: Node) -> str:
    """A value as a message quotes it; variables stay references, so that no secret shows."""
    if not isinstance(node, Scalar):
        return kind_of(node)
    value = node.value if node.written is None else node.written
    if isinstance(value, str) and len(value) > 60:
        value = value[:59] + "…"
    return json.dumps(value, ensure_ascii=False)


def refuse(problems: Problems, key: str, node: Node, expected: str) -> None:
    """Note that `key` holds something else than `expected`."""
    problems.note(node.place, f"'{key}' is {shown(node)}, expected {expected}")


def value_of(table: Table, key: str) -> Node | None:
    """What stands behind `key`, or None when the key is not there."""
    entry = table.entries.get(key)
    return entry.value if entry else None


def as_text(key: str, node: Node, problems: Problems) -> str | None:
    """A text without secrets: it will show in output. None also for one without its variables."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        refuse(problems, key, node, "a text")
        return None
    if node.secrets:
        message = f"'{key}' holds a secret, {node.secrets[0]}, and would show it"
        problems.note(node.place, message, "secrets go into destinations, headers and bodies")
        return None
    return None if node.unresolved else node.value


def as_name(key: str, node: Node, problems: Problems) -> str | None:
    """A name: one line that can be printed."""
    text = as_text(key, node, problems)
    if text is None or is_name(text):
        return text
    refuse(problems, key, node, f"a name: a line of 1 to {_MAX_NAME} printable characters")
    return None


def is_name(text: str) -> bool:
    """Whether `text` can name something."""
    return text.isprintable() and text == text.strip() and 0 < len(text) <= _MAX_NAME


def as_flag(key: str, node: Node | None, problems: Problems, *, default: bool) -> bool:
    """True or false."""
    if node is None:
        return default
    if isinstance(node, Scalar) and isinstance(node.value, bool):
        return node.value
    refuse(problems, key, node, "true or false")
    return default


def as_choice(key: str, node: Node, choices: Iterable[str], problems: Problems) -> str | None:
    """One of a few words."""
    text = as_text(key, node, problems)
    if text is None or text in choices:
        return text
    message = f"'{key}' is {shown(node)}, expected one of {', '.join(choices)}"
    problems.note(node.place, message, did_you_mean(text, choices))
    return None


def as_choices(
    key: str, node: Node, choices: Collection[str], problems: Problems
) -> tuple[str, ...]:
    """One of a few words or a list of at least one."""
    nodes = node.items if isinstance(node, Items) else (node,)
    if not nodes:
        expected = f"expected some of {', '.join(choices)}"
        problems.note(node.place, f"'{key}' is an empty list, {expected}")
    words = (as_choice(key, each, choices, problems) for each in nodes)
    return tuple(dict.fromkeys(word for word in words if word is not None))


def as_texts(key: str, node: Node, problems: Problems) -> tuple[tuple[str, Node], ...]:
    """A text or a list of at least one, each with its node."""
    nodes = node.items if isinstance(node, Items) else (node,)
    if not nodes:
        problems.note(node.place, f"'{key}' is an empty list, expected a text or several")
    texts = ((as_text(key, each, problems), each) for each in nodes)
    return tuple((text, each) for text, each in texts if text is not None)


def as_duration(key: str, node: Node, problems: Problems) -> timedelta | None:
    """A span of time, longer than nothing."""
    text = node.value if isinstance(node, Scalar) else None
    span = parse_duration(text) if isinstance(text, str) else None
    if span is None and not (isinstance(node, Scalar) and node.unresolved):
        refuse(problems, key, node, "a duration such as 500ms, 90s, 5m or 1h30m")
    return span


def as_rate(key: str, node: Node, problems: Problems) -> Rate | None:
    """`N per DURATION`, or its long form `{count: N, per: DURATION}`."""
    found = _counted(key, "per", node, problems)
    return Rate(*found) if found else None


def as_after(key: str, node: Node, problems: Problems) -> After | None:
    """`N within DURATION`, or its long form `{count: N, within: DURATION}`."""
    found = _counted(key, "within", node, problems)
    return After(*found) if found else None


def _counted(key: str, word: str, node: Node, problems: Problems) -> tuple[int, timedelta] | None:
    if isinstance(node, Table):
        return _counted_long(key, word, node, problems)
    if isinstance(node, Scalar) and node.unresolved:
        return None
    text = node.value if isinstance(node, Scalar) else None
    found = _COUNTED.fullmatch(text) if isinstance(text, str) else None
    span = parse_duration(found[3]) if found and found[2] == word else None
    if found is None or span is None or int(found[1]) < 1:
        refuse(problems, key, node, _EXPECTED[word])
        return None
    return int(found[1]), span


def _counted_long(
    key: str, word: str, table: Table, problems: Problems
) -> tuple[int, timedelta] | None:
    check_keys(table, ("count", word), problems)
    count, within = value_of(table, "count"), value_of(table, word)
    if count is None or within is None:
        problems.note(table.place, f"'{key}' needs 'count' and '{word}', or {_EXPECTED[word]}")
        return None
    number, span = as_count("count", count, problems), as_duration(word, within, problems)
    return (number, span) if number and span else None


def as_count(key: str, node: Node, problems: Problems) -> int | None:
    """A whole number from 1."""
    number = node.value if isinstance(node, Scalar) else None
    if not isinstance(number, bool) and isinstance(number, int) and 0 < number < 10**9:
        return number
    refuse(problems, key, node, "a whole number from 1")
    return None


def as_filter(key: str, node: Node, problems: Problems) -> dict[str, tuple[str, ...]] | None:
    """What a stream is narrowed to: each of FILTERS with its values, one of which must fit. A
    text may hold several with commas between them, as the old clients wrote it."""
    if not isinstance(node, Table):
        refuse(problems, key, node, f"a mapping of {', '.join(FILTERS)}")
        return None
    check_keys(node, FILTERS, problems)
    given = {name: _alternatives(name, value_of(node, name), problems) for name in FILTERS}
    return {name: values for name, values in given.items() if values}


def _alternatives(key: str, node: Node | None, problems: Problems) -> tuple[str, ...]:
    found: list[str] = []
    for text, each in as_texts(key, node, problems) if node else ():
        words = [word.strip() for word in text.split(",")]
        if not all(words):
            refuse(problems, key, each, "a text, or several with commas between them")
        elif key in _URI_FILTERS and not all(word.startswith("/") for word in words):
            refuse(problems, key, each, "the URI of an object such as /api/app/v1/service/UUID/")
        found.extend(words)
    return tuple(found)


def as_number(key: str, node: Node, problems: Problems) -> int | None:
    """A whole number from 0."""
    number = node.value if isinstance(node, Scalar) else None
    if not isinstance(number, bool) and isinstance(number, int) and 0 <= number < 10**9:
        return number
    refuse(problems, key, node, "a whole number from 0")
    return None


def as_method(key: str, node: Node, problems: Problems) -> str | None:
    """An HTTP method, in upper case."""
    text = as_text(key, node, problems)
    if text is not None and not _METHOD.fullmatch(text):
        refuse(problems, key, node, "an HTTP method such as POST")
        return None
    return text.upper() if text else None


def authority_end(url: str) -> int:
    """Where scheme, host and port of `url` end; 0 when it is neither http nor https."""
    found = _AUTHORITY.match(url)
    return found.end() if found else 0


def url_fault(url: str) -> str | None:
    """What is wrong with scheme, host or port of a URL, in words that do not show it."""
    found = _AUTHORITY.match(url)
    if found is None:
        return "expected a URL that begins with http:// or https://"
    return None if host_of(found[0]) else _authority_fault(found[1])


def _authority_fault(authority: str) -> str:
    if "{" in authority:
        return "a template cannot choose scheme, host or port of a URL"
    if "@" in authority:
        return "a URL with a user name or a password is not supported"
    if not authority.isascii():
        return "a host beyond ASCII is written as DNS has it, xn--…"
    return "expected a URL with a host, such as https://example.com/path"


def has_blank(text: str) -> bool:
    """Whether a text that must be one word holds a space or a control character."""
    return _BLANK.search(text) is not None
