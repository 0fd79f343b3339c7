from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread

import pytest

from reactor.clock import monotonic
from reactor.hub.docker.fleet import DockerFleet
from reactor.hub.docker.inspection import read_specification
from reactor.hub.docker.register import LISTED
from reactor.hub.fleet import Unavailable
from reactor.hub.written import Writing, Written
from reactor.model.errors import ReactorError
from reactor.sources.supervise import World
from tests.fakes import PATIENCE
from tests.hub.docker.meeting import shop_engine
from tests.hub.docker.samples import C1, NOW, WEB, a_call, an_entry
from tests.service import eventually

WORLD = World(
    now=lambda: NOW,
    monotonic=monotonic,
    jitter=lambda: 0.0,
    log=lambda _: None,
    on_refused=lambda _: None,
)


def a_fleet(host, written=None):
    return DockerFleet({"host": host}, {}, WORLD, written=written or Written(), namespace="acme")


@contextmanager
def following(fleet):
    """It runs meanwhile."""
    stop = Event()
    thread = Thread(target=fleet.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)
    assert not thread.is_alive()


def refuse(_):
    raise Unavailable("The disk is full.")


def has_met(fleet):
    try:
        return bool(fleet.objects("service"))
    except Unavailable:
        return False


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
    fleet = a_fleet(f"unix://{tmp_path}/none.sock")
    with following(fleet):
        eventually(lambda: "no such socket" in fleet.status.detail, "it was tried")
        with pytest.raises(Unavailable, match="no such socket"):
            fleet.objects("node")


def test_an_update_is_written_and_shown_at_once_also_by_the_next_fleet():
    kept, update = [], a_call("update", target_num_containers=5)
    with shop_engine() as engine:
        first = a_fleet(engine.url, Written(keep=kept.append))
        with following(first):
            eventually(lambda: has_met(first), "the engine is met")
            assert first.operate("service", WEB, update) is None
            assert first.find("service", WEB)["target_num_containers"] == 5

        second = a_fleet(engine.url, Written(kept[-1]))
        with following(second):
            eventually(lambda: has_met(second), "the engine is met")
            assert second.find("service", WEB)["target_num_containers"] == 5


def test_an_update_that_cannot_be_kept_is_refused():
    with shop_engine() as engine:
        fleet = a_fleet(engine.url, Written(keep=refuse))
        with following(fleet):
            eventually(lambda: has_met(fleet), "the engine is met")
            fleet.operate("service", WEB, a_call("update"))
            with pytest.raises(Unavailable, match="full"):
                fleet.operate("service", WEB, a_call("update", target_num_containers=5))

            assert fleet.find("service", WEB)["target_num_containers"] == 1


@pytest.mark.parametrize(("keep", "left"), [(None, {}), (refuse, {WEB: 3})])
def test_what_belongs_to_a_service_of_a_swarm_goes_with_it(keep, left):
    written = Written(Writing(wanted={WEB: 3}), **({"keep": keep} if keep else {}))
    fleet = a_fleet("unix:///none.sock", written)
    with fleet._holding.changing() as register:
        register.put(an_entry("service", WEB, "Terminated"))
        register.specifications[WEB] = read_specification({"ID": "s1"})

    fleet.advance(NOW + LISTED)
    assert written.present.wanted == {WEB: 3}
    fleet.advance(NOW + LISTED + timedelta(seconds=1))
    assert written.present.wanted == left
