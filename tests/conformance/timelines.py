"""Timelines: what becomes of events under one rule, a line each, as the YAML files beside write it.

A file is a list of sections. A section has `about`, the keys of its `rule` as the rule file writes
them, perhaps `time_intervals` and the moment at which it starts, and `timelines` by name: steps
divided by semicolons, each `WHEN WHAT -> OUTCOMES`.

WHEN is the time since the start; where it is less than before, the clock was set back. WHAT is
`STATE` of the container web or `NAME=STATE`, perhaps `@ WHEN` if the event's own time is another
one; `again N` brings the frame of the N-th event once more; `restart` a process that begins after
the one before died at the last step; `lose` and `connect` are of the source; without anything, only
time passes. An outcome is the reason that the event got, or `#N REASON` for what became of the N-th
event since, or `alarm REASON` for what a timer brought without an event.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from reactor.config.load import read_file
from reactor.config.node import Items, Problems, plain
from reactor.duration import parse_duration, parse_time
from reactor.model.event import Arrival
from reactor.model.signal import Linked, Started
from reactor.transaction import Item
from tests.builders import NOON
from tests.roads import Road

FOLDER = Path(__file__).parent / "timelines"

SOURCE = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """One line of a table: the rule file, and the steps as they are written."""

    name: str
    rules: str
    start: datetime
    steps: tuple[str, ...]


def table() -> list[Timeline]:
    """Every timeline of every file."""
    return [each for file in sorted(FOLDER.glob("*.yaml")) for each in _of_file(file)]


def _of_file(file: Path) -> Iterator[Timeline]:
    problems = Problems()
    sections = read_file(file, problems)
    assert isinstance(sections, Items), problems.found
    assert not problems.found
    for section in map(plain, sections.items):
        assert isinstance(section, dict)
        rules, start = _rules(section), _moment(section.get("start"))
        for name, text in section["timelines"].items():
            steps = tuple(step.strip() for step in text.split(";"))
            yield Timeline(name=f"{file.stem}: {name}", rules=rules, start=start, steps=steps)


def _rules(section: Mapping[str, object]) -> str:
    """A rule file is as good in JSON: that is YAML too."""
    rule = {"name": "one", "match": {"state": "Stopped"}, "actions": [{"log": "info"}]}
    own = section["rule"]
    assert isinstance(own, dict)
    if "absent" in own:
        del rule["match"]
    file = {
        "sources": {SOURCE: {"type": "file", "path": "events.jsonl", "follow": True}},
        "time_intervals": section.get("time_intervals", {}),
        "rules": [{**rule, **own}],
    }
    return msgspec.json.encode(file).decode()


def _moment(text: object) -> datetime:
    found = parse_time(text) if isinstance(text, str) else NOON
    assert found is not None, text
    return found


class Play:
    """A timeline on a real road."""

    def __init__(self, folder: Path, timeline: Timeline) -> None:
        self._folder, self._timeline = folder, timeline
        self._now, self._sent = timeline.start, list[Arrival]()
        self._road = self._begin([])

    def _begin(self, first: list[Item]) -> Road:
        road = Road(self._folder, self._timeline.rules, now=self._now)
        road.receive(*first, Linked(SOURCE, is_connected=True))
        return road

    def perform(self, step: str) -> str:
        """What came of it, as the step should say."""
        when, *words = step.partition("->")[0].split()
        before, self._now = self._now, self._timeline.start + _span(when)
        self._road.now = self._now
        told = len(self._road.committed)
        if words == ["restart"]:
            self._road.close()
            self._road, told = self._begin([Started(before)]), 0
        else:
            self._road.receive(*self._items(words))
        return ", ".join(self._outcomes(told))

    def _items(self, words: list[str]) -> Iterator[Item]:
        match words:
            case []:
                pass
            case ["again", number]:
                yield self._sent[int(number) - 1]
            case ["lose" | "connect" as what]:
                yield Linked(SOURCE, is_connected=what == "connect")
            case [what, *own_time]:
                yield self._arrival(what, own_time)

    def _arrival(self, what: str, own_time: list[str]) -> Arrival:
        state, name = what.rpartition("=")[2], what.rpartition("=")[0] or "web"
        frame = {"type": "container", "state": state, "name": name, "resource_uri": f"/{name}"}
        time = self._timeline.start + _span(own_time[1]) if own_time else self._now
        identity = f"#{len(self._sent) + 1}"
        raw = msgspec.json.encode(frame)
        self._sent.append(Arrival(source=SOURCE, raw=raw, identity=identity, time=time))
        return self._sent[-1]

    def _outcomes(self, told: int) -> Iterator[str]:
        newest = self._sent[-1].identity if self._sent else None
        for committed in self._road.committed[told:]:
            for row in committed.evaluations:
                is_own = row.event_id == newest
                yield row.reason if is_own else f"{row.event_id or 'alarm'} {row.reason}"
            for row in committed.settled:
                yield f"{row.event_id or 'alarm'} {row.reason}"

    def __enter__(self) -> "Play":
        return self

    def __exit__(self, *_: object) -> None:
        """The end; every match must be accounted for."""
        self._road.close()


def _span(text: str) -> timedelta:
    sign = -1 if text.startswith("-") else 1
    found = timedelta() if text == "0s" else parse_duration(text.removeprefix("-"))
    assert found is not None, text
    return sign * found
