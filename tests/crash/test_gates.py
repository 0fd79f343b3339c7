"""`kill -9` while gates count, wait and hold: what is decided is what an uninterrupted run decides.

The events tell when they happened, minutes ago, and gates go by that; so it does not matter when
they are read. Only what happened to `lone` subjects comes due on the clock on the wall, while both
runs go on.
"""

import json
import os
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from datetime import timedelta
from random import Random

import pytest

from reactor.clock import utc_now
from tests.service import Service, eventually

RULES = """\
version: 1
sources:
  lines: {{type: file, path: {events}, follow: true}}
time_intervals:
  past: {{from: "{past[0]:%H:%M}", to: "{past[1]:%H:%M}"}}
  present: {{from: "{present[0]:%H:%M}", to: "{present[1]:%H:%M}"}}
rules:
  - {{name: lone, match: {lone}, for: 380s, actions: [log: info]}}
  - {{name: lasting, match: {match}, for: 20m, actions: [log: info]}}
  - {{name: ending, match: {match}, for: 1h, actions: [log: info]}}
  - {{name: counted, match: {match}, group_by: name, after: 3 within 10s, actions: [log: info]}}
  - {{name: throttled, match: {match}, group_by: name, throttle: 2 per 15s, actions: [log: info]}}
  - {{name: followed, match: {match}, then: {{match: {up}, within: 1h}}, actions: [log: info]}}
  - {{name: alone, match: {lone}, not_then: {{match: {up}, within: 380s}}, actions: [log: info]}}
  - {{name: released, match: {match}, not_during: {{interval: past, then: hold}},
     group_by: name, actions: [log: info]}}
  - {{name: held, match: {match}, not_during: {{interval: present, then: hold}},
     group_by: name, actions: [log: info]}}
  - {{name: mixed, match: {lone}, for: 380s, actions: [{{log: info, throttle: 1 per 10s}}]}}
  - {{name: closed, match: {match}, resolve: {{match: {{state: Terminated}}}},
     actions: [{{log: info, throttle: 1 per 20s, when: [opened, resolved]}}]}}
"""

AGO, SPAN = timedelta(minutes=6), timedelta(minutes=2)
"""So long ago the events began, and they are of so long a time."""

LONELY = timedelta(seconds=8)
"""In the first of it something happens to `lone` subjects: what comes of it does so from now on."""


@pytest.fixture
def seed():
    """SEED=… repeats what is sent, and how long each process lives."""
    seed = int(os.environ.get("SEED", Random().randrange(1_000_000)))
    print(f"SEED={seed}")  # noqa: T201 -- pytest shows it when the test fails
    return seed


@pytest.mark.long
@pytest.mark.timeout(600)
def test_eighty_kills_change_no_decision(tmp_path, seed):
    compare(tmp_path, Random(seed), events=6_000, kills=80)


def compare(folder, chance, *, events, kills):
    began = utc_now() - AGO
    lines = [*some_lines(chance, began, events)]
    whole, killed = World(folder / "whole", began), World(folder / "killed", began)
    whole.write(lines)
    with whole.service():
        for portion in portions(lines, kills):
            half = len(portion) // 2
            killed.write(portion[:half])
            with killed.service() as service:
                killed.write(portion[half:])
                service.kill(after=chance.uniform(0.2, 1.5))
        with killed.service():
            eventually(lambda: whole.is_over(events) and killed.is_over(events), "all was decided")

    assert killed.decisions() == whole.decisions()
    assert killed.incidents() == whole.incidents()
    reasons = Counter(reason for _, _, reason, _ in whole.decisions().elements())
    print(kills, "kills,", dict(reasons), file=sys.stderr)  # noqa: T201 -- how hard it was
    assert {*reasons} >= {"fired", "waiting", "ended", "merged", "below_count", "throttled"}


def portions(lines, count):
    size = len(lines) // count + 1
    return [lines[start : start + size] for start in range(0, len(lines), size)]


def some_lines(chance, began, count):
    """Frames of a subject for 200 of them, a little out of order, and of some that are heard of
    once. No timer of theirs comes due before all is read: there it matters how soon what ends it
    follows what came late."""
    subjects = count // 200
    for number in range(count):
        passed = SPAN * number / count
        name = f"n-{chance.randrange(subjects)}"
        if passed < LONELY and chance.random() < 0.3:
            name = f"lone-{number}"
        frame = {
            "uuid": f"event-{number:06}",
            "type": "container",
            "name": name,
            "resource_uri": f"/{name}",
            "state": chance.choice(("Running", "Stopped", "Stopped", "Terminated")),
            "datetime": (began + passed + timedelta(seconds=chance.uniform(0, 2))).isoformat(),
        }
        yield json.dumps(frame) + "\n"


class World:
    """A rule file, the file that its events are read from, and a journal."""

    def __init__(self, folder, began):
        folder.mkdir()
        self._events, self._rules, self._data = folder / "events", folder / "rules", folder / "data"
        self._events.touch()
        minute, hour = timedelta(minutes=1), timedelta(hours=1)
        self._rules.write_text(
            RULES.format(
                events=self._events,
                match="{state: Stopped, name: {prefix: n}}",
                lone="{name: {prefix: lone}}",
                up="{state: Running}",
                past=(began - hour, began + minute),
                present=(began - hour, began + 2 * hour),
            )
        )

    def write(self, lines):
        with self._events.open("a") as file:
            file.writelines(lines)

    def service(self):
        return Service(self._rules, self._data, "--http", "off")

    def _rows(self, query):
        uri = f"file:{self._data}/reactor.db?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as db:
            return Counter(db.execute(query).fetchall())

    def is_over(self, events):
        ((decided,),) = self._rows("select count(*) from inputs where kind = 'event'")
        ((waiting,),) = self._rows(
            """
            select count(*) from evaluations
            where rule in ('lone', 'alone', 'mixed') and reason = 'waiting'
            """
        )
        return decided == events and not waiting

    def decisions(self):
        return self._rows("select event_id, rule, reason, key from evaluations")

    def incidents(self):
        return self._rows("select id, rule, key, count, resolved_at is null from incidents")
