"""What the journal tells of the past."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reactor.journal.database import open_writer
from reactor.journal.history import (
    decided_events,
    events_before,
    kept_by,
    kept_since,
    parts_of,
    ruleset_text,
    unheard,
)
from reactor.model.gates import Phase
from tests.builders import NOON
from tests.cli.past import MINUTE, Past

RULES = """\
rules:
  - name: down
    match: {state: Stopped}
    resolve: {match: {state: Running}}
    actions: [{log: info, text: x, for: 10m}, {log: info, name: once, mode: queued}]
"""


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    """Five events of two sources, the last of which resolves what the others opened."""
    with closing(Past(tmp_path, RULES)) as past:
        past.see().see(source="other").see().see(source="other").see(state="Running")
        yield past


def ids(found):
    return [each.event.id for each in found]


def test_the_newest_decided_events_come_oldest_first(past: Past):
    def found(sources=None, since=None, limit=10):
        return decided_events(past.road.reader, sources=sources, since=since, limit=limit)

    assert ids(found()) == ["line-1", "line-2", "line-3", "line-4", "line-5"]
    assert ids(found(limit=2)) == ["line-4", "line-5"]
    assert ids(found(sources=["other"])) == ["line-2", "line-4"]
    assert ids(found(since=NOON + 3 * MINUTE)) == ["line-4", "line-5"]
    assert ids(found(since=NOON + 9 * MINUTE)) == []
    assert found()[1].at == NOON + MINUTE


def test_each_names_the_rules_that_decided_it(past: Past):
    [first, *_] = decided_events(past.road.reader, sources=None, since=None, limit=9)

    assert "name: down" in (ruleset_text(past.road.reader, first.ruleset) or "")
    assert ruleset_text(past.road.reader, "another") is None


def test_events_of_other_sources_are_counted_from_a_moment_on(past: Past):
    assert unheard(past.road.reader, ["other"], None) == {"local": 3}
    assert unheard(past.road.reader, ["other"], NOON + MINUTE) == {"local": 2}
    assert unheard(past.road.reader, ["local", "other"], None) == {}


def test_what_was_before_is_of_the_same_source_and_was_decided(past: Past):
    *_, last = decided_events(past.road.reader, sources=None, since=None, limit=9)
    with closing(open_writer(past.road.folder)) as db:
        db.execute(
            "insert into quarantined (event, at, why, trace) "
            "select number, 0, '', '' from events where id = 'line-1'"
        )

    before = [each.id for each in events_before(past.road.reader, last.event, 9)]

    assert before == ["line-3"]


def test_how_far_back_it_goes(past: Past):
    assert kept_since(past.road.reader) == NOON
    with closing(open_writer(past.road.folder)) as db:
        db.execute("delete from events")
    assert kept_since(past.road.reader) is None


def test_what_an_event_was_to_an_incident_has_the_count_of_then(past: Past):
    def part(event, source):
        [found] = parts_of(past.road.reader, event, source)
        return found.phase, found.count, found.since

    assert part("line-1", "local") == (Phase.OPENED, 1, NOON)
    assert part("line-3", "local") == (Phase.REPEATED, 2, NOON)
    assert part("line-5", "local") == (Phase.RESOLVED, 2, NOON)
    assert part("line-4", "other") == (Phase.REPEATED, 2, NOON + MINUTE)
    assert parts_of(past.road.reader, "line-1", "other") == []


def test_what_is_kept_for_later_is_told_by_when_it_is_due(past: Past):
    kept, every = kept_by(past.road.reader, "down", 9)

    assert [(key.gate, key.action) for key, _ in kept] == [("for", "log"), ("mode", "once")]
    assert [entry.due_at for _, entry in kept] == [NOON + 11 * MINUTE, None]
    assert (every, len(kept_by(past.road.reader, "down", 1)[0])) == (2, 1)
    assert kept_by(past.road.reader, "another", 9) == ([], 0)
