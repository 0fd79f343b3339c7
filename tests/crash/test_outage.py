"""Hours of an outage, on a virtual clock: a real journal, and a network that a script plays."""

import tracemalloc
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event

import pytest

from reactor.delivery.breaker import LONGEST_PROBE
from reactor.delivery.dispatcher import Begun
from reactor.model.gates import Rate
from reactor.model.request import Fault, HttpRequest, Response
from tests.builders import NOON, a_delivery
from tests.delivery.world import SECOND, Promise, World

WAITING, OUTAGE, RATE = 10_000, timedelta(hours=3), Rate(50, SECOND)
MEBIBYTE = 1024 * 1024


class Network:
    """A transport whose only destination is down until `up_at`. `sent` is all that went out."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.sent: list[tuple[datetime, str]] = []
        self.up_at = NOON
        self._now = now
        self._under_way: list[Begun] = []
        self._woken = Event()

    has_rested = True

    @property
    def under_way(self) -> int:
        """How many have begun and not ended."""
        return len(self._under_way)

    def start(self, token: Begun, _request: HttpRequest) -> None:
        """Begin an exchange."""
        self.sent.append((self._now(), token.delivery.id))
        self._under_way.append(token)

    def step(self, timeout: timedelta) -> list[tuple[Begun, Response]]:
        """Every exchange ends at once."""
        if not self._under_way:
            self._woken.wait(timeout.total_seconds())
            self._woken.clear()
        ended, self._under_way = self._under_way, []
        is_down = self._now() < self.up_at
        fault = Response(fault=Fault.CONNECT, detail="no connection: connection refused")
        return [(begun, fault if is_down else Response(status=200)) for begun in ended]

    def wake(self) -> None:
        """The journal has something for us."""
        self._woken.set()

    def abandon(self) -> list[Begun]:
        """Nothing is under way between two steps."""
        return []

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path, connect=Network)
    yield world
    world.close()


def promised(number):
    """The delivery that is promised `number` seconds into the outage."""
    at = NOON + number * SECOND
    return a_delivery(id=f"{number:05}", created_at=at, promised_at=at, due_at=at)


def live_until(world, end):
    """Let time go by, from one thing that is due to the next; a delivery is promised each second
    until there are enough."""
    world.dispatcher.wake(["ops"])
    while world.now < end:
        world.rest()
        pause = min(world.dispatcher._patience(world.now), end - world.now)
        world.now += max(pause, timedelta(milliseconds=1))


def is_within(rate, moments):
    """Whether no span of the rate holds more starts than its count."""
    later = moments[rate.count :]
    return all(at - before >= rate.per for before, at in zip(moments, later, strict=False))


def test_what_waited_three_hours_goes_out_in_order_at_its_rate_and_none_too_early(world):
    world.transport.up_at = NOON + OUTAGE
    world.send_to(ops={"rate_limit": RATE})
    for first in range(0, WAITING, 1000):
        live_until(world, NOON + first * SECOND)
        batch = tuple(promised(number) for number in range(first, first + 1000))
        world.writer.submit(Promise(batch)).result(10)
    live_until(world, NOON + OUTAGE)
    tried = len(world.transport.sent)
    assert OUTAGE / LONGEST_PROBE <= tried <= 2 * OUTAGE / LONGEST_PROBE + 20

    while len(world.told) < tried + 1:
        live_until(world, world.now + SECOND)
    tracemalloc.start()
    live_until(world, world.now + (WAITING / RATE.count + 2) * SECOND)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    sent = world.transport.sent[tried:]
    assert len(world.sentences) == 2
    assert len({identity for _, identity in sent}) == WAITING
    after_the_probe = [identity for _, identity in sent[1:]]
    assert after_the_probe == sorted(after_the_probe)
    assert is_within(RATE, [at for at, _ in sent])
    assert all(at >= promised(int(identity)).due_at for at, identity in world.transport.sent)
    told = len(world.told) * 3000  # what the test itself keeps of each attempt
    assert peak < 4 * MEBIBYTE + told
