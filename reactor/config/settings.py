"""`sources` and `destinations`: entries whose keys are declared as tables of Field."""

import re
from collections.abc import Callable, Mapping

from reactor.config import later
from reactor.config.cloud import check_cloud
from reactor.config.destinations import check_concurrency, check_signing, slack_url
from reactor.config.node import Entry, Items, Node, Problems, Scalar, Table, did_you_mean, kind_of
from reactor.config.route import FIELDS as ROUTE
from reactor.config.route import take_route
from reactor.config.values import (
    as_choice,
    as_choices,
    as_duration,
    as_filter,
    as_flag,
    as_method,
    as_number,
    as_rate,
    as_text,
    as_texts,
    check_keys,
    has_blank,
    is_name,
    refuse,
    url_fault,
    value_of,
)
from reactor.model.protocols import Field, Kind, SourceType
from reactor.model.rule import Destination, SourceSpec
from reactor.model.secret import Secret

_QUEUE: Mapping[str, Field] = {
    "rate_limit": Field(
        kind=Kind.RATE, about="At most so many attempts; more wait, none is dropped."
    ),
    "concurrency": Field(kind=Kind.NUMBER, about="At most so many attempts under way."),
    "fallback": Field(
        kind=Kind.TEXT, about="The destination that is told when this one is paused."
    ),
}
DESTINATIONS: Mapping[str, Mapping[str, Field]] = {
    "webhook": {
        "url": Field(kind=Kind.URL, about="Where requests go: http or https.", required=True),
        "secret": Field(
            kind=Kind.SECRETS,
            about="Signs each request (Standard Webhooks); a new one and the old one both do.",
        ),
        "headers": Field(kind=Kind.HEADERS, about="Headers of every request."),
        **_QUEUE,
        **ROUTE,
    },
    "slack": {
        # The whole URL of a Slack webhook is its secret.
        "url": Field(kind=Kind.SECRET, about="The URL of an incoming webhook."),
        "token": Field(kind=Kind.SECRET, about="The token of a bot, in place of a webhook."),
        "channel": Field(kind=Kind.TEXT, about="Where the bot posts, if an action says nothing."),
        **_QUEUE,
        **ROUTE,
    },
}
"""Destination types and the keys of each."""

ADDRESSES: Mapping[str, tuple[tuple[str, ...], ...]] = {"slack": (("url",), ("token", "channel"))}
"""Where the address of a type is: in these keys, or in those."""

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token of RFC 9110 §5.6.2
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*")
_OWN_HEADERS = frozenset(
    [
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
        "idempotency-key",
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "proxy-connection",
        "expect",
        "te",
        "trailer",
        "upgrade",
    ]
)
"""What names a delivery, or says where a message goes and ends: never a rule's to write."""


def parse_source(
    name: str, entry: Entry, types: Mapping[str, SourceType], problems: Problems
) -> SourceSpec | None:
    """One entry of `sources`, or None after its problems were noted."""
    fields = {type_: each.fields for type_, each in types.items()}
    found = _typed("source", name, entry, fields, problems)
    if found is None:
        return None
    type_, table = found
    check_keys(table, ("type", *fields[type_]), problems, later=later.SOURCE - set(fields[type_]))
    options = parse_fields(table, fields[type_], problems, f"a source of type {type_}")
    if "apikey" in fields[type_]:
        check_cloud(table, problems)
    _note_faults(table, options, types[type_], problems)
    return SourceSpec(name=name, type=type_, options=options, place=entry.key_place)


def _note_faults(
    table: Table, options: Mapping[str, object], type_: SourceType, problems: Problems
) -> None:
    """Note what the type finds wrong, once every key could be read and has its variables."""
    nodes = {key: entry.value for key, entry in table.entries.items() if key != "type"}
    lacks = [node for node in nodes.values() if isinstance(node, Scalar) and node.unresolved]
    if type_.faults is None or lacks or nodes.keys() != options.keys():
        return
    for key, fault in type_.faults(options).items():
        place = nodes[key].place if key in nodes else table.place
        problems.note(place, f"'{key}': {fault}")


def parse_destination(name: str, entry: Entry, problems: Problems) -> Destination | None:
    """One entry of `destinations`, or None after its problems were noted."""
    found = _typed("destination", name, entry, DESTINATIONS, problems)
    if found is None:
        return None
    type_, table = found
    fields = DESTINATIONS[type_]
    check_keys(table, ("type", *fields), problems)
    options = parse_fields(table, fields, problems, f"a destination of type {type_}")
    options["route"] = take_route(table, options, problems)
    if type_ == "slack":
        options["url"] = slack_url(table, options.get("url"), problems)
    if not isinstance(options.get("url"), Secret):
        return None
    check_url(table, problems)
    check_signing(table, problems)
    check_concurrency(table, problems)
    place = entry.key_place
    # Each other key is a field of the same name, and was read by the kind that it has.
    return Destination(name=name, type=type_, place=place, **options)  # type: ignore[arg-type]


def _typed(
    what: str,
    name: str,
    entry: Entry,
    types: Mapping[str, Mapping[str, Field]],
    problems: Problems,
) -> tuple[str, Table] | None:
    """The type of a source or a destination and its mapping."""
    if not is_name(name):
        message = "expected a name: a line of 1 to 200 printable characters"
        problems.note(entry.key_place, message)
    if not isinstance(entry.value, Table):
        message = f"the {what} '{name}' is {kind_of(entry.value)}, expected a mapping"
        problems.note(entry.value.place, message)
        return None
    node = value_of(entry.value, "type")
    if node is None:
        message = f"the {what} '{name}' needs a 'type', one of {', '.join(types)}"
        problems.note(entry.key_place, message)
        return None
    type_ = _type(what, node, types, problems)
    return (type_, entry.value) if type_ else None


