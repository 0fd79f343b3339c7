"""Events that wait for lookups: nobody waits with them, and no crash loses them."""

import json
import os
from collections import defaultdict
from contextlib import contextmanager
from random import Random
from statistics import median
from threading import Event, Thread

import pytest

from reactor.clock import monotonic
from tests.builders import replace
from tests.crash.cloud import listed, replied, rows, serving_api, source
from tests.crash.judge import faults, read_case
from tests.endpoint import listening, read_ledger
from tests.service import Service, eventually
from tests.sources.cloud import fake_cloud

HEAD = """\
version: 1
sources: {sources}
destinations:
  ops: {{type: webhook, url: "{url}"}}
rules:
"""
HANGING = """\
  - name: not looked up
    match: {type: [service, container]}
    group_by: resource_uri
    actions: [{webhook: ops, body: "{{ uuid }}"}]
  - name: looked up
    match: {type: container, state: Stopped, container.exit_code: {gt: 0}}
    actions: [{webhook: ops, body: "{{ uuid }} with {{ container.exit_code }}"}]
"""
KILLED = """\
  - name: each
    match: {type: container}
    group_by: resource_uri
    actions:
      - webhook: ops
        retry: {first: 100ms, ceiling: 1s}
        body: "{{ uuid }} with {{ container.exit_code }}"
"""
CONTAINERS = 20
LONGEST_LIFE = 1.3
"""Seconds from start to kill at most: kills hit the start, and everything after it."""


class Platform:
    """Containers that somebody changes. Its API hangs while `answers` is not set, and takes as long
    as `delay` says; a list is always at hand."""

    def __init__(self, stream, delay=lambda: 0.0):
        self._stream, self._states = stream, {}
        self.answers, self.delay = Event(), delay
        self.answers.set()

    def change(self, name, number, state):
        """One container is in this state now; the frame that says so has this name."""
        self._states[number] = state
        self.say(name, "container", number, state)

    def say(self, name, kind, number, state):
        frame = {"uuid": name, "type": kind, "action": "update", "state": state, "parents": []}
        self._stream.say({**frame, "resource_uri": uri_of(kind, number)})

    def respond(self, asked):
        kind, last = asked.path.split("/")[-2:]
        if last:
            return listed(*(self._object(each) for each in self._states if kind == "container"))
        self.answers.wait()
        Event().wait(self.delay())
        return replied({**self._object(int(kind.partition("-")[0])), "exit_code": 7})

    def _object(self, number):
        return {"resource_uri": uri_of("container", number), "state": self._states[number]}


def uri_of(kind, number):
    return f"/api/app/v1/{kind}/{number:08}-0000-4000-8000-000000000000/"


@pytest.fixture
def world(tmp_path):
    """A platform and an endpoint, and how to run the service between them by these rules."""
    with fake_cloud() as stream, listening(tmp_path / "ledger") as endpoint:
        platform = Platform(stream)
        with serving_api(platform.respond) as api:

            def run(rules):
                cloud = json.dumps({"cloud": source(f"ws://{stream.address}/", api.url)})
                path = tmp_path / "rules.yaml"
                path.write_text(HEAD.format(sources=cloud, url=endpoint.url) + rules)
                return Service(path, tmp_path / "data", "--http", "off")

            yield platform, endpoint, run
            platform.answers.set()


def decided(data_dir):
    """The ids of events, in the order they were decided."""
    query = "select event_id from inputs where kind = 'event' order by sequence"
    return [name for (name,) in rows(data_dir, query)]


def is_done(data_dir):
    return rows(data_dir, "select 1 from deliveries where state <> 'succeeded'") == []


def overtaken(data_dir):
    """The subjects of which an event was decided before an earlier one."""
    places = defaultdict(list)
    query = """
        select subject, events.number from inputs join events on events.id = event_id
        order by sequence
    """
    for subject, number in rows(data_dir, query):
        places[subject].append(number)
    return [subject for subject, numbers in places.items() if numbers != sorted(numbers)]


def test_while_the_api_hangs_only_those_wait_that_need_it(world, tmp_path):
    hang(world, tmp_path / "data", seconds=4)


