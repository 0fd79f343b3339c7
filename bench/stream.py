"""The whole road, durable, on loopback: events into a FIFO, webhooks out to the sink."""

import os
import statistics
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from bench.figures import Figure
from bench.mix import FIRING_RULE, frame, rule_file
from bench.process import PATIENCE, BenchFailed, Running, pause, reactor, workplace
from bench.sink import Receipt, Sink, sink
from reactor.journal.database import open_reader
from reactor.journal.summary import counts
from reactor.model.delivery import State

RUNS = 3
BURST, WARM_UP = 30_000, 5_000
"""Events at full speed; of these the first do not count."""

PACE, PACED, PACED_WARM_UP = 500, 3_500, 500
"""Events a second, how many, and how many of them do not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A running reactor between a FIFO that feeds it and a sink."""

    running: Running
    fifo: int
    sink: Sink


@contextmanager
def _line(webhooks: int) -> Iterator[Line]:
    """Everything set up so that `webhooks` are due."""
    with workplace() as folder, sink(webhooks) as listening:
        fifo = folder / "events"
        os.mkfifo(fifo)
        rules = rule_file(FIRING_RULE, fifo=str(fifo), sink_port=listening.port)
        with reactor(rules, folder) as running, fifo.open("wb", buffering=0) as feeding:
            yield Line(running=running, fifo=feeding.fileno(), sink=listening)


def deliveries() -> Iterator[Figure]:
    """Every event fires: from the stream to the receiver's socket, through the journal."""
    yield Figure(
        name="stream in → webhook out, every event firing, durable, one core",
        unit="events/s",
        values=tuple(_delivery_rate() for _ in range(RUNS)),
        budget="≥ 10,000",
    )


def _delivery_rate() -> float:
    with _line(BURST) as line:
        _feed(line, [frame(number) for number in range(BURST)])
        times = [receipt.at for receipt in line.sink.receipts()]
        require_all_done(line.running.data_dir, BURST)
    return (BURST - WARM_UP) / (times[-1] - times[WARM_UP - 1])


def latency() -> Iterator[Figure]:
    """From the write of an event to the arrival of its webhook."""
    runs = [_latencies() for _ in range(RUNS)]
    for name, cut, budget in (("p50", 49, "≤ 2"), ("p99", 98, "≤ 10")):
        yield Figure(
            name=f"the same at {PACE} events/s, {name}",
            unit="ms",
            values=tuple(statistics.quantiles(run, n=100)[cut] for run in runs),
            budget=budget,
        )


def _latencies() -> list[float]:
    """Milliseconds of each event."""
    with _line(PACED) as line:
        written = _feed_paced(line, [frame(number) for number in range(PACED)])
        receipts = line.sink.receipts()
        require_all_done(line.running.data_dir, PACED)
    return [_milliseconds(written, receipt) for receipt in receipts if _counts(receipt)]


def _counts(receipt: Receipt) -> bool:
    return receipt.number >= PACED_WARM_UP


def _milliseconds(written: list[float], receipt: Receipt) -> float:
    return (receipt.at - written[receipt.number]) * 1000


def journaled() -> Iterator[Figure]:
    """No event fires: from the stream into the journal."""
    yield Figure(
        name="stream in → journal, nothing firing, durable, one core",
        unit="events/s",
        values=tuple(_journaling_rate() for _ in range(RUNS)),
        budget="≥ 50,000 (WebSocket, 1,000 rules)",
    )


def _journaling_rate() -> float:
    with _line(0) as line:
        _feed(line, [frame(number, state="Running") for number in range(WARM_UP)])
        wait_for_events(line.running.data_dir, WARM_UP)
        numbers = range(WARM_UP, WARM_UP + 2 * BURST)
        frames = [frame(number, state="Running") for number in numbers]
        began = perf_counter()
        _feed(line, frames)
        wait_for_events(line.running.data_dir, WARM_UP + len(frames))
        return len(frames) / (perf_counter() - began)


def _feed(line: Line, frames: list[bytes]) -> None:
    """As fast as it is taken."""
    left = memoryview(b"".join(raw + b"\n" for raw in frames))
    while left:
        left = left[os.write(line.fifo, left) :]


def _feed_paced(line: Line, frames: list[bytes]) -> list[float]:
    """One after the other at PACE; when each was written."""
    began, written = perf_counter(), []
    for number, raw in enumerate(frames):
        pause(max(0.0, began + number / PACE - perf_counter()))
        written.append(perf_counter())
        os.write(line.fifo, raw + b"\n")
    return written


def wait_for_events(data_dir: Path, count: int) -> None:
    """Until the journal holds so many, as its readers see it."""
    deadline = perf_counter() + PATIENCE
    with closing(open_reader(data_dir)) as reader:
        while (found := counts(reader).events.get("feed", 0)) != count:
            if found > count or perf_counter() > deadline:
                raise BenchFailed(f"{count} events were fed, the journal holds {found}")
            pause(0.01)


def require_all_done(data_dir: Path, count: int) -> None:
    """The journal must say what the sink saw."""
    deadline = perf_counter() + PATIENCE
    with closing(open_reader(data_dir)) as reader:
        while (states := counts(reader).deliveries) != {State.SUCCEEDED: count}:
            if perf_counter() > deadline:
                raise BenchFailed(f"{count} deliveries were due, the journal has {states}")
            pause(0.05)