def _type(
    what: str, node: Node, types: Mapping[str, Mapping[str, Field]], problems: Problems
) -> str | None:
    later_types = later.SOURCE_TYPES if what == "source" else later.DESTINATION_TYPES
    if isinstance(node, Scalar) and node.value in later_types - set(types):
        problems.note(node.place, f"the {what} type '{node.value}' is not yet supported")
        return None
    return as_choice("type", node, types, problems)


def parse_fields(
    table: Table, fields: Mapping[str, Field], problems: Problems, what: str
) -> dict[str, object]:
    """The values of the declared keys that are there; `what` needs those that are required."""
    found: dict[str, object] = {}
    for key, field in fields.items():
        node = value_of(table, key)
        if node is not None:
            value = parse_field(key, field, node, problems)
            if value is not None:
                found[key] = value
        elif field.required:
            problems.note(table.place, f"{what} needs '{key}'")
    return found


def parse_field(key: str, field: Field, node: Node, problems: Problems) -> object:
    """The value of a key without templates, or None after a problem was noted."""
    if field.kind is Kind.FLAG:
        return as_flag(key, node, problems, default=False)
    if field.kind is Kind.CHOICE:
        return as_choice(key, node, field.choices, problems)
    if field.kind is Kind.CHOICES:
        return as_choices(key, node, field.choices, problems)
    if field.kind is Kind.GROUP:
        return _group(key, field, node, problems)
    return _READERS.get(field.kind, as_text)(key, node, problems)


def _group(key: str, field: Field, node: Node, problems: Problems) -> Mapping[str, object] | None:
    if not isinstance(node, Table):
        refuse(problems, key, node, "a mapping")
        return None
    before = len(problems.found)
    check_keys(node, tuple(field.fields), problems)
    found = parse_fields(node, field.fields, problems, f"'{key}'")
    return found if len(problems.found) == before else None


def _secret(key: str, node: Node, problems: Problems) -> Secret | None:
    if isinstance(node, Scalar) and isinstance(node.value, str):
        if not node.value:
            problems.note(node.place, f"'{key}' is empty")
        return Secret(node.value)
    problems.note(node.place, f"'{key}' is {kind_of(node)}, expected a text", "quote it")
    return None


def _secrets(key: str, node: Node, problems: Problems) -> tuple[Secret, ...]:
    nodes = node.items if isinstance(node, Items) else (node,)
    if not nodes:
        problems.note(node.place, f"'{key}' is an empty list, expected a text or several")
    found = (_secret(key, each, problems) for each in nodes)
    return tuple(secret for secret in found if secret)


def _texts(key: str, node: Node, problems: Problems) -> tuple[str, ...]:
    return tuple(text for text, _ in as_texts(key, node, problems))


def _headers(key: str, node: Node, problems: Problems) -> Mapping[str, Secret]:
    found = {}
    for name, entry in header_entries(key, node, problems).items():
        value = _secret(name, entry.value, problems)
        if value is not None:
            check_header_value(name, value.value, entry.value, problems)
            found[name] = value
    return found


def header_entries(key: str, node: Node, problems: Problems) -> Mapping[str, Entry]:
    """The entries of a mapping of headers, with names that HTTP knows, each there once."""
    if not isinstance(node, Table):
        refuse(problems, key, node, "a mapping of header names to texts")
        return {}
    seen: dict[str, str] = {}
    for name, entry in node.entries.items():
        if not _HEADER_NAME.fullmatch(name):
            problems.note(entry.key_place, f"'{name}' is no name of an HTTP header")
        elif name.lower() in _OWN_HEADERS:
            problems.note(entry.key_place, f"the header '{name}' is written by reactor itself")
        first = seen.setdefault(name.lower(), name)
        if first != name:
            problems.note(entry.key_place, f"the header '{name}' is here twice, first as '{first}'")
    return node.entries


def check_header_value(name: str, value: str, node: Node, problems: Problems) -> None:
    """Note a value that HTTP cannot carry; the value itself is a secret and not shown."""
    if not _HEADER_VALUE.fullmatch(value):
        problems.note(node.place, f"the header '{name}' holds more than printable ASCII characters")


_READERS: Mapping[Kind, Callable[[str, Node, Problems], object]] = {
    Kind.TEXTS: _texts,
    Kind.RATE: as_rate,
    Kind.DURATION: as_duration,
    Kind.METHOD: as_method,
    Kind.NUMBER: as_number,
    Kind.FILTER: as_filter,
    Kind.SECRET: _secret,
    Kind.SECRETS: _secrets,
    Kind.URL: _secret,
    Kind.HEADERS: _headers,
}


def check_url(table: Table, problems: Problems) -> None:
    """Note what is wrong with the `url` of a mapping, in words that do not show it."""
    node = value_of(table, "url")
    url = node.value if isinstance(node, Scalar) and not node.unresolved else None
    if not isinstance(node, Scalar) or not isinstance(url, str):
        return
    fault = url_fault(url)
    if fault is None and "{{" in url:
        fault = "a destination's URL cannot be a template"
    if fault is None and has_blank(url):
        fault = "a URL cannot hold spaces or control characters"
    if fault:
        problems.note(node.place, f"'url': {fault}", _scheme_hint(url))


def _scheme_hint(url: str) -> str | None:
    """The hint for a URL whose scheme is misspelt."""
    scheme, separator, _ = url.lower().partition("://")
    is_misspelt = separator and scheme not in ("http", "https")
    return did_you_mean(scheme, ("https", "http")) if is_misspelt else None
