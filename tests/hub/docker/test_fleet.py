from datetime import timedelta
from threading import Event, Thread

import pytest

from reactor.clock import monotonic
from reactor.hub.docker.fleet import DockerFleet
from reactor.hub.fleet import Unavailable
from reactor.model.errors import ReactorError
from reactor.sources.supervise import World
from tests.fakes import PATIENCE
from tests.hub.docker.samples import C1, NOW, a_call
from tests.service import eventually

WORLD = World(
    now=lambda: NOW,
    monotonic=monotonic,
    jitter=lambda: 0.0,
    log=lambda _: None,
    on_refused=lambda _: None,
)


def a_fleet(host):
    return DockerFleet({"host": host}, {}, WORLD, namespace="acme")


def test_an_address_that_is_none_is_an_error():
    with pytest.raises(ReactorError, match="expected unix:///PATH"):
        a_fleet("nonsense")


def test_before_its_engine_is_met_nothing_can_be_asked(tmp_path):
    fleet = a_fleet(f"unix://{tmp_path}/none.sock")

    for ask in (
        lambda: fleet.objects("container"),
        lambda: fleet.find("container", C1),
        lambda: fleet.operate("container", C1, a_call("stop")),
        lambda: fleet.logs("container", C1, tail=1, follow=False),
        lambda: fleet.execute(C1, ["sh"]),
    ):
        with pytest.raises(Unavailable, match="There is no Docker Engine"):
            ask()
    assert fleet.next_due() is None
    fleet.advance(NOW + timedelta(days=1))


def test_it_runs_until_it_is_stopped_and_says_why_there_is_no_engine(tmp_path):
    fleet, stop = a_fleet(f"unix://{tmp_path}/none.sock"), Event()
    thread = Thread(target=fleet.run, args=(stop,))
    thread.start()
    try:
        eventually(lambda: "no such socket" in fleet.status.detail, "it was tried")
        with pytest.raises(Unavailable, match="no such socket"):
            fleet.objects("node")
    finally:
        stop.set()
        thread.join(PATIENCE)
    assert not thread.is_alive()
