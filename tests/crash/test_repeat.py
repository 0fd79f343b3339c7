"""The inputs of a journal, taken in their sequence by the same rules, give the same journal."""

from contextlib import closing
from datetime import timedelta
from random import Random

import msgspec

from reactor.duration import from_micros
from reactor.journal.deliveries import list_deliveries
from reactor.journal.evaluations import list_evaluations
from reactor.journal.events import namesakes
from reactor.journal.memory import load
from reactor.model.event import Arrival
from reactor.road import UNOBSERVED, Road
from reactor.transaction import Surroundings
from tests.builders import NOON
from tests.config.loading import load_text

RULES = """\
destinations: {ops: {type: webhook, url: "http://127.0.0.1:9/hook"}}
rules:
  - name: each
    match: {type: container}
    actions: [{webhook: ops}]
  - name: held
    match: {state: [Running, Stopped]}
    group_by: group_name
    throttle: 2 per 5m
    actions:
      - {webhook: ops, if: {group_name: a}}
      - {log: info, text: "{{ uuid }}, {{ suppressed }} held back"}
"""
OTHERS = RULES.replace("2 per 5m", "1 per 5m")


class Times:
    """A road with a clock that is set."""

    def __init__(self, folder, ruleset):
        self.now = NOON
        around = Surroundings(now=lambda: self.now, on_commit=lambda _: None)
        self.road = Road(folder, ruleset, what="a test", observers=UNOBSERVED, around=around)
        self.receive, self.adopt = self.road.pipeline.receive, self.road.pipeline.adopt

    def kept(self):
        """All that was decided: requests, ids and moments among it."""
        with closing(self.road.reader()) as reader:
            evaluations, deliveries = list_evaluations(reader), list_deliveries(reader)
            return [*evaluations], [*deliveries], load(reader)

    def inputs(self):
        """What it was decided of: when, by which rules, and the event."""
        with closing(self.road.reader()) as reader:
            rows = reader.execute("select * from inputs order by sequence").fetchall()
            for row in rows:
                events = namesakes(reader, row["event_id"]) if row["event_id"] else [None]
                yield from_micros(row["decided_at"]), row["ruleset"], events[0]


def some_arrivals(chance, count):
    for number in range(count):
        frame = {
            "uuid": f"e-{number}",
            "type": chance.choice(("container", "service")),
            "state": chance.choice(("Running", "Stopped", "Terminated")),
            "group_name": chance.choice("abc"),
        }
        yield Arrival(source="lines", raw=msgspec.json.encode(frame), identity=str(number))


def live(times, rulesets, chance):
    """Batches of any size, at any time, with a reload now and then."""
    arrivals = [*some_arrivals(chance, 400)]
    while arrivals:
        times.now += timedelta(seconds=chance.randrange(60))
        size = chance.randrange(1, 40)
        times.receive(arrivals[:size])
        del arrivals[:size]
        if chance.random() < 0.3:
            times.adopt(chance.choice(rulesets))


def repeat(times, inputs, rulesets):
    """One after the other, by the rules and at the moments that are written there."""
    by_hash = {ruleset.hash: ruleset for ruleset in rulesets}
    for at, ruleset, event in inputs:
        times.now = at
        if event is None:
            times.adopt(by_hash[ruleset])
        else:
            arrival = Arrival(source=event.source, raw=event.raw, identity="", at=event.received_at)
            times.receive([arrival])


def test_the_same_inputs_give_the_same_decisions_to_the_byte(tmp_path):
    rulesets = [load_text(tmp_path, text).ruleset for text in (RULES, OTHERS)]
    first = Times(tmp_path / "first", rulesets[0])
    live(first, rulesets, Random(11))
    again = Times(tmp_path / "again", rulesets[0])

    repeat(again, [*first.inputs()][1:], rulesets)

    evaluations, deliveries, memory = first.kept()
    assert len(evaluations) > len(deliveries) > 200
    assert again.kept() == (evaluations, deliveries, memory)
    first.road.close()
    again.road.close()