@pytest.mark.long
def test_while_the_api_hangs_for_half_a_minute_only_those_wait_that_need_it(world, tmp_path):
    hang(world, tmp_path / "data", seconds=30)


def hang(world, data_dir, *, seconds):
    platform, endpoint, run = world
    with run(HANGING) as service:
        service.hears("source cloud: connected")
        before = [probe(platform, endpoint) for _ in range(50)]
        platform.answers.clear()
        waiting = []
        for step, state in enumerate(("Stopped", "Running", "Stopped")):
            for number in range(CONTAINERS):
                waiting.append(f"{number} {step}")
                platform.change(waiting[-1], number, state)
        during, end = [], monotonic() + seconds
        while monotonic() < end:
            during.append(probe(platform, endpoint))
        assert set(decided(data_dir)).isdisjoint(waiting)
        platform.answers.set()
        eventually(lambda: set(waiting) <= set(decided(data_dir)), "all that waited was decided")
        eventually(lambda: is_done(data_dir), "all was delivered")
        assert service.stop() == 0

    print(  # noqa: T201 -- the measurement, with `pytest -s` and in failures
        f"median latency: {median(before):.4f} s before, {median(during):.4f} s while it hangs; "
        f"the longest of {len(during)}: {max(during):.3f} s"
    )
    assert median(during) < 2 * median(before) + 0.02
    assert max(during) < 2
    assert overtaken(data_dir) == []
    firings = sorted(heard.body for heard in endpoint.heard if "with" in heard.body)
    assert firings == sorted(f"{number} 2 with 7" for number in range(CONTAINERS))
    assert len(endpoint.heard) == len(before) + len(during) + len(waiting) + len(firings)


def probe(platform, endpoint):
    """How long it takes an event that needs no lookup until its webhook is heard, in seconds."""
    number, began = len(endpoint.heard), monotonic()
    platform.say(f"probe {number}", ("service", "container")[number % 2], 999, "Running")
    endpoint.wait(number + 1)
    return monotonic() - began


@pytest.fixture
def seed():
    """SEED=… repeats the chances of a run."""
    seed = int(os.environ.get("SEED", Random().randrange(1_000_000)))
    print(f"SEED={seed}")  # noqa: T201 -- pytest shows it when the test fails
    return seed


def test_eight_kills_lose_nothing_that_waits(world, tmp_path, seed):
    survive(world, tmp_path, Random(seed), kills=8)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_sixty_kills_lose_nothing_that_waits(world, tmp_path, seed):
    survive(world, tmp_path, Random(seed), kills=60)


def survive(world, folder, chance, *, kills):
    platform, _, run = world
    platform.delay = lambda: 0.01 * 200 ** chance.random()
    parked = []
    with changing(platform, chance):
        for life in range(kills):
            with run(KILLED) as service:
                if not life:
                    service.hears("source cloud: connected")
                service.kill(after=chance.uniform(0.2, LONGEST_LIFE))
            parked += rows(folder / "data", "select count(*) from undecided")[0]
    platform.delay = lambda: 0.0
    with run(KILLED) as service:
        service.hears("source cloud: connected")
        eventually(lambda: is_at_rest(folder / "data"), "all was decided and delivered")
        assert service.stop() == 0

    case = read_case(folder / "data", [], read_ledger(folder / "ledger"))
    print(  # noqa: T201 -- how hard the exam was, with `pytest -s` and in failures
        f"{kills} kills with {parked} events parked, {len(case.events)} events, "
        f"{case.duplicates} heard twice"
    )
    assert faults(replace(case, sent=case.events), rules=1) == []
    assert overtaken(folder / "data") == []
    assert sum(map(bool, parked)) >= kills / 2


@contextmanager
def changing(platform, chance):
    """Change some container about fifty times a second until the block is left."""
    stop = Event()

    def change():
        number = 0
        while not stop.wait(chance.uniform(0.0, 0.04)):
            number += 1
            state = chance.choice(("Running", "Stopped"))
            platform.change(f"event-{number}", chance.randrange(CONTAINERS), state)

    thread = Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def is_at_rest(data_dir):
    return rows(data_dir, "select 1 from undecided") == [] and is_done(data_dir)
