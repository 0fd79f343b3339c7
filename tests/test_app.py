"""The wiring: a service in this process, on a real journal, with real sources and sockets."""

import json
import urllib.request
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from queue import Queue

import pytest

from reactor.app import UNOBSERVED, Road, Service, change_deliveries, deliver_all
from reactor.clock import utc_now
from reactor.journal.database import open_reader
from reactor.journal.deliveries import list_deliveries
from reactor.journal.lock import Lock
from reactor.model.delivery import State
from reactor.model.errors import JournalBusy, JournalUnavailable
from reactor.model.event import Arrival
from reactor.pipeline import Surroundings
from reactor.running import ignore
from tests.config.loading import load_text
from tests.endpoint import Answer, listening
from tests.fakes import PATIENCE

RULES = """\
version: 1
sources:
  lines: {{type: file, path: {folder}/events.jsonl, follow: true}}
destinations:
  ops: {{type: webhook, url: "{url}"}}
rules:
  - name: each
    match: {{type: container}}
    actions: [{{webhook: ops}}]
"""


class World:
    """Rules that send every event to an endpoint, and what the service told."""

    def __init__(self, folder, url):
        self.folder, self.data_dir = folder, folder / "data"
        (folder / "events.jsonl").touch()
        self.text = RULES.format(folder=folder, url=url)
        self.notices, self.committed, self.attempts, self.failures = (Queue() for _ in range(4))
        self.observers = replace(
            UNOBSERVED,
            on_notice=self.notices.put,
            on_commit=self.committed.put,
            on_attempt=lambda *told: self.attempts.put(told),
            on_failure=self.failures.put,
        )

    def ruleset(self, *changes):
        for old, new in changes:
            self.text = self.text.replace(old, new)
        return load_text(self.folder, self.text).ruleset

    def service(self, listen=None):
        return Service(
            ruleset=self.ruleset(),
            data_dir=self.data_dir,
            listen=listen,
            observers=self.observers,
        )

    def send(self, number):
        with (self.folder / "events.jsonl").open("a") as file:
            file.write(json.dumps({"type": "container", "uuid": f"event-{number}"}) + "\n")

    def deliveries(self):
        with closing(open_reader(self.data_dir)) as reader:
            return list(list_deliveries(reader))


@pytest.fixture
def endpoint(tmp_path):
    with listening(tmp_path / "ledger") as endpoint:
        yield endpoint


@pytest.fixture
def world(tmp_path, endpoint):
    return World(tmp_path, endpoint.url)


@pytest.fixture
def service(world):
    service = world.service()
    service.start()
    yield service
    service.stop()
    assert world.failures.empty()


def an_arrival(number):
    raw = json.dumps({"type": "container", "uuid": f"event-{number}"}).encode()
    return Arrival(source="lines", raw=raw, identity=str(number))


def test_an_event_goes_down_the_whole_road(world, service, endpoint):
    world.send(1)

    (heard,) = endpoint.wait(1)

    committed = world.committed.get(timeout=PATIENCE)
    delivery, attempt, _ = world.attempts.get(timeout=PATIENCE)
    assert heard.id == delivery.id == committed.deliveries[0].id
    assert (attempt.number, attempt.status) == (1, 200)


def test_health_is_served_where_the_service_says(world):
    service = world.service(listen=("127.0.0.1", 0))
    service.start()
    host, port = service.address

    with urllib.request.urlopen(f"http://{host}:{port}/healthz", timeout=PATIENCE) as answer:
        assert answer.status == 200
    service.stop()


def test_a_stopped_service_has_recorded_all_and_lets_the_next_one_in(world, endpoint):
    service = world.service()
    service.start()
    world.send(1)
    endpoint.wait(1)

    service.stop()

    assert [delivery.state for delivery in world.deliveries()] == [State.SUCCEEDED]
    Lock.acquire(world.data_dir, "the next one").release()


def test_a_service_that_was_made_and_not_started_can_be_stopped(world):
    world.service().stop()

    Lock.acquire(world.data_dir, "the next one").release()


def test_a_journal_has_one_service(world, service):
    with pytest.raises(JournalBusy, match="is in use by 'reactor run'"):
        world.service()


def test_a_reload_says_what_it_did(world, service, endpoint):
    told = service.reload(world.ruleset(("name: each", "name: every")))

    assert told.startswith("1 rules, ruleset ")
    assert told.endswith("; 0 gate memories dropped, 0 deliveries to removed destinations buried")
    world.send(1)
    endpoint.wait(1)
    assert [delivery.rule for delivery in world.deliveries()] == ["every"]


def test_a_running_service_redelivers_for_a_command(world, service, endpoint):
    world.send(1)
    (first,) = endpoint.wait(1)
    told = redelivered(world, first.id)

    again = endpoint.wait(2)[1]

    assert told == {first.id: "redelivered", "unknown": "there is no such delivery"}
    assert (again.id, again.body) == (first.id, first.body)


def redelivered(world, delivery_id):
    """Ask until the attempt, which the endpoint has heard of already, is recorded too."""
    while True:
        told = change_deliveries(world.data_dir, "redeliver", [delivery_id, "unknown"])
        if "it is running" not in told[delivery_id]:
            return told


def test_without_a_service_a_command_changes_the_journal_itself(world):
    with Road(world.data_dir, world.ruleset(), what="a test", observers=UNOBSERVED) as road:
        (delivery,) = road.pipeline.receive([an_arrival(1)]).deliveries

    told = change_deliveries(world.data_dir, "cancel", [delivery.id])

    assert told == {delivery.id: "cancelled"}
    assert [each.state for each in world.deliveries()] == [State.CANCELLED]
    Lock.acquire(world.data_dir, "the next one").release()


def test_a_command_makes_no_journal(world):
    with pytest.raises(JournalUnavailable, match="there is no journal in"):
        change_deliveries(world.data_dir, "cancel", ["a"])

    assert not world.data_dir.exists()


def test_what_the_service_is_asked_and_does_not_know_is_refused(world, service):
    with pytest.raises(JournalUnavailable, match="does not know this request"):
        change_deliveries(world.data_dir, "explode", ["a"])


def test_everything_planned_is_delivered_even_if_it_was_planned_for_another_time(world, endpoint):
    ruleset = world.ruleset()
    later = utc_now() + timedelta(days=365)
    around = Surroundings(now=lambda: later, on_commit=ignore)
    with Road(world.data_dir, ruleset, what="a test", observers=UNOBSERVED, around=around) as road:
        road.pipeline.receive([an_arrival(number) for number in range(3)])

        deliver_all(road, ruleset, world.observers)

    assert len(endpoint.heard) == 3
    assert {each.state for each in world.deliveries()} == {State.SUCCEEDED}


def test_delivering_all_goes_on_through_refusals(tmp_path):
    with listening(tmp_path / "refusals", lambda n: Answer(503 if n < 2 else 200)) as grumpy:
        world = World(tmp_path, grumpy.url)
        quickly = "[{webhook: ops, retry: {first: 10ms, ceiling: 20ms}}]"
        ruleset = world.ruleset(("[{webhook: ops}]", quickly))
        with Road(world.data_dir, ruleset, what="a test", observers=UNOBSERVED) as road:
            road.pipeline.receive([an_arrival(1)])
            deliver_all(road, ruleset, world.observers)

    assert [heard.status for heard in grumpy.heard] == [503, 503, 200]
