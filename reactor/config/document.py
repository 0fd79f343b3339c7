"""The rule file as one document: a file, or the `*.yaml` of a directory merged (rules.md §1)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from reactor.config.load import read_file
from reactor.config.node import Entry, Items, Node, Problems, Scalar, Table, kind_of
from reactor.config.values import check_keys, is_name, refuse
from reactor.model.problem import Place

SECTIONS = (
    "version",
    "sources",
    "destinations",
    "time_intervals",
    "heartbeat",
    "keep",
    "hub",
    "rules",
)


@dataclass(slots=True)
class Document:
    """What all files say together. `whole` is false when one could not be read, so that names may
    be missing from it."""

    sources: dict[str, Entry] = field(default_factory=dict)
    destinations: dict[str, Entry] = field(default_factory=dict)
    intervals: dict[str, Entry] = field(default_factory=dict)
    heartbeat: Entry | None = None
    keep: Entry | None = None
    hub: Entry | None = None
    rules: list[Node] = field(default_factory=list)
    whole: bool = True


def read_document(path: Path, problems: Problems) -> Document:
    """Every file at `path`, merged. What is wrong is noted."""
    document = Document()
    has_rules = False
    for file in _files(path, problems):
        root = read_file(file, problems)
        if isinstance(root, Table):
            _merge(document, root, problems)
            has_rules = has_rules or "rules" in root.entries
            continue
        document.whole = False
        if root is not None:
            message = f"the file holds {kind_of(root)}, expected a mapping with 'rules'"
            problems.note(root.place, message)
    if document.whole and not has_rules:
        problems.warn(Place(str(path), 1, 1), "there are no 'rules': nothing will be sent")
    return document


def note_same_names(rules: Iterable[Node], problems: Problems) -> None:
    """Note every rule whose name an earlier one has. Names are compared with their variables
    filled in."""
    first: dict[object, Place] = {}
    for rule in rules:
        name = _name(rule)
        if name is not None and name.value in first:
            message = f"the rule '{shown_name(rule)}' is there twice, first at {first[name.value]}"
            problems.note(name.place, message)
        elif name is not None:
            first[name.value] = name.place


def shown_name(rule: Node) -> str | None:
    """How messages call the rule: its name as written, as its variables may be secrets."""
    name = _name(rule)
    text = (name.written or name.value) if name else None
    return text if isinstance(text, str) and is_name(text) else None


def _name(rule: Node) -> Scalar | None:
    entry = rule.entries.get("name") if isinstance(rule, Table) else None
    return entry.value if entry and isinstance(entry.value, Scalar) else None


def _files(path: Path, problems: Problems) -> Iterable[Path]:
    if not path.is_dir():
        return (path,)
    start = Place(str(path), 1, 1)
    try:
        found = sorted(path.iterdir(), key=lambda file: file.name)
    except OSError as error:
        problems.note(start, f"the directory cannot be read: {error.strerror}")
        return ()
    files = [file for file in found if file.suffix == ".yaml"]
    if not files:
        others = any(file.suffix == ".yml" for file in found)
        hint = "rename your '*.yml'" if others else None
        problems.note(start, "the directory holds no '*.yaml'", hint)
    return files


def _merge(document: Document, root: Table, problems: Problems) -> None:
    check_keys(root, SECTIONS, problems)
    nodes = {key: entry.value for key, entry in root.entries.items()}
    _check_version(nodes.get("version"), problems)
    named = {
        "sources": document.sources,
        "destinations": document.destinations,
        "time_intervals": document.intervals,
    }
    for key, merged in named.items():
        if key in nodes:
            _merge_names(key, merged, nodes[key], problems)
    document.heartbeat = _only("heartbeat", document.heartbeat, root, problems)
    document.keep = _only("keep", document.keep, root, problems)
    document.hub = _only("hub", document.hub, root, problems)
    if "rules" in nodes:
        _merge_rules(document, nodes["rules"], problems)


def _check_version(node: Node | None, problems: Problems) -> None:
    value = node.value if isinstance(node, Scalar) else None
    if node is not None and (value != 1 or isinstance(value, bool)):
        refuse(problems, "version", node, "1")


def _merge_names(key: str, merged: dict[str, Entry], node: Node, problems: Problems) -> None:
    if not isinstance(node, Table):
        refuse(problems, key, node, f"a mapping of names to {key}")
        return
    for name, entry in node.entries.items():
        first = merged.setdefault(name, entry)
        if first is not entry:
            message = f"'{name}' is in '{key}' twice, first at {first.key_place}"
            problems.note(entry.key_place, message)


def _only(key: str, first: Entry | None, root: Table, problems: Problems) -> Entry | None:
    """What a key holds that only one of the files may have."""
    entry = root.entries.get(key)
    if first and entry:
        message = f"'{key}' is there twice, first at {first.key_place}"
        problems.note(entry.key_place, message)
    return first or entry


def _merge_rules(document: Document, node: Node, problems: Problems) -> None:
    if not isinstance(node, Items):
        refuse(problems, "rules", node, "a list of rules")
        return
    document.rules.extend(node.items)
