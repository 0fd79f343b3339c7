"""Listing against a real engine, alone and as the manager of a swarm of two."""

import subprocess
from contextlib import closing

import pytest

from reactor.clock import utc_now
from reactor.platforms.docker.client import Client
from reactor.platforms.docker.dial import parse_address
from reactor.platforms.docker.engine import described
from reactor.platforms.docker.listing import inspect, list_engine
from tests.live.engine import IMAGE

SLEEPING = "exec /bin/busybox sleep 600"
GREEDY = "x=aaaaaaaa; while :; do x=$x$x; done"


def listed(host, known=None):
    with closing(Client(parse_address(host))) as client:
        engine = described(client.describe())
        return list_engine(
            client, engine, now=utc_now, inspect_all=known is None, known=known or {}
        )


def found(engine, container):
    [it] = [each for each in listed(engine.host).containers if each.id == container]
    return it


def await_event(engine, container, event, times=1):
    """Until the engine has told so many such events of the container."""
    command = ["docker", "--host", engine.host, "events", "--since", "2020-01-01"]
    filters = ["--filter", f"container={container}", "--filter", f"event={event}"]
    with subprocess.Popen([*command, *filters], stdout=subprocess.PIPE) as events:
        for _ in range(times):
            assert events.stdout.readline()
        events.kill()


def test_a_container_that_was_only_created(engine):
    created = engine.docker("create", "--network", "none", "--name", "reactor-listed", IMAGE, "x")
    try:
        it = found(engine, created)
    finally:
        engine.docker("rm", created)

    assert (it.state, it.name, it.image) == ("Starting", "reactor-listed", IMAGE)
    assert it.started_at is it.finished_at is it.exit_code is None


def test_a_container_that_runs_is_known_by_its_labels_and_its_start(engine):
    container = engine.run(SLEEPING, "--label", "com.docker.compose.project=shop")

    it = found(engine, container)

    assert (it.state, it.exit_code, it.health) == ("Running", None, None)
    assert it.labels == {"com.docker.compose.project": "shop"}
    assert it.created_at < it.started_at < utc_now()


def test_a_paused_container_still_runs(engine):
    container = engine.run(SLEEPING)
    engine.docker("pause", container)

    assert found(engine, container).state == "Running"


def test_a_container_that_ended(engine):
    container = engine.run("exit 7")
    engine.docker("wait", container)

    it = found(engine, container)

    assert (it.state, it.exit_code, it.oom_killed) == ("Stopped", 7, False)


def test_a_container_that_the_kernel_killed(engine):
    container = engine.run(GREEDY, "--memory", "16m")
    engine.docker("wait", container)

    it = found(engine, container)

    assert (it.state, it.exit_code, it.oom_killed) == ("Stopped", 137, True)


@pytest.mark.parametrize(("probe", "health"), [("true", "healthy"), ("false", "unhealthy")])
def test_a_container_whose_health_is_probed(engine, probe, health):
    options = ("--health-interval", "100ms", "--health-retries", "1")
    container = engine.run(SLEEPING, "--health-cmd", f"/bin/busybox {probe}", *options)
    await_event(engine, container, "health_status")

    assert found(engine, container).health == health


def test_a_container_that_its_policy_starts_again_and_again(engine):
    container = engine.run("exit 3", "--restart", "always")
    await_event(engine, container, "die", times=3)

    assert found(engine, container).restart_count >= 2


def test_a_second_listing_finds_the_same(engine):
    containers = [engine.run(SLEEPING), engine.run("exit 7")]
    engine.docker("wait", containers[1])
    known = {each.id: each for each in listed(engine.host).containers}

    again = {each.id: each for each in listed(engine.host, known).containers}

    assert [again[each] for each in containers] == [known[each] for each in containers]


def test_one_container_is_inspected(engine):
    container = engine.run(SLEEPING)

    with closing(Client(parse_address(engine.host))) as client:
        described_engine = described(client.describe())
        it = inspect(client, described_engine, container)
        none = inspect(client, described_engine, "0" * 64)

    assert it.id == container
    assert none is None


@pytest.mark.long
def test_a_manager_lists_services_nodes_and_what_runs_elsewhere(swarm_of_two):
    """What it tells of the worker's container is what the worker tells of it."""
    label = ("--container-label", "com.docker.stack.namespace=shop")
    service = ("service", "create", "--quiet", "--network", "host", "--mode", "global", *label)
    at_once = ("--stop-signal", "KILL")
    manager, worker = swarm_of_two
    manager.docker(*service, *at_once, "--name", "shop_web", IMAGE, "/bin/busybox", "sleep", "600")
    listing, theirs = listed(manager.host), listed(worker.host)

    assert (theirs.services, theirs.nodes) == (None, None)
    [web] = listing.services
    assert (web.name, web.running, web.wanted) == ("shop_web", 2, 2)
    assert [each.state for each in listing.nodes] == ["Deployed", "Deployed"]
    [here] = [each for each in listing.containers if each.node_id is None]
    [there] = [each for each in listing.containers if each.node_id]
    [own] = theirs.containers
    assert here.id != there.id
    for name in ("id", "name", "image", "state", "labels", "exit_code"):
        assert getattr(there, name) == getattr(own, name)
