"""Terminals of a hub in containers of a real engine, once nobody is there any more."""

from urllib.parse import quote

from reactor.clock import utc_now
from tests.hub.served import Served
from tests.live.deeds import OBEYS, ready
from tests.live.hub import docker_fleet, named
from tests.service import eventually

SHELL = "/bin/busybox sh"


def shells(engine, container):
    """Those that run in it, beside its own command."""
    listed = engine.docker("top", container, "-eo", "pid,args").splitlines()[1:]
    return [line for line in listed if line.endswith(SHELL)]


def test_whoever_leaves_leaves_no_shell_behind(engine):
    container = ready(engine, OBEYS, "--name", "typed")
    with docker_fleet(engine.host) as fleet, Served(fleet, now=utc_now) as served:
        eventually(lambda: named(fleet, "container", "typed")["state"] == "Running", "it runs")
        path = f"{named(fleet, 'container', 'typed')['resource_uri']}exec/?command={quote(SHELL)}"
        gone, typing, *there = [served.connect(path) for _ in range(5)]
        eventually(lambda: len(shells(engine, container)) == 5, "they run")

        gone.shutdown()
        typing.send("half a line")
        typing.shutdown()
        eventually(lambda: len(shells(engine, container)) == 3, "two of them end")
        served.hub.stop()

        eventually(lambda: shells(engine, container) == [], "so do the others")
        for each in there:
            each.shutdown()
