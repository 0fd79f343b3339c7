"""Rule files as strict YAML: bytes to nodes with positions, and plain data back to text.

YAML 1.2's JSON-like part only (rules.md §1): no tags, no merge keys, no duplicate keys, aliases
within a budget. Nothing here knows what a rule is. The only home of PyYAML.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from yaml._yaml import Mark as CMark
from yaml.error import Mark
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from reactor.config.node import Entry, Items, Node, Problems, Scalar, Table
from reactor.config.scalars import NumberTooLarge, looks_boolean, scalar_value
from reactor.config.syntax import in_plain_words
from reactor.model.problem import Place

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_NODES = 50_000

_YAML_TAG = "tag:yaml.org,2002:"  # what `!!` is short for
_QUOTE = "quote a text that begins with '*'"
_TOO_DEEP = f"values are nested deeper than {MAX_DEPTH}"
# What YAML allows in a stream (YAML 1.2.2 §5.1); libyaml refuses the rest without a line number.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ContentEvent = MappingStartEvent | SequenceStartEvent | ScalarEvent


class _Broken(Exception):
    """The file cannot be read any further."""

    def __init__(self, place: Place, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.place, self.message, self.hint = place, message, hint


def read_file(file: Path, problems: Problems) -> Node | None:
    """The root node of one file, or None when it is broken and the problem was noted."""
    return _read(str(file), lambda: _decode(file), problems)


def read_text(name: str, text: str, problems: Problems) -> Node | None:
    """The same of a text; messages call it `name`."""
    return _read(name, lambda: text, problems)


def _read(name: str, text_of: Callable[[], str], problems: Problems) -> Node | None:
    try:
        return _compose(name, _allowed(name, text_of()), problems)
    except _Broken as broken:
        problems.note(broken.place, broken.message, broken.hint)
        return None


def _decode(file: Path) -> str:
    start = Place(str(file), 1, 1)
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise _Broken(start, f"the file cannot be read: {error.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise _Broken(start, "the file is larger than 1 MiB", "split it: a directory is read whole")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place_in(str(file), raw[: error.start].decode(errors="replace"))
        raise _Broken(place, f"the byte 0x{raw[error.start]:02x} is not UTF-8") from None


def _allowed(name: str, text: str) -> str:
    if found := _FORBIDDEN.search(text):
        place = _place_in(name, text[: found.start()])
        raise _Broken(place, f"the character U+{ord(found.group()):04X} is not allowed in YAML")
    return text


def _place_in(file: str, before: str) -> Place:
    return Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))


def _compose(file: str, text: str, problems: Problems) -> Node:
    events = yaml.parse(text, Loader=yaml.CLoader)
    composer = _Composer(file=file, problems=problems, events=events)
    try:
        return composer.document()
    except yaml.MarkedYAMLError as error:
        place = _place(file, error.problem_mark)
        opened = _place(file, error.context_mark).line
        message, hint = in_plain_words(error.problem or "", opened, _line_up_to(text, place))
        raise _Broken(place, message, hint) from None


def _place(file: str, mark: Mark | CMark | None) -> Place:
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)


def _line_up_to(text: str, place: Place) -> str:
    lines = text.split("\n")
    return lines[place.line - 1][: place.column] if place.line <= len(lines) else ""


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A node that aliases repeat, and what each repetition costs."""

    node: Node
    nodes: int
    letters: int
    height: int


