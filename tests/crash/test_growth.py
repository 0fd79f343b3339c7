"""Events without end through a small retention: the journal stays as large as what it keeps."""

from contextlib import closing
from datetime import timedelta
from statistics import quantiles

import msgspec
import pytest

from reactor.clock import monotonic
from reactor.journal.deliveries import due, lanes
from reactor.journal.moves import Claim, Finish
from reactor.journal.retention import sweep
from reactor.journal.summary import counts
from reactor.model.delivery import Attempt, Move, State
from reactor.model.event import Arrival
from reactor.model.journal import Finished
from reactor.model.rule import Keep
from reactor.pipeline import MAX_BATCH
from reactor.road import UNOBSERVED, Road
from reactor.transaction import Surroundings
from tests.builders import NOON
from tests.config.loading import load_text

RULES = """\
rules:
  - name: held
    match: {type: container}
    throttle: 1 per 1h
    actions: [{log: info}]
  - name: one in a hundred
    match: {number: 7}
    actions: [{log: info, text: "{{ uuid }}"}]
"""
HOUR = timedelta(hours=1)
KEEP = Keep(events=HOUR, deliveries=2 * HOUR, dead_letters=2 * HOUR)
MIB = 1024 * 1024


class Life:
    """A road whose clock goes by its events, of which there are so many `an_hour`."""

    def __init__(self, folder, an_hour):
        self.folder, self.an_hour = folder, an_hour
        self.sizes, self.logs, self.slices, self.now, self.sent = [], [], [], NOON, 0
        ruleset = load_text(folder, RULES).ruleset
        around = Surroundings(now=lambda: self.now, on_commit=lambda _: None)
        self.road = Road(folder, ruleset, what="a test", observers=UNOBSERVED, around=around)

    def receive(self):
        """A batch, and the deliveries that it fired."""
        numbers = range(self.sent, self.sent + MAX_BATCH)
        self.sent += MAX_BATCH
        self.now += HOUR * MAX_BATCH / self.an_hour
        self.road.pipeline.receive([an_arrival(number) for number in numbers])
        self.deliver()

    def deliver(self):
        with closing(self.road.reader()) as reader:
            found = [due(reader, lane, self.now, MAX_BATCH) for lane in lanes(reader)]
        ids = [delivery.id for each in found for delivery in each]
        self.road.writer.submit(Claim(ids=tuple(ids), at=self.now)).result()
        results = tuple(succeeded(each, self.now) for each in ids)
        self.road.writer.submit(Finish(results=results)).result()

    def sweep(self):
        with closing(self.road.reader()) as reader:
            steps, begun = sweep(reader, self.road.writer, KEEP, self.now), monotonic()
            for _ in steps:
                self.slices.append(monotonic() - begun)
                begun = monotonic()
        self.sizes.append((self.folder / "reactor.db").stat().st_size)
        self.logs.append((self.folder / "reactor.db-wal").stat().st_size)


def an_arrival(number):
    frame = {"type": "container", "uuid": f"e-{number}", "number": number % 100, "pad": "x" * 500}
    return Arrival(source="lines", raw=msgspec.json.encode(frame), identity=str(number))


def succeeded(identity, now):
    attempt = Attempt(
        delivery_id=identity,
        number=1,
        started_at=now,
        ended_at=now,
        verdict="success",
        status=None,
        detail="logged",
    )
    return Finished(attempt=attempt, move=Move.SUCCEED)


@pytest.mark.parametrize(
    ("events", "an_hour"),
    [
        (20_000, 4_000),
        # three minutes on two cores
        pytest.param(1_000_000, 100_000, marks=[pytest.mark.long, pytest.mark.timeout(900)]),
    ],
)
def test_the_journal_stays_as_large_as_what_it_keeps(tmp_path, events, an_hour):
    life = Life(tmp_path, an_hour)
    with life.road as road:
        while life.sent < events:
            life.receive()
            if life.sent % (an_hour // 8) < MAX_BATCH:
                life.sweep()
        with closing(road.reader()) as reader:
            kept = reader.execute("select count(*) from events").fetchone()[0]
            totals = counts(reader)

    settled = life.sizes[24:]  # three hours: by then all that is kept for the longest is there
    print(  # noqa: T201 -- with `pytest -s` and in failures
        f"{events} events: {kept} kept, {min(settled) / MIB:.1f} to {max(settled) / MIB:.1f} MiB, "
        f"log {max(life.logs) / MIB:.1f} MiB, slices {quantiles(life.slices, n=100)[98]:.4f} s"
    )
    assert max(settled) <= 1.1 * settled[0]
    assert max(life.logs) <= 80 * MIB
    assert kept < 1.2 * an_hour
    assert totals.events == {"lines": events}
    assert totals.deliveries.keys() == {State.SUCCEEDED}
