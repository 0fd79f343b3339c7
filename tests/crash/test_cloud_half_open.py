"""A server that is gone without a word is noticed within 15 seconds, whenever it goes."""

from concurrent.futures import ThreadPoolExecutor
from random import Random
from statistics import median
from threading import Event

import pytest

from reactor.clock import monotonic
from reactor.model.errors import SourceLost
from reactor.sources.channel import PING_SECONDS
from reactor.sources.cloudstream import DockerCloudSource
from tests.crash.cloud import source
from tests.crash.streams import BlackHole
from tests.fakes import PATIENCE, RecordingFeed
from tests.hub.process import HubProcess

EACH = 25
"""Sources that read from each of the two."""


@pytest.fixture
def hub():
    """A hub that will be stopped where it stands."""
    with HubProcess() as hub:
        yield hub


@pytest.fixture
def hole():
    """A proxy before a hub that lives on."""
    with HubProcess() as hub, BlackHole(hub.address) as hole:
        yield hole


def loss(address, delay, feed, stop):
    """Connect after so many seconds; when the connection was given up, and why."""
    stop.wait(delay)
    where = "{}:{}".format(*address)
    try:
        DockerCloudSource(source(f"ws://{where}", f"http://{where}"), {}).run(feed, stop)
    except SourceLost as lost:
        return monotonic(), str(lost)


@pytest.fixture
def losses(hub, hole):
    """Of sources that are all connected, each at another point of its ping cycle; to be waited
    for, those of the hub first."""
    chance, stop, feeds = Random(), Event(), [RecordingFeed() for _ in range(2 * EACH)]
    addresses = [hub.address] * EACH + [hole.address] * EACH
    with ThreadPoolExecutor(len(feeds)) as pool:
        losses = [
            pool.submit(loss, address, chance.uniform(0, PING_SECONDS), feed, stop)
            for address, feed in zip(addresses, feeds, strict=True)
        ]
        try:
            assert all(feed.subscribed.wait(PATIENCE) for feed in feeds)
            yield losses
        finally:
            stop.set()


def told(what, seconds):
    return (
        f"{len(seconds)} connections to {what}: noticed after {min(seconds):.1f} s at the earliest,"
        f" {median(seconds):.1f} s in the middle, {max(seconds):.1f} s at the latest"
    )


@pytest.mark.long
def test_fifty_of_fifty_servers_that_are_gone_without_a_word_are_noticed_within_15_seconds(
    hub, hole, losses
):
    hub.suspend()
    hole.swallow()
    begin = monotonic()

    ends = [loss.result(PATIENCE) for loss in losses]
    seconds = [at - begin for at, _ in ends]
    print(told("a stopped process", seconds[:EACH]))  # noqa: T201 -- the finding
    print(told("a proxy that forwards nothing", seconds[EACH:]))  # noqa: T201 -- the same
    assert {why for _, why in ends} == {"127.0.0.1: no pong for 4 s"}
    assert max(seconds) < 15