@dataclass(slots=True, kw_only=True)
class _Composer:
    """Builds nodes from the parser's events and keeps count of what aliases make of them."""

    file: str
    problems: Problems
    events: Iterator[Event]
    anchors: dict[str, _Anchor | None] = field(default_factory=dict)
    nodes: int = 0
    letters: int = 0

    def document(self) -> Node:
        event = next(self.events)
        while isinstance(event, StreamStartEvent | DocumentStartEvent):
            event = next(self.events)
        if isinstance(event, StreamEndEvent):
            raise _Broken(Place(self.file, 1, 1), "the file is empty")
        root = self._node(event, 1)
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                place = _place(self.file, event.start_mark)
                raise _Broken(place, "a second document begins here, expected one in a file")
        return root

    def _node(self, event: Event, depth: int) -> Node:
        place = _place(self.file, event.start_mark)
        if depth > MAX_DEPTH:
            raise _Broken(place, _TOO_DEEP)
        if isinstance(event, AliasEvent):
            return self._alias(event.anchor or "", place, depth)
        self._spend(place, 1, 0)
        if isinstance(event, MappingStartEvent | SequenceStartEvent | ScalarEvent):
            return self._content(event, place, depth)
        raise _Broken(place, "expected a value")

    def _content(self, event: _ContentEvent, place: Place, depth: int) -> Node:
        if event.tag is not None:
            tag = event.tag.replace(_YAML_TAG, "!!")
            self.problems.note(place, f"the tag '{tag}' is not supported", "leave it out")
        if event.anchor is None:
            return self._value(event, place, depth)
        nodes, letters = self.nodes - 1, self.letters
        self.anchors[event.anchor] = None  # an alias to it now would make it contain itself
        node = self._value(event, place, depth)
        anchor = _Anchor(node, self.nodes - nodes, self.letters - letters, _height(node))
        self.anchors[event.anchor] = anchor
        return node

    def _value(self, event: _ContentEvent, place: Place, depth: int) -> Node:
        if isinstance(event, MappingStartEvent):
            return self._table(place, depth)
        if isinstance(event, SequenceStartEvent):
            return self._items(place, depth)
        return self._scalar(event, place)

    def _alias(self, name: str, place: Place, depth: int) -> Node:
        if name not in self.anchors:
            raise _Broken(place, f"the alias '*{name}' has no '&{name}' before it", _QUOTE)
        anchor = self.anchors[name]
        if anchor is None:
            raise _Broken(place, f"the alias '*{name}' stands inside what it repeats")
        self._spend(place, anchor.nodes, anchor.letters)
        if depth + anchor.height - 1 > MAX_DEPTH:
            raise _Broken(place, _TOO_DEEP)
        return anchor.node

    def _spend(self, place: Place, nodes: int, letters: int) -> None:
        self.nodes += nodes
        self.letters += letters
        if self.nodes > MAX_NODES:
            raise _Broken(place, "the file has more than 50,000 values, aliases written out")
        if self.letters > MAX_BYTES:
            raise _Broken(place, "the file is larger than 1 MiB, aliases written out")

    def _table(self, place: Place, depth: int) -> Table:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            key_place = _place(self.file, event.start_mark)
            key = self._key(event, key_place, depth)
            value = self._node(next(self.events), depth + 1)
            if key in entries:
                first = entries[key].key_place
                self.problems.note(key_place, f"the key '{key}' is here twice, first at {first}")
            elif key is not None:
                entries[key] = Entry(key_place=key_place, value=value)
        return Table(place=place, entries=entries)

    def _key(self, event: Event, place: Place, depth: int) -> str | None:
        """The key's text; None when it is no text, which was noted."""
        if not isinstance(event, ScalarEvent):
            self._node(event, depth + 1)
            hint = "put quotes around a text that begins with '{{'"
            self.problems.note(
                place,
                "a key is no text, expected a text",
                hint if isinstance(event, MappingStartEvent) else None,
            )
            return None
        self._spend(place, 0, len(event.value))
        plain = event.implicit[0]
        if plain and event.value == "<<":
            hint = "write its keys out, or repeat a whole value by an alias"
            self.problems.note(place, "merge keys ('<<') are not supported", hint)
            return None
        if plain and not isinstance(_value_or_text(event.value), str):
            message = f"the key {event.value or 'null'} is no text, expected a text"
            self.problems.note(place, message, f'quote it: "{event.value}"')
            return None
        return str(event.value)

    def _items(self, place: Place, depth: int) -> Items:
        found = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            found.append(self._node(event, depth + 1))
        return Items(place=place, items=tuple(found))

    def _scalar(self, event: ScalarEvent, place: Place) -> Scalar:
        text = event.value
        self._spend(place, 0, len(text))
        if not event.implicit[0]:
            return Scalar(place=place, value=text)
        if looks_boolean(text):
            hint = f'write true or false, or quote it: "{text}"'
            self.problems.warn(place, f"{text} is a text here, not true or false", hint)
        try:
            return Scalar(place=place, value=scalar_value(text))
        except NumberTooLarge:
            self.problems.note(place, f"the number {text[:40]} is too large", "quote it")
            return Scalar(place=place, value=text)


def _height(node: Node) -> int:
    if isinstance(node, Scalar):
        return 1
    if isinstance(node, Items):
        return 1 + max(map(_height, node.items), default=0)
    return 1 + max((_height(entry.value) for entry in node.entries.values()), default=0)


def _value_or_text(text: str) -> object:
    try:
        return scalar_value(text)
    except NumberTooLarge:
        return None


def read_written(text: str) -> object:
    """The plain data of which `write_yaml` made this text, however long it is."""
    events = iter(yaml.parse(text, Loader=yaml.CLoader))
    start = next(each for each in events if isinstance(each, _ContentEvent))
    return _data(start, events)


def _data(event: Event, events: Iterator[Event]) -> object:
    if isinstance(event, ScalarEvent):
        return scalar_value(event.value) if event.implicit[0] else event.value
    found = []
    while not isinstance(each := next(events), MappingEndEvent | SequenceEndEvent):
        found.append(_data(each, events))
    if isinstance(event, SequenceStartEvent):
        return found
    return dict(zip(map(str, found[::2]), found[1::2], strict=True))


def write_yaml(value: object) -> str:
    """Plain data as YAML that `read_file` and `read_written` read back as the same data."""
    events = [
        StreamStartEvent(),
        DocumentStartEvent(explicit=False),
        *_events_of(value),
        DocumentEndEvent(explicit=False),
        StreamEndEvent(),
    ]
    text = yaml.emit(events, Dumper=yaml.CDumper, allow_unicode=True, width=100)
    return str(text)


def _events_of(value: object) -> Iterator[Event]:
    if isinstance(value, dict):
        yield MappingStartEvent(anchor=None, tag=None, implicit=True, flow_style=not value)
        for key, item in value.items():
            yield _text_event(key)
            yield from _events_of(item)
        yield MappingEndEvent()
    elif isinstance(value, list):
        yield SequenceStartEvent(anchor=None, tag=None, implicit=True, flow_style=not value)
        for item in value:
            yield from _events_of(item)
        yield SequenceEndEvent()
    else:
        yield _text_event(value) if isinstance(value, str) else _bare_event(value)


def _text_event(text: str) -> ScalarEvent:
    """Plain where that reads back as this text; PyYAML quotes further where its syntax asks."""
    reads_back = _value_or_text(text) == text and text != "<<" and not looks_boolean(text)
    style = None if reads_back else '"'
    return ScalarEvent(anchor=None, tag=None, implicit=(reads_back, True), value=text, style=style)


def _bare_event(value: object) -> ScalarEvent:
    words = {None: "null", True: "true", False: "false"}
    text = words[value] if value is None or isinstance(value, bool) else repr(value)
    return ScalarEvent(anchor=None, tag=None, implicit=(True, False), value=text)
