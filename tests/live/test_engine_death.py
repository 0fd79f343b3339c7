"""An engine that ends, by a wish, by force or with its machine: what is told of its containers,
once each, while we listen and when we come back."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.live.conftest import unavailable
from tests.live.deeds import DEAF, OBEYS, ready
from tests.live.engine import ActivatedEngine, EngineUnavailable, PrivateEngine, private_engine
from tests.live.proxy import proxy_before
from tests.live.watching import watching

RUNNING = ("container", "Running")
HOST_DOWN = ("container", "Stopped", "host_down", False)
PLANNED = ("container", "Stopped", "planned_stop", True)

ALWAYS = ("--restart", "always")
DEATHS = [PrivateEngine.stop, PrivateEngine.kill, PrivateEngine.cut_power]


@pytest.fixture
def engines():
    """Makes engines that end with the test."""
    with ExitStack() as stack:

        def begin(*options, kind=PrivateEngine):
            try:
                return stack.enter_context(private_engine(*options, kind=kind))
            except EngineUnavailable as error:
                unavailable(str(error))

        yield begin


def settled(engine, watched):
    """A container that ends with its engine, and one that the next engine starts again. A source
    has listed them."""
    cast = ready(engine, OBEYS), ready(engine, OBEYS, *ALWAYS)
    watched.settle(lambda: engine.docker("kill", "--signal", "CONT", cast[0]))
    return cast


def story(watched, container):
    """The ends and starts of a container in the order told, and what corrects them."""
    words = ("type", "state", "cause", "planned")
    told = watched.all(lambda each: each.get("container.docker_id") == container)
    return [
        tuple(each.get(word) for word in words if each.get(word) is not None)
        for each in told
        if each.get("state") in ("Running", "Stopped") or each.get("type") == "revised"
    ]


def wait_for_node(watched, state):
    watched.wait(lambda told: (told.get("type"), told.get("state")) == ("node", state))


def wait_for_starts(watched, container, count):
    about = ("container.docker_id", container), ("state", "Running")
    watched.wait(lambda told: all(told.get(path) == value for path, value in about), count)


def test_what_a_killed_engine_left_running_went_down_with_it(own_engine):
    with watching(own_engine.host) as watched:
        plain, always = settled(own_engine, watched)
        own_engine.kill()
        own_engine.start()
        own_engine.docker("stop", always)  # nobody can have a wish before
        watched.of(always, cause="planned_stop")

        end = watched.of(plain, state="Stopped")
    assert story(watched, plain) == [RUNNING, HOST_DOWN]
    assert story(watched, always) == [RUNNING, HOST_DOWN, RUNNING, PLANNED]
    assert "the next engine ended it" in end.evidence[-1]


def test_a_lost_connection_takes_no_container_with_it(engine, tmp_path):
    with (
        proxy_before(engine.host, tmp_path / "proxy.sock") as proxy,
        watching(proxy.host) as watched,
    ):
        obeys, deaf, last = (ready(engine, script) for script in (OBEYS, DEAF, OBEYS))
        watched.settle(lambda: engine.docker("kill", "--signal", "CONT", obeys))
        engine.docker("stop", obeys)
        with ThreadPoolExecutor(1) as pool:
            stopping = pool.submit(engine.docker, "stop", "--time", "3", deaf)
            watched.of(deaf, state="Stopping")
            engine.docker("kill", "--signal", "TERM", last)
            proxy.refuse()
            wait_for_node(watched, "Unreachable")
            stopping.result()
        proxy.admit()
        wait_for_node(watched, "Deployed")
        watched.of(deaf, state="Stopped")

    assert story(watched, obeys) == story(watched, deaf) == [RUNNING, PLANNED]
    assert story(watched, last) == [RUNNING, ("container", "Stopped", "killed", True)]


def test_what_runs_when_the_power_fails_goes_down_with_its_engine(own_engine):
    with watching(own_engine.host) as watched:
        plain, always = settled(own_engine, watched)
        own_engine.cut_power()
        own_engine.start()
        wait_for_starts(watched, always, 2)

        end = watched.of(plain, state="Stopped")
    assert (end.get("inferred"), end.get("container.exit_code")) == (True, 255)
    assert story(watched, plain) == [RUNNING, HOST_DOWN]
    assert story(watched, always) == [RUNNING, HOST_DOWN, RUNNING]


@pytest.mark.parametrize(
    "kind", [PrivateEngine, pytest.param(ActivatedEngine, marks=pytest.mark.long)]
)
def test_what_an_engine_stops_as_it_ends_goes_down_with_it(engines, kind):
    engine = engines(kind=kind)
    with watching(engine.host) as watched:
        plain, always = settled(engine, watched)
        deaf = ready(engine, DEAF, "--stop-timeout", "4")  # the engine lives on for so long
        engine.stop()
        engine.start()
        wait_for_starts(watched, always, 2)

        end = watched.of(plain, state="Stopped")
    assert any("lets nobody in any more" in sentence for sentence in end.evidence), end.evidence
    assert story(watched, plain) == story(watched, deaf) == [RUNNING, HOST_DOWN]
    assert story(watched, always) == [RUNNING, HOST_DOWN, RUNNING]


@pytest.mark.long
@pytest.mark.parametrize("die", DEATHS)
def test_what_went_down_while_we_were_away_is_told_when_we_are_back(own_engine, die):
    with watching(own_engine.host) as watched:
        plain, always = settled(own_engine, watched)
    die(own_engine)
    own_engine.start()
    with watching(own_engine.host, watched.feed.kept) as again:
        again.of(plain, state="Stopped")
        wait_for_starts(again, always, 1)

    assert story(again, plain) == [HOST_DOWN]
    assert story(again, always) == [HOST_DOWN, RUNNING]


@pytest.mark.long
def test_an_engine_that_keeps_its_containers_takes_none_with_it(engines):
    engine = engines("--live-restore")
    with watching(engine.host) as watched:
        plain, always = settled(engine, watched)
        engine.kill()
        engine.start()
        engine.docker("stop", plain)
        watched.of(plain, cause="planned_stop")

    assert story(watched, plain) == [RUNNING, PLANNED]
    assert story(watched, always) == [RUNNING]
