"""A thousand clients of a hub, some of which do not read."""

import os
import resource
import statistics

import pytest
from websocket import WebSocketBadStatusException

from bench.crowd import crowd
from bench.hub import CLIENTS, HEAD, REQUEST, SIZE, SLOW, frame, spread
from reactor.hub.stream import MOST_CLIENTS
from tests.hub.served import Served, SpokenFleet

pytestmark = pytest.mark.long

MOST_MILLISECONDS = 50


@pytest.fixture
def room():
    """Descriptors for all of them, and a core for each side."""
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16_384), hard))
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    yield
    os.sched_setaffinity(0, cores)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))


@pytest.mark.usefixtures("room")
def test_slow_clients_delay_nobody_else():
    """The best of three: what else the machine does is not the hub's."""
    runs = [spread(clients=CLIENTS, slow=SLOW, count=2_500, pace=500) for _ in range(3)]

    p99 = [statistics.quantiles(run.latencies, n=100)[98] * 1000 for run in runs]
    assert min(p99) < MOST_MILLISECONDS, p99


@pytest.mark.usefixtures("room")
def test_a_thousand_clients_get_five_thousand_frames_a_second():
    runs = [spread(clients=CLIENTS, slow=0, count=25_000, pace=5_000) for _ in range(3)]

    assert min(run.seconds for run in runs) < 25_000 / 5_000 + 1


@pytest.mark.usefixtures("room")
def test_there_is_an_end_to_how_many_listen():
    fleet = SpokenFleet()
    with (
        Served(fleet) as served,
        crowd(served.hub.address, REQUEST, HEAD, MOST_CLIENTS) as everybody,
    ):
        with pytest.raises(WebSocketBadStatusException, match="503"):
            served.connect()

        fleet.tell(frame(0))
        everybody.listen(1, SIZE)
