"""What clients wrote to a hub is there after `kill -9`; whoever pasted a trigger's address notices
nothing."""

import signal
from contextlib import suppress
from threading import Event, Thread

import pytest
import requests

from tests.cli.program import Program
from tests.fakes import PATIENCE
from tests.hub.docker.meeting import shop_engine
from tests.hub.docker.samples import WEB
from tests.service import eventually

KEY = {"REACTOR_HUB_USER": "acme", "REACTOR_HUB_APIKEY": "s3cret"}
SERVICE = f"/api/app/v1/service/{WEB}/"
ENOUGH = 20


@pytest.fixture
def engine():
    with shop_engine() as engine:
        yield engine


class Hub:
    """A `reactor hub` that has met the engine, and is killed at the end."""

    def __init__(self, folder, engine, *options):
        words = ("hub", "--listen", "127.0.0.1:0", "--data-dir", str(folder / "data"), *options)
        self._program = Program(folder, *words, environment={**KEY, "DOCKER_HOST": engine.url})

    def __enter__(self):
        line = self._program.err.hears("serving a Docker Engine at ")
        self._url = line.split(" at ")[1].split("/,")[0]
        eventually(lambda: self.ask("GET", SERVICE).status_code == 200, "the engine is met")
        return self

    def ask(self, method, path, **more):
        return requests.request(
            method, self._url + path, auth=("acme", "s3cret"), timeout=PATIENCE, **more
        )

    def call(self, path):
        """As whoever has nothing but the address."""
        return requests.post(self._url + path, timeout=PATIENCE)

    def kill(self):
        self._program.send(signal.SIGKILL)
        self._program.ended()

    def __exit__(self, *_):
        self._program.__exit__()


def test_a_trigger_and_an_update_survive(tmp_path, engine):
    with Hub(tmp_path, engine) as hub:
        made = hub.ask("POST", f"{SERVICE}trigger/", json={"name": "deploy"})
        assert made.status_code == 201
        assert hub.ask("PATCH", SERVICE, json={"target_num_containers": 4}).status_code == 200
        hub.kill()

    with Hub(tmp_path, engine) as hub:
        assert hub.ask("GET", f"{SERVICE}trigger/").json()["objects"] == [made.json()]
        assert hub.ask("GET", SERVICE).json()["target_num_containers"] == 4
        called = hub.call(made.json()["url"])
        assert (called.status_code, called.json()) == (202, made.json())
        assert called.headers["X-DockerCloud-Action-URI"].startswith("/api/audit/v1/action/")


def test_what_was_deleted_stays_deleted(tmp_path, engine):
    with Hub(tmp_path, engine) as hub:
        made = hub.ask("POST", f"{SERVICE}trigger/").json()
        assert hub.ask("DELETE", made["resource_uri"]).status_code == 200
        hub.kill()

    with Hub(tmp_path, engine) as hub:
        assert hub.call(made["url"]).status_code == 404


def test_on_a_read_only_hub_it_is_shown_and_cannot_be_called(tmp_path, engine):
    with Hub(tmp_path, engine) as hub:
        made = hub.ask("POST", f"{SERVICE}trigger/").json()
        hub.kill()

    with Hub(tmp_path, engine, "--read-only") as hub:
        assert hub.ask("GET", made["resource_uri"]).json() == made
        assert hub.call(made["url"]).status_code == 403


def test_whenever_it_is_killed_nothing_that_was_answered_is_lost(tmp_path, engine):
    answered = []

    def write(hub, is_under_way):
        with suppress(requests.RequestException):
            while len(answered) < 3 * ENOUGH:
                answered.append(hub.ask("POST", f"{SERVICE}trigger/").json()["uuid"])
                if len(answered) % ENOUGH == 0:
                    is_under_way.set()

    for _ in range(2):
        is_under_way = Event()
        with Hub(tmp_path, engine) as hub:
            client = Thread(target=write, args=(hub, is_under_way))
            client.start()
            assert is_under_way.wait(PATIENCE)
            hub.kill()
            client.join(PATIENCE)

    with Hub(tmp_path, engine) as hub:
        listed = hub.ask("GET", f"{SERVICE}trigger/?limit=100").json()["objects"]
    kept = [trigger["uuid"] for trigger in listed]
    assert [uuid for uuid in kept if uuid in answered] == answered
    assert len(kept) <= len(answered) + 2  # of each kill one that was not answered
