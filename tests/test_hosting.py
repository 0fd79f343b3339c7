"""The hub of a service: real sockets, a simulated fleet in place of an engine."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Event

import pytest
import requests

from reactor.hosting import Hosting
from reactor.hub.access import KEY, USER
from reactor.hub.simulated import SimulatedFleet
from reactor.model.errors import ReactorError
from tests.config.loading import load_text
from tests.delivery.certificates import Certificates
from tests.fakes import PATIENCE
from tests.hub.served import basic

START = datetime(2030, 1, 7, 12, 34, 56, tzinfo=UTC)
RULES = """\
sources:
  local: {type: docker, host: unix:///run/one.sock}
rules:
  - {name: a, match: {state: Stopped}, actions: [{log: info}]}
"""
HUB = "hub: {listen: '127.0.0.1:0', user: acme, apikey: s3cret}\n"


class PlayedEngine(SimulatedFleet):
    """One that is followed, and says for how long."""

    def __init__(self) -> None:
        super().__init__(seed=1, now=START)
        self.began, self.ended = Event(), Event()

    def run(self, stop: Event) -> None:
        self.began.set()
        stop.wait(PATIENCE)
        self.ended.set()


class World:
    """What a hosting is given, and what it made of that."""

    def __init__(self, folder, environment) -> None:
        self.folder, self.failures = folder, []
        self.opened: list[tuple[object, str | None, PlayedEngine]] = []
        self.hosting = Hosting(self._open, environment, self.failures.append)

    def _open(self, options, namespace):
        self.opened.append((options, namespace, PlayedEngine()))
        return self.opened[-1][2]

    def adopt(self, text: str) -> None:
        self.hosting.adopt(load_text(self.folder, text).ruleset)

    def status(self, key: str = "s3cret", method: str = "GET") -> int:
        host, port = self.hosting.address
        url = f"http://{host}:{port}/api/app/v1/service/"
        headers = {"Authorization": basic("acme", key)}
        return requests.request(method, url, headers=headers, timeout=PATIENCE).status_code


@pytest.fixture
def world(tmp_path) -> Iterator[World]:
    world = World(tmp_path, {})
    yield world
    world.hosting.stop()
    assert world.failures == []


def test_rules_without_a_hub_serve_none(world):
    world.adopt(RULES)

    assert world.hosting.address is None
    assert world.opened == []


def test_the_engine_of_its_source_is_followed_and_served(world):
    world.adopt(HUB.replace("user:", "namespace: team, user:") + RULES)

    ((options, namespace, engine),) = world.opened
    assert (options, namespace) == ({"host": "unix:///run/one.sock"}, "team")
    assert engine.began.wait(PATIENCE)
    assert world.status() == 200
    assert world.status(key="wrong") == 401


def test_a_reload_of_other_things_leaves_it_alone(world):
    world.adopt(HUB + RULES)
    before = world.hosting.address

    world.adopt("# moved\n" + HUB + RULES.replace("Stopped", "Running"))

    assert world.hosting.address == before
    assert len(world.opened) == 1


@pytest.mark.parametrize("change", [("s3cret", "another"), ("one.sock", "two.sock")])
def test_a_reload_that_changes_it_serves_the_new_one(world, change):
    world.adopt(HUB + RULES)

    world.adopt((HUB + RULES).replace(*change))

    (_, _, before), (_, _, now) = world.opened
    assert before.ended.is_set()
    assert now.began.wait(PATIENCE)
    assert world.status(key="another" if change[0] == "s3cret" else "s3cret") == 200


def test_a_reload_that_takes_it_out_ends_it(world):
    world.adopt(HUB + RULES)

    world.adopt(RULES)

    assert world.hosting.address is None
    assert world.opened[0][2].ended.is_set()


def test_a_reload_that_cannot_be_served_leaves_what_there_was(world):
    world.adopt(HUB + RULES)

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ReactorError, match="Address already in use; choose another address"):
            world.adopt(HUB.replace(":0", f":{port}") + RULES)

    assert world.status() == 200


def test_it_can_be_read_only(world):
    world.adopt(HUB.replace("user:", "read_only: true, user:") + RULES)

    assert world.status() == 200
    assert world.status(method="POST") in (403, 405)


def test_without_credentials_nothing_is_served(world):
    with pytest.raises(ReactorError, match=f"the hub needs credentials: .* {USER} and {KEY}"):
        world.adopt("hub: {listen: '127.0.0.1:0'}\n" + RULES)

    assert world.opened == []


def test_the_environment_may_have_the_credentials(tmp_path):
    world = World(tmp_path, {USER: "acme", KEY: "s3cret"})

    world.adopt("hub: {listen: '127.0.0.1:0'}\n" + RULES)

    assert world.status() == 200
    world.hosting.stop()


def test_a_reload_reads_a_renewed_certificate_and_refuses_a_broken_one(world, tmp_path):
    made = Certificates(tmp_path).leaf("hub", None)
    text = HUB.replace("user:", f"tls: {{cert: {made.chain}, key: {made.key}}}, user:") + RULES
    world.adopt(text)
    made.key.write_text("half a fi")

    with pytest.raises(ReactorError, match="for TLS, "):
        world.adopt(text)

    assert len(world.opened) == 1
