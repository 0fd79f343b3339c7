"""The conformance table as values: what stands in the YAML files beside this one.

A file is a list of sections. A section has `about`, and `rows` of a condition, an event and what
the condition comes out as: `true`, `false` or `unknown`. Where all its rows are about one event,
that stands once, as `event`, and the rows have two parts. An event that YAML cannot write is a text
of JSON. `unless: true` reads the conditions as `unless` does; `platform: true` and `unknown` are
what a source of a container platform adds to a record.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from reactor.config.conditions import parse_condition
from reactor.config.load import read_file
from reactor.config.node import Items, Node, Problems, Table, plain
from reactor.engine.normalize import Refusal, decode_frame
from reactor.model.condition import Condition
from reactor.model.event import Record
from reactor.model.match import Truth

TABLE = sorted(Path(__file__).parent.glob("*.yaml"))

_OUTCOMES: Mapping[object, Truth] = {True: True, False: False, "unknown": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. `name` is its file, its line and how it begins."""

    name: str
    node: Node
    unless: bool
    record: Record
    expected: Truth

    def condition(self) -> Condition:
        """The condition as the rule file's own parser reads it."""
        problems = Problems()
        found = parse_condition(self.node, problems, missing_is_false=self.unless)
        assert found is not None, problems.found
        return found


def table() -> list[Row]:
    """Every row of every file."""
    return [row for file in TABLE for row in _rows(file)]


def _rows(file: Path) -> Iterator[Row]:
    problems = Problems()
    sections, lines = read_file(file, problems), file.read_text().splitlines()
    assert isinstance(sections, Items), problems.found
    assert not problems.found
    for section in sections.items:
        assert isinstance(section, Table)
        rows = section.entries["rows"].value
        assert isinstance(rows, Items)
        for row in rows.items:
            assert isinstance(row, Items)
            beginning = lines[row.place.line - 1].strip(" -")[:90]
            yield _row(f"{file.stem}:{row.place.line} {beginning}", row.items, section)


def _row(name: str, parts: tuple[Node, ...], section: Table) -> Row:
    about = {key: plain(entry.value) for key, entry in section.entries.items() if key != "rows"}
    event = about["event"] if "event" in about else plain(parts[1])
    unknown = about.get("unknown", [])
    assert isinstance(unknown, list)
    return Row(
        name=name,
        node=parts[0],
        unless=about.get("unless", False) is True,
        record=Record(
            _fields(event),
            about.get("platform", False) is True,
            dict.fromkeys(map(str, unknown), "gone"),
        ),
        expected=_OUTCOMES[plain(parts[-1])],
    )


def _fields(event: object) -> dict[str, object]:
    """The event as the decoder of frames hands it on."""
    fields = decode_frame(event.encode() if isinstance(event, str) else msgspec.json.encode(event))
    assert not isinstance(fields, Refusal), event
    return fields
