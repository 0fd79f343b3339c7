"""What gates cost: events a second through rules of which some have gates that remember much, what
that takes of memory, and of the time to start.

Time and pairs are as in matching.py. In the time that gates go by, events come a millisecond apart.
"""

import gc
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from time import process_time

from bench.figures import Figure
from bench.gated import gated_frames, gated_rules, ungated_rules
from bench.process import LOAD_CORE, REACTOR_CORE, BenchFailed, resident_megabytes, workplace
from bench.rules import ruleset
from reactor.actions import ACTIONS
from reactor.cli.serve import MADE_UNTIL_COLLECTED
from reactor.decider import Conclusion, Decider
from reactor.engine.compiled import CompiledRules
from reactor.engine.gates.mode import queued
from reactor.engine.normalize import normalize, record_of
from reactor.engine.passage import kept_in
from reactor.journal.batch import Batch
from reactor.journal.database import open_reader, open_writer
from reactor.journal.memory import load, save
from reactor.model.event import Arrival, Event
from reactor.model.match import Reason
from reactor.model.signal import DeliveryEnded, Signal

RUNS = 5

KEYS = 100_000
"""So many are remembered at least, each counted once for each rule that remembers it."""

FRAMES = 100_000
"""Events that leave so many keys. They come again and again, as new events of the same objects."""

RUN, CHUNK, BATCH = 10_000, 500, 100
"""Events of a run; of one turn with gates or without; of one transaction."""

BEGAN, STEP = datetime(2030, 1, 7, 13, tzinfo=UTC), timedelta(milliseconds=1)
"""When the first event comes: an hour after its own time, so that its arrival counts."""

NAME = f"gates on 10 % of 1,000 rules, {KEYS:,} keys"

BUDGETS = {"of the rate without": "≥ 50"}


def gates() -> Iterator[Figure]:
    """The rate with gates and without, and what is remembered takes."""
    os.sched_setaffinity(0, {REACTOR_CORE})
    frames = gated_frames(FRAMES)
    gated, plain = _Course(gated_rules(), frames), _Course(ungated_rules(), frames)
    gated.take(FRAMES)
    if not KEYS <= gated.keys < 1.1 * KEYS:
        raise BenchFailed(f"{gated.keys:,} keys are remembered, which should be {KEYS:,}")
    gc.freeze()  # as a service does when it has started
    gc.set_threshold(MADE_UNTIL_COLLECTED)
    pairs = [_pair(gated, plain) for _ in range(RUNS)]
    yield from _rates(pairs)
    for course in (gated, plain):
        course.require_right()
    yield from _weights(gated.decider)
    os.sched_setaffinity(0, {LOAD_CORE})


