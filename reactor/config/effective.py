"""The effective rule file: variables filled in, short forms written long, secrets left out.

What `check --print` shows and what the journal keeps. It does not change with a secret's value.
"""

import hashlib
from collections.abc import Mapping

from reactor.config import heartbeat, hub
from reactor.config.document import Document
from reactor.config.interpolate import Reference, split_text
from reactor.config.load import read_written, write_yaml
from reactor.config.node import Entry, Items, Node, Problems, Scalar, Table, plain
from reactor.config.settings import DESTINATIONS
from reactor.config.texts import SECRET_NAMES
from reactor.config.values import as_after, as_rate
from reactor.duration import format_duration
from reactor.model.gates import Otherwise
from reactor.model.protocols import ActionType, Field, Kind, SourceType
from reactor.model.secret import MASK

_GATES = ("throttle", "after", "during", "not_during")
"""Those that have a short form, both on a rule and on an action."""

_OTHER = Field(kind=Kind.TEXT, about="Whatever is shown as it is.")


def effective_text(
    document: Document, sources: Mapping[str, SourceType], actions: Mapping[str, ActionType]
) -> str:
    """The document, which must be valid, as YAML."""
    source_fields = {name: type_.fields for name, type_ in sources.items()}
    return write_yaml(
        {
            "version": 1,
            "sources": _section(document.sources, source_fields),
            "destinations": _section(document.destinations, DESTINATIONS),
            **_intervals(document),
            **_heartbeat(document),
            **_keep(document),
            **_hub(document),
            "rules": [_rule(node, actions) for node in document.rules],
        }
    )


def rules_in(text: str) -> dict[str, Mapping[str, object]]:
    """The rules of an effective text by their names: what is written behind each of their keys."""
    written = read_written(text)
    rules = written.get("rules") if isinstance(written, dict) else None
    found = rules if isinstance(rules, list) else []
    return {str(rule["name"]): rule for rule in found if isinstance(rule, dict)}


def text_hash(text: str) -> str:
    """The name of an effective text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _section(
    entries: Mapping[str, Entry], types: Mapping[str, Mapping[str, Field]]
) -> dict[str, object]:
    shown: dict[str, object] = {}
    for name, entry in entries.items():
        given = plain(entry.value)
        type_ = given["type"] if isinstance(given, dict) else None
        shown[name] = _table(entry.value, types[str(type_)])
    return shown


def _intervals(document: Document) -> dict[str, object]:
    shown = {name: _visible(entry.value) for name, entry in document.intervals.items()}
    return {"time_intervals": shown} if shown else {}


def _heartbeat(document: Document) -> dict[str, object]:
    beat = document.heartbeat
    return {"heartbeat": _table(beat.value, heartbeat.FIELDS)} if beat else {}


def _keep(document: Document) -> dict[str, object]:
    return {"keep": _visible(document.keep.value)} if document.keep else {}


def _hub(document: Document) -> dict[str, object]:
    return {"hub": _table(document.hub.value, hub.FIELDS)} if document.hub else {}


def _rule(node: Node, actions: Mapping[str, ActionType]) -> dict[str, object]:
    shown = _gated(node, {})
    items = node.entries["actions"].value if isinstance(node, Table) else node
    if isinstance(items, Items):
        shown["actions"] = [_action(item, actions) for item in items.items]
    return shown


def _action(node: Node, actions: Mapping[str, ActionType]) -> dict[str, object]:
    keys = node.entries if isinstance(node, Table) else {}
    type_ = next(key for key in keys if key in actions)
    return _gated(node, {**actions[type_].fields, type_: actions[type_].value})


def _gated(node: Node, fields: Mapping[str, Field]) -> dict[str, object]:
    """A rule or an action, its gates written long."""
    entries = node.entries if isinstance(node, Table) else {}
    long = {key: _gate(key, entries[key].value) for key in _GATES if key in entries}
    return _table(node, fields) | long


def _gate(key: str, node: Node) -> object:
    if key == "throttle":
        return _rate(node)
    if key == "after":
        after = as_after("", node, Problems())
        return after and {"count": after.count, "within": format_duration(after.within)}
    given = _table(node, {}) if isinstance(node, Table) else {"interval": _visible(node)}
    return {"interval": given["interval"], "then": given.get("then", Otherwise.DROP.value)}


def _table(node: Node, fields: Mapping[str, Field]) -> dict[str, object]:
    entries = node.entries if isinstance(node, Table) else {}
    return {
        key: _shown(entry.value, fields.get(key, _OTHER).kind) for key, entry in entries.items()
    }


def _shown(node: Node, kind: Kind) -> object:
    match kind:
        case Kind.RATE:
            return _rate(node)
        case Kind.SECRET | Kind.SECRETS | Kind.HEADERS:
            return _masked(node)
        case Kind.URL:
            return _reference(node) if isinstance(node, Scalar) else None
        case Kind.BODY:
            return _body(node)
        case _:
            return _visible(node)


def _rate(node: Node) -> object:
    rate = as_rate("", node, Problems())
    return {"count": rate.count, "per": format_duration(rate.per)} if rate else _visible(node)


def _visible(node: Node) -> object:
    """As it is, `${file:}` and `${cred:}` as references."""
    if isinstance(node, Items):
        return [_visible(item) for item in node.items]
    if isinstance(node, Table):
        return {key: _visible(entry.value) for key, entry in node.entries.items()}
    return node.written if node.secrets or node.unresolved else node.value


def _reference(node: Scalar) -> object:
    """A URL: what variables give is secret in its path, and so is what stands in for them."""
    if not node.variables or node.written is None:
        return node.value
    pieces = split_text(node.written)
    return "".join(
        piece.label if isinstance(piece, Reference) else piece.replace("$", "$$")
        for piece in pieces
    )


def _body(node: Node) -> object:
    if isinstance(node, Items):
        return [_body(item) for item in node.items]
    if isinstance(node, Table):
        return {
            key: _masked(entry.value)
            if key.lower() in SECRET_NAMES and isinstance(entry.value, Scalar)
            else _body(entry.value)
            for key, entry in node.entries.items()
        }
    return _visible(node)


def _masked(node: Node) -> object:
    """References without what they give, and `***` for whatever is written out."""
    if isinstance(node, Items):
        return [_masked(item) for item in node.items]
    if isinstance(node, Table):
        return {key: _masked(entry.value) for key, entry in node.entries.items()}
    if not node.variables or node.written is None:
        return MASK
    pieces = split_text(node.written)
    return "".join(piece.label if isinstance(piece, Reference) else MASK for piece in pieces)
