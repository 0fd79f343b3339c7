"""The hub of a service as a rule file asks for it, with an engine that is only played; and the
engines that a real one is made of."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import requests
from websocket import WebSocket, create_connection

from reactor.hosting import FollowedFleet, Hosting
from reactor.hub.fleet import Fleet, Frame, Unavailable
from reactor.hub.simulated import SimulatedFleet
from reactor.model.errors import ReactorError
from reactor.model.hub import HubSpec
from reactor.model.problem import Place
from reactor.model.rule import SourceSpec
from tests.config.loading import load_text
from tests.fake_engine import FakeEngine, docker_event, fake_engine
from tests.fakes import PATIENCE
from tests.hub.served import EVENTS, basic
from tests.service import eventually

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

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder, self.failures = folder, list[str]()
        self.opened: list[tuple[object, str | None, PlayedEngine]] = []
        self.hosting = Hosting(self._open, environment, self.failures.append)

    def _open(self, spec: HubSpec, options: Mapping[str, object]) -> FollowedFleet:
        if options["host"] == "unix:///run/none.sock":
            raise ReactorError("there is no such engine")
        self.opened.append((options, spec.namespace, PlayedEngine()))
        return self.opened[-1][2]

    @property
    def port(self) -> int:
        """Where the hub is served."""
        assert self.hosting.address
        return self.hosting.address[1]

    def adopt(self, text: str) -> None:
        """Reload."""
        self.hosting.adopt(load_text(self.folder, text).ruleset)

    def status(self, key: str = "s3cret", method: str = "GET") -> int:
        """What a client is answered."""
        url = f"http://127.0.0.1:{self.port}/api/app/v1/service/"
        headers = {"Authorization": basic("acme", key)}
        return requests.request(method, url, headers=headers, timeout=PATIENCE).status_code

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Fails unless a client of the present hub stays connected and goes on hearing it."""
        engine, address = self.opened[-1][2], self.hosting.address
        client = self._client()
        yield
        (node, *_) = engine.objects("node")
        engine.lose(str(node["uuid"]))
        heard = json.loads(client.recv())
        client.close()
        assert (heard["resource_uri"], heard["state"]) == (node["resource_uri"], "Unreachable")
        assert self.hosting.address == address
        assert not engine.ended.is_set()

    def _client(self) -> WebSocket:
        headers = {"Authorization": basic("acme", "s3cret")}
        url = f"ws://127.0.0.1:{self.port}{EVENTS}"
        client = create_connection(url, timeout=PATIENCE, header=headers)
        assert json.loads(client.recv()) == {"type": "auth"}
        return client


COMPOSE = {"com.docker.compose.project": "shop", "com.docker.compose.service": "web"}
LIST, INSPECT = "/v1.41/containers/json", "/v1.41/containers/c0ffee/json"


@contextmanager
def an_engine(**info: object) -> Iterator[FakeEngine]:
    """One without containers."""
    with fake_engine() as engine:
        engine.info |= info
        engine.answers[LIST] = (200, b"[]")
        yield engine


def has_container(engine: FakeEngine) -> None:
    """One that runs, and of which nobody is told."""
    listed = {"Id": "c0ffee", "Names": ["/web-1"], "State": "running", "Labels": COMPOSE}
    config = {"Image": "nginx", "Labels": COMPOSE}
    state = {"Status": "running", "Running": True}
    shown = {"Id": "c0ffee", "Name": "/web-1", "Config": config, "State": state}
    engine.answers[LIST] = (200, json.dumps([listed]).encode())
    engine.answers[INSPECT] = (200, json.dumps(shown).encode())


def happens(engine: FakeEngine, *actions: str) -> None:
    """Of a member of a Compose project."""
    for action in actions:
        engine.publish(docker_event(action, int(engine.now() * 10**9), **COMPOSE))


def local(engine: FakeEngine, *evidence: str) -> SourceSpec:
    """The source that reads it."""
    return SourceSpec(
        name="local",
        type="docker",
        options={"host": engine.url},
        place=Place("f", 1, 1),
        evidence=frozenset(evidence),
    )


@contextmanager
def following(fleet: FollowedFleet) -> Iterator[list[Frame]]:
    """What it tells from now on, while it is followed."""
    stop, frames = Event(), list[Frame]()
    fleet.listen(frames.append)
    thread = Thread(target=fleet.run, args=(stop,))
    thread.start()
    try:
        yield frames
    finally:
        stop.set()
        thread.join(PATIENCE)
    assert not thread.is_alive()


def nicknames(fleet: Fleet, kind: str = "node") -> list[object]:
    """Of all of a type; none before an engine is met."""
    try:
        return [each["nickname"] for each in fleet.objects(kind)]
    except Unavailable:
        return []


def has_met(fleet: Fleet, name: str = "dock") -> None:
    """Wait for it."""
    eventually(lambda: nicknames(fleet) == [name], "the engine is met")