def _pair(gated: "_Course", plain: "_Course") -> tuple[float, float]:
    """Seconds for a run with gates, and without."""
    turns = [(gated.take(CHUNK), plain.take(CHUNK)) for _ in range(RUN // CHUNK)]
    return sum(with_gates for with_gates, _ in turns), sum(without for _, without in turns)


def _rates(pairs: Sequence[tuple[float, float]]) -> Iterator[Figure]:
    yield _figure("frame to decision", "events/s", [RUN / gated for gated, _ in pairs])
    yield Figure(
        name="mix, 1,000 rules without the gates: frame to decision",
        unit="events/s",
        values=tuple(RUN / plain for _, plain in pairs),
    )
    yield _figure("of the rate without", "%", [100 * plain / gated for gated, plain in pairs])


def _figure(what: str, unit: str, values: Sequence[float]) -> Figure:
    return Figure(
        name=f"{NAME}: {what}", unit=unit, values=tuple(values), budget=BUDGETS.get(what, "")
    )


class _Course:
    """Events that are decided by one rule set, batch by batch as in a service; the journal alone is
    not there."""

    def __init__(self, rules: str, frames: Sequence[bytes]) -> None:
        self._frames, self._count = frames, 0
        self._rules = CompiledRules(ruleset(rules))
        self.decider = Decider(
            self._rules,
            ACTIONS,
            {},
            0,
            since=BEGAN,
            event_of=lambda _, name: self._event(int(name)),
        )
        self._signals: list[Signal] = []
        self._matched = self._rows = self._waiting = 0

    def take(self, count: int) -> float:
        """Decide so many more events; the seconds that it took."""
        began = process_time()
        last = self._count + count
        done = [self._conclude(first) for first in range(self._count, last, BATCH)]
        seconds = process_time() - began
        self._count = last
        for conclusion in done:
            self._count_rows(conclusion)
        return seconds

    def _conclude(self, first: int) -> Conclusion:
        events = [self._event(number) for number in range(first, first + BATCH)]
        now = events[-1].received_at
        moments = [
            *((each, now) for each in self._signals),
            *((event, event.received_at) for event in events),
        ]
        conclusion = self.decider.conclude(Batch(), moments, (), now=now, until=(now, False))
        self.decider.remember(conclusion.batch)
        self._signals = [
            DeliveryEnded(each.id, each.source)
            for each in conclusion.batch.deliveries
            if self.decider.memory.watching(f"delivery:{each.id}")
        ]
        return conclusion

    def _event(self, number: int) -> Event:
        """The event of this number: also what the journal would be asked for."""
        raw = self._frames[number % len(self._frames)]
        arrival = Arrival(
            source="feed", raw=raw, identity=str(number), is_named=True, platform=True
        )
        event = normalize(arrival, BEGAN + number * STEP)
        if not isinstance(event, Event):
            raise BenchFailed(f"a frame of the bench was refused: {event}")
        return event

    def _count_rows(self, conclusion: Conclusion) -> None:
        batch = conclusion.batch
        if batch.quarantined or conclusion.notices:
            raise BenchFailed(f"not decided: {batch.quarantined}; {conclusion.notices}")
        for event in conclusion.events:
            rules = self._rules.possible(event.source, record_of(event))
            self._matched += sum(rule.absent is None for rule in rules)
        self._rows += sum(bool(row.event_id) for row in batch.evaluations)
        self._waiting += sum(row.reason is Reason.WAITING for row in batch.evaluations)
        self._waiting -= len(batch.settlements)

    @property
    def keys(self) -> int:
        """How many are remembered, of all rules."""
        return sum(self.decider.memory.keys.values())

    def require_right(self) -> None:
        """Raise BenchFailed unless each match has its row, and what waits is all remembered."""
        memory = [entry for key, entry in self.decider.memory if key.gate != "absent"]
        kept = sum(bool(kept_in(entry)) + len(queued(entry)) for entry in memory)
        if self._rows != self._matched or self._waiting != kept:
            raise BenchFailed(
                f"{self._rows} rows of {self._matched} matches; {self._waiting} of them wait, "
                f"{kept} are remembered"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weight:
    """What was loaded: MB in memory, and seconds of one core."""

    keys: int
    megabytes: float
    seconds: float


def _weights(decider: Decider) -> Iterator[Figure]:
    """What is remembered takes, in processes that begin with it."""
    keys = sum(decider.memory.keys.values())
    with workplace() as folder:
        with closing(open_writer(folder)) as db:
            db.execute("begin")
            save(db, dict(iter(decider.memory)))
            db.execute("commit")
        found = [_weight(folder) for _ in range(RUNS)]
    if {each.keys for each in found} != {keys}:
        raise BenchFailed(f"of {keys} keys there are {[each.keys for each in found]}")
    megabytes = [each.megabytes for each in found]
    yield _figure("memory of what gates remember", "MB", megabytes)
    yield _figure("memory of a key", "bytes", [each * 1e6 / keys for each in megabytes])
    yield _figure("load from the journal", "ms", [1_000 * each.seconds for each in found])


def _weight(folder: Path) -> _Weight:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_loaded, folder).result()


def _loaded(folder: Path) -> _Weight:
    """What a start does about memory, in a process where nothing else was before."""
    rules = CompiledRules(ruleset(gated_rules()))
    with closing(open_reader(folder)) as db:
        before = _resident()
        began = process_time()
        decider = Decider(rules, ACTIONS, load(db), 0, since=BEGAN)
        seconds = process_time() - began
        used = _resident() - before
    return _Weight(keys=sum(decider.memory.keys.values()), megabytes=used, seconds=seconds)


def _resident() -> float:
    gc.collect()
    return resident_megabytes(os.getpid())
