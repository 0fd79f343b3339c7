"""Large numbers: a burst of events of which few fire, and a journal full of what waits."""

import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from time import perf_counter

from bench.figures import Figure
from bench.mix import FIRING_RULE, frame, rule_file
from bench.process import PATIENCE, BenchFailed, peak_megabytes, reactor, workplace
from bench.sink import sink
from bench.stream import require_all_done, wait_for_events
from reactor.clock import utc_now
from reactor.journal.database import open_writer
from reactor.journal.deliveries import insert_deliveries
from reactor.model.delivery import Delivery
from reactor.model.request import StoredRequest
from tests.builders import a_delivery

FIRING = 100
"""Of so many events of the burst, one fires."""

CHUNK = 10_000
"""Events or deliveries that the bench itself holds at once."""


def burst(count: int) -> Iterator[Figure]:
    """`count` events as fast as they are taken: the most memory that this ever took, and the
    rate."""
    with workplace() as folder, sink(count // FIRING) as listening:
        fifo = folder / "events"
        os.mkfifo(fifo)
        rules = rule_file(FIRING_RULE, fifo=str(fifo), sink_port=listening.port)
        with reactor(rules, folder) as running, fifo.open("wb", buffering=0) as feeding:
            began = perf_counter()
            for chunk in _chunks(count):
                feeding.write(b"".join(_frame(number) + b"\n" for number in chunk))
            wait_for_events(running.data_dir, count)
            seconds = perf_counter() - began
            listening.receipts()
            require_all_done(running.data_dir, count // FIRING)
            peak = peak_megabytes(running.pid)
    name = f"a burst of {count:,} events, 1 % firing"
    yield Figure(name=f"{name}: most memory", unit="MB", values=(peak,), budget="≤ 200")
    yield Figure(name=f"{name}: rate", unit="events/s", values=(count / seconds,))


def _frame(number: int) -> bytes:
    return frame(number, state="Running" if number % FIRING else "Stopped")


def _chunks(count: int) -> Iterator[range]:
    return (range(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK))


def backlog(count: int) -> Iterator[Figure]:
    """`count` deliveries that a journal holds at the start: how soon the first one is made."""
    with workplace() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        (folder / "data").mkdir()
        _fill(folder / "data", count)
        server.settimeout(PATIENCE)
        rules = rule_file(FIRING_RULE, fifo="/dev/null", sink_port=server.getsockname()[1])
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(_first, server)
            with reactor(rules, folder) as running:
                seconds = first.result() - running.began
    yield Figure(
        name=f"{count:,} deliveries wait: from launch to the first request",
        unit="s",
        values=(seconds,),
        budget="≤ 2",
    )


def _fill(data_dir: Path, count: int) -> None:
    with closing(open_writer(data_dir)) as db:
        for chunk in _chunks(count):
            db.execute("begin")
            insert_deliveries(db, [_waiting(number) for number in chunk])
            db.execute("commit")


def _waiting(number: int) -> Delivery:
    now = utc_now()
    return a_delivery(
        id=f"waiting-{number}",
        destination="sink",
        lane="sink",
        request=StoredRequest(method="POST", body=(f'{{"number": {number}}}',)),
        created_at=now,
        promised_at=now,
        due_at=now,
    )


def _first(server: socket.socket) -> float:
    """When the first request came; it and all others are refused."""
    try:
        connection, _ = server.accept()
    except TimeoutError as fault:
        raise BenchFailed("no delivery was made") from fault
    with server, connection:
        connection.recv(1)
        return perf_counter()
