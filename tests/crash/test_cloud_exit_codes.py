"""An exit code that was looked up is that of the crash that the event tells of, or unknown."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from email.utils import format_datetime
from random import Random
from threading import Event

import pytest

from reactor.clock import utc_now
from tests.crash.cloud import listed, replied, rows, serving_api, source
from tests.endpoint import listening
from tests.service import Service, eventually
from tests.sources.cloud import fake_cloud

RULES = """\
version: 1
sources: {sources}
destinations:
  ops: {{type: webhook, url: "{url}"}}
rules:
  - name: crashed
    match: {{type: container, state: Stopped, container.exit_code: {{gt: 0}}}}
    actions:
      - webhook: ops
        body: {{crash: "{{{{ uuid }}}}", code: "{{{{ container.exit_code }}}}"}}
"""
CONTAINERS = 5
FIRST_CODE = 3
SLOWEST = 3.0
"""Seconds that an answer takes at most, and that a container stands still."""


class Platform:
    """Containers that crash and come up again, each time with the next exit code. What the REST API
    answers was true when it was asked or is when it answers, as chance has it."""

    def __init__(self, stream, chance):
        self._stream, self._chance = stream, chance
        self._objects = {}
        for number in range(CONTAINERS):
            self._start(number, f"{number} from the beginning")

    def live(self, number, crashes):
        """Let one container crash so often."""
        for code in range(FIRST_CODE, FIRST_CODE + crashes):
            stopped = {"state": "Stopped", "exit_code": code, "stopped_datetime": now()}
            self._change(number, f"{number} {code}", stopped)
            self._wait(0.03, SLOWEST)
            self._start(number, f"{number} up after {code}")
            self._wait(0.03, 1.0)

    def _start(self, number, name):
        running = {"state": "Running", "exit_code": None, "started_datetime": now()}
        self._change(number, name, {"stopped_datetime": None, **running})

    def _change(self, number, name, changes):
        """Every other container's frames say when, as those of Docker Cloud; Tutum's did not."""
        uri = f"/api/app/v1/container/0000000{number}-0000-4000-8000-000000000000/"
        thing = {"resource_uri": uri, **self._objects.get(number, {}), **changes}
        self._objects[number] = thing
        moment = {"datetime": f"{utc_now():%Y-%m-%dT%H:%M:%SZ}"} if number % 2 else {}
        frame = {"type": "container", "uuid": name, "resource_uri": uri, "state": thing["state"]}
        self._stream.say({**frame, "action": "update", "parents": [], **moment})

    def _wait(self, shortest, longest):
        """As many spans below as above the middle of their magnitudes."""
        Event().wait(shortest * (longest / shortest) ** self._chance.random())

    def respond(self, asked):
        kind, last = asked.path.split("/")[-2:]
        if last:
            return listed(*(self._objects.values() if kind == "container" else ()))
        number = int(kind.partition("-")[0])
        before = self._objects[number]
        self._wait(0.02, SLOWEST)
        return replied(self._chance.choice((before, self._objects[number])))


def now():
    return format_datetime(utc_now())


@pytest.fixture
def seed():
    """SEED=… repeats the chances of a run."""
    seed = int(os.environ.get("SEED", Random().randrange(1_000_000)))
    print(f"SEED={seed}")  # noqa: T201 -- pytest shows it when the test fails
    return seed


def test_of_fifty_crashes_none_is_mistaken_for_the_next(tmp_path, seed):
    examine(tmp_path, seed, crashes=10)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_of_four_hundred_crashes_none_is_mistaken_for_the_next(tmp_path, seed):
    examine(tmp_path, seed, crashes=80)


def examine(folder, seed, *, crashes):
    with fake_cloud() as stream, listening(folder / "ledger") as endpoint:
        platform = Platform(stream, Random(seed))
        with (
            serving_api(platform.respond) as api,
            running(folder, stream, api, endpoint) as service,
        ):
            service.hears("source cloud: connected")
            with ThreadPoolExecutor(CONTAINERS) as lives:
                list(lives.map(platform.live, range(CONTAINERS), [crashes] * CONTAINERS))
            names = {
                f"{n} {code + FIRST_CODE}" for n in range(CONTAINERS) for code in range(crashes)
            }
            eventually(lambda: names <= decided(folder / "data"), "all crashes were decided", 90)
            eventually(lambda: is_done(folder / "data"), "all was delivered")
            assert service.stop() == 0
    judge(folder, [json.loads(heard.body) for heard in endpoint.heard], names)


def running(folder, stream, api, endpoint):
    rules = folder / "rules.yaml"
    cloud = source(f"ws://{stream.address}/", api.url)
    rules.write_text(RULES.format(sources=json.dumps({"cloud": cloud}), url=endpoint.url))
    return Service(rules, folder / "data", "--http", "off")


def decided(data_dir):
    return {name for (name,) in rows(data_dir, "select event_id from inputs where kind = 'event'")}


def is_done(data_dir):
    return rows(data_dir, "select 1 from deliveries where state <> 'succeeded'") == []


def judge(folder, told, names):
    wrong = [each for each in told if each["crash"].split()[1] != each["code"]]
    silent = names - {each["crash"] for each in told}
    query = "select id, json_extract(unknown, '$.container') from events"
    why = {name: reason for name, reason in rows(folder / "data", query) if name in silent}
    print(  # noqa: T201 -- how hard the exam was, with `pytest -s` and in failures
        f"{len(names)} crashes: {len(told)} told with a code, {len(silent)} unknown"
    )
    assert wrong == []
    assert [name for name in silent if why[name] is None] == []
    assert len(told) >= 10
    assert len(silent) >= 10
