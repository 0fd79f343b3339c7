"""A schedule over crashes: every tick is one event, those included that fell due meanwhile."""

import json
from datetime import timedelta
from itertools import pairwise
from random import Random

from reactor.duration import parse_time
from tests.crash.cloud import rows
from tests.service import Service, eventually

EVERY = timedelta(milliseconds=50)
RULES = """\
version: 1
sources:
  fast: {type: schedule, every: 50ms, catch_up: all}
rules:
  - name: each
    match: {type: tick}
    actions: [{log: info}]
"""


def ticks(data_dir):
    """When the ticks in the journal were due, in the order in which they came."""
    frames = rows(data_dir, "select frame from events order by number")
    return [parse_time(json.loads(frame)["scheduled_at"]) for (frame,) in frames]


def test_after_five_kills_no_tick_is_missing_and_none_is_there_twice(tmp_path):
    rules, data_dir, chance = tmp_path / "rules.yaml", tmp_path / "data", Random(5)
    rules.write_text(RULES)
    for _ in range(5):
        with Service(rules, data_dir, "--http", "off") as service:
            service.kill(after=chance.uniform(0.5, 1.5))

    with Service(rules, data_dir, "--http", "off") as service:
        service.hears("running")
        before = len(ticks(data_dir))
        eventually(lambda: len(ticks(data_dir)) > before + 10, "it goes on")
        assert service.stop() == 0

    found = ticks(data_dir)
    assert len(found) > 50
    assert all(later - earlier == EVERY for earlier, later in pairwise(found))
