"""The hub's stream: a thousand clients, frames at a pace, and some who do not read.

`python -m bench.hub COUNT PACE` is the hub, of a fleet that does nothing but speak: it writes its
port, waits for a line, tells COUNT frames, PACE a second, and writes when it told each.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from time import perf_counter

from bench.crowd import Crowd, crowd
from bench.figures import Figure
from bench.process import REACTOR_CORE, ROOT, pause
from reactor.clock import utc_now
from reactor.hub.fleet import Frame
from reactor.hub.server import Hub
from reactor.hub.stream import AUTH
from reactor.serving.websocket import text_frame
from tests.hub.served import CREDENTIALS, EVENTS, KEY, USER, SpokenFleet, a_frame, basic

RUNS = 3
CLIENTS, SLOW = 1_000, 20
PACE, PACED = 500, 3_000
"""Frames a second, and how many."""

PRESS, PRESSED = 10_000, 40_000

REQUEST = (
    f"GET {EVENTS} HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
    f"Authorization: {basic(USER, KEY)}\r\n\r\n"
).encode()
HEAD = len(text_frame(AUTH.encode()))
"""Bytes that each client is sent before any event."""

PARENTS = [
    "/api/app/v1/service/11111111-1111-4111-8111-111111111111/",
    "/api/infra/v1/node/44444444-4444-4444-8444-444444444444/",
    "/api/app/v1/stack/55555555-5555-4555-8555-555555555555/",
]


def frame(number: int) -> Frame:
    """A container's, as long as every other."""
    return a_frame(parents=PARENTS, uuid=f"33333333-3333-4333-8333-{number:012}")


SIZE = len(text_frame(json.dumps(frame(0), separators=(",", ":")).encode()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What came of it: seconds that each frame took to each client that read, and from the first
    frame told until the last one came."""

    latencies: list[float]
    seconds: float


def fan_out() -> Iterator[Figure]:
    """One core for the hub, the other for its clients."""
    runs = [spread(clients=CLIENTS, slow=SLOW, count=PACED, pace=PACE) for _ in range(RUNS)]
    yield Figure(
        name=f"hub, {CLIENTS:,} clients, {SLOW} of them slow, {PACE} frames/s, p99 of the others",
        unit="ms",
        values=tuple(statistics.quantiles(run.latencies, n=100)[98] * 1000 for run in runs),
        budget="≤ 50",
    )
    pressed = [spread(clients=CLIENTS, slow=0, count=PRESSED, pace=PRESS) for _ in range(RUNS)]
    yield Figure(
        name=f"hub, frames told at {PRESS:,}/s, to {CLIENTS:,} clients each",
        unit="frames/s",
        values=tuple(PRESSED / run.seconds for run in pressed),
        budget="≥ 5,000",
    )


def spread(*, clients: int, slow: int, count: int, pace: int) -> Heard:
    """Frames to clients of which some never read. Raises BenchFailed when one of the others does
    not get all."""
    with _hub(count, pace) as hub:
        assert hub.stdin is not None
        assert hub.stdout is not None
        address = ("127.0.0.1", int(hub.stdout.readline()))
        with (
            crowd(address, REQUEST, HEAD, slow),
            crowd(address, REQUEST, HEAD, clients - slow) as (reading),
        ):
            hub.stdin.write("\n")
            hub.stdin.flush()
            reading.listen(count, SIZE)
            return _heard(reading, json.loads(hub.stdout.readline()))


def _heard(reading: Crowd, told: list[float]) -> Heard:
    latencies = [each for client in reading.listeners for each in client.latencies(told)]
    return Heard(
        latencies=latencies,
        seconds=max(client.times[-1] for client in reading.listeners) - told[0],
    )


@contextmanager
def _hub(count: int, pace: int) -> Iterator[subprocess.Popen[str]]:
    command = ["taskset", "-c", str(REACTOR_CORE), sys.executable, "-m", "bench.hub"]
    with subprocess.Popen(
        [*command, str(count), str(pace)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as hub:
        try:
            yield hub
        finally:
            hub.kill()


def main(count: int, pace: int) -> None:
    """The hub."""
    fleet = SpokenFleet()
    hub = Hub(fleet, credentials=CREDENTIALS, listen=("127.0.0.1", 0), now=utc_now)
    thread = Thread(target=hub.serve)
    thread.start()
    print(hub.address[1], flush=True)
    sys.stdin.readline()
    print(json.dumps(_speak(fleet, count, pace)), flush=True)
    thread.join()


def _speak(fleet: SpokenFleet, count: int, pace: int) -> list[float]:
    """When each frame was told (perf_counter)."""
    began, told = perf_counter(), []
    for number in range(count):
        pause(max(0.0, began + number / pace - perf_counter()))
        told.append(perf_counter())
        fleet.tell(frame(number))
    return told


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
