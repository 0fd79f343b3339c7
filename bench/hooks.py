"""HTTP in: signed requests to a hook, each answered when the journal has its event."""

import asyncio
import hashlib
import hmac
import statistics
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from bench.figures import Figure
from bench.mix import frame
from bench.process import BenchFailed, Running, reactor, workplace
from reactor.journal.database import open_reader
from reactor.journal.summary import counts

RUNS = 3
CONNECTIONS = 64
REQUESTS, WARM_UP = 12_000, 2_000
"""As fast as they are answered; of these the first do not count."""

PACE, PACED, PACED_WARM_UP = 500, 3_500, 500
"""Requests a second over all connections, how many, and how many of them do not count."""

SECRET = b"bench"
RULES = """version: 1
sources:
  hook:
    type: webhook
    secret: bench
    signature: {header: X-Signature}
rules:
  - name: never
    match: {state: Never}
    actions: [{log: info}]
"""


@dataclass(frozen=True, slots=True)
class Exchange:
    """When a request was due to be sent, and when it was answered."""

    due: float
    answered: float


def hooks() -> Iterator[Figure]:
    """What one core answers, and how soon it does when it is not at its limit."""
    yield Figure(
        name="HTTP in → journal, signed, durable, one core",
        unit="requests/s",
        values=tuple(_rate() for _ in range(RUNS)),
    )
    runs = [_latencies() for _ in range(RUNS)]
    for name, cut in (("p50", 49), ("p99", 98)):
        yield Figure(
            name=f"the same at {PACE} requests/s, {name}",
            unit="ms",
            values=tuple(statistics.quantiles(run, n=100)[cut] for run in runs),
        )


def _rate() -> float:
    answered = sorted(each.answered for each in _measured(REQUESTS, pace=None))
    return (REQUESTS - WARM_UP) / (answered[-1] - answered[WARM_UP - 1])


def _latencies() -> list[float]:
    """Milliseconds of each request."""
    exchanges = sorted(_measured(PACED, pace=PACE), key=lambda each: each.due)
    return [(each.answered - each.due) * 1000 for each in exchanges[PACED_WARM_UP:]]


def _measured(requests: int, pace: int | None) -> list[Exchange]:
    with workplace() as folder, reactor(RULES, folder) as running:
        exchanges = asyncio.run(_exchanges(running.port, requests, pace))
        _require_all_there(running, requests)
    return exchanges


async def _exchanges(port: int, requests: int, pace: int | None) -> list[Exchange]:
    """The requests dealt out to the connections, one after the other on each."""
    began = perf_counter()
    shares = (range(first, requests, CONNECTIONS) for first in range(CONNECTIONS))
    work: list[Coroutine[Any, Any, list[Exchange]]] = [
        _share(port, share, began, pace) for share in shares
    ]
    return [exchange for part in await asyncio.gather(*work) for exchange in part]


async def _share(port: int, numbers: range, began: float, pace: int | None) -> list[Exchange]:
    exchanges = []
    async with _connection(port) as (reader, writer):
        for number in numbers:
            due = began + number / pace if pace else perf_counter()
            await asyncio.sleep(max(0.0, due - perf_counter()))
            writer.write(_request(number))
            await _answered(reader)
            exchanges.append(Exchange(due, perf_counter()))
    return exchanges


@asynccontextmanager
async def _connection(
    port: int,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


def _request(number: int) -> bytes:
    body = frame(number)
    signature = hmac.digest(SECRET, body, hashlib.sha256).hex()
    head = (
        "POST /hooks/hook HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nX-Signature: {signature}\r\n\r\n"
    )
    return head.encode() + body


async def _answered(reader: asyncio.StreamReader) -> None:
    """Read one answer to its end."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 202"):
        raise BenchFailed(f"a request was answered with {head.splitlines()[0].decode()}")
    length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))


def _require_all_there(running: Running, requests: int) -> None:
    """The journal must hold what was answered."""
    with closing(open_reader(running.data_dir)) as reader:
        found = counts(reader).events.get("hook", 0)
    if found != requests:
        raise BenchFailed(f"{requests} requests were answered, the journal holds {found}")
