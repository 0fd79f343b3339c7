"""The wiring: a service in this process, on a real journal, with real sources and sockets."""

import json
import urllib.request
from contextlib import closing
from http.client import HTTPConnection
from threading import Event

import pytest

from reactor.changes import change_deliveries, retry_quarantined
from reactor.hub.kept import Kept
from reactor.hub.written import Writing
from reactor.journal.lock import Lock
from reactor.model.delivery import State
from reactor.model.errors import JournalBusy, JournalUnavailable, ReactorError
from reactor.model.event import Arrival
from reactor.model.quarantine import Retried
from reactor.serving.control import ask
from tests.builders import replace
from tests.endpoint import listening
from tests.fake_engine import docker_event, fake_engine, readers
from tests.fakes import PATIENCE
from tests.hub.served import basic
from tests.service import eventually
from tests.worlds import World


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


def test_what_nothing_keeps_waiting_is_claimed_in_the_transaction_that_promises_it(
    world, service, endpoint
):
    world.send(1)
    endpoint.wait(1)
    world.attempts.get(timeout=PATIENCE)  # from here on the lane is known
    world.committed.get(timeout=PATIENCE)

    world.send(2)
    endpoint.wait(2)

    (delivery,) = world.committed.get(timeout=PATIENCE).deliveries
    assert (delivery.state, delivery.attempts) == (State.RUNNING, 1)


def test_a_service_has_a_reserve_and_sweeps_by_the_keep_of_its_rules(world, service):
    found = service.vitals.status()
    assert (found["reserve"], found["swept_at"]) == (True, None)
    assert (world.data_dir / "reserve").exists()

    service.reload(world.ruleset(("version: 1", "version: 1\nkeep: 7d")))
    service._forget()  # what comes once a minute

    found = service.vitals.status()
    assert found["keep"] == {"events": "7d", "deliveries": "21d", "dead_letters": "21d"}
    assert found["swept_at"]


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
    assert told.endswith("; dropped no memory, 0 deliveries to removed destinations buried")
    world.send(1)
    endpoint.wait(1)
    assert [delivery.rule for delivery in world.deliveries()] == ["every"]


def test_a_reload_says_which_memories_it_dropped(world, service, endpoint):
    service.reload(
        world.ruleset(("{type: container}", "{type: container}\n    throttle: 1 per 1h"))
    )
    world.send(1)
    endpoint.wait(1)

    told = service.reload(world.ruleset(("per 1h", "per 2h")))

    assert "; dropped 1 memory of rule 'each' (throttle), 0 deliveries" in told


def test_a_running_service_redelivers_for_a_command(world, service, endpoint):
    world.send(1)
    (first,) = endpoint.wait(1)
    told = redelivered(world, first.id)

    again = endpoint.wait(2)[1]

    assert told == {first.id: "redelivered", "unknown": "there is no such delivery"}
    assert (again.id, again.body) == (first.id, first.body)


def test_a_running_service_tries_quarantined_events_again_for_a_command(world, service):
    assert retry_quarantined(world.data_dir, ["a", "b"]) == dict.fromkeys("ab", Retried.ABSENT)


def redelivered(world, delivery_id):
    """Ask until the attempt, which the endpoint has heard of already, is recorded too."""
    while True:
        told = change_deliveries(world.data_dir, "redeliver", [delivery_id, "unknown"])
        if "it is running" not in told[delivery_id]:
            return told


def test_what_the_service_is_asked_and_does_not_know_is_refused(world, service):
    with pytest.raises(JournalUnavailable, match="does not know this request"):
        change_deliveries(world.data_dir, "explode", ["a"])


HOOK = "  ci: {type: webhook, token: a-token}\ndestinations:"


def posted(service, body, shown="a-token"):
    """The answer of the hook `ci`."""
    host, port = service.address
    headers = {"Authorization": f"Bearer {shown}", "Content-Type": "application/json"}
    with closing(HTTPConnection(host, port, timeout=PATIENCE)) as client:
        client.request("POST", "/hooks/ci", json.dumps(body), headers)
        answer = client.getresponse()
        return answer.status, answer.read()


def test_what_is_posted_to_a_hook_goes_down_the_whole_road(world, endpoint):
    world.ruleset(("destinations:", HOOK))
    service = world.service(listen=("127.0.0.1", 0))
    service.start()

    answer = posted(service, {"type": "container", "uuid": "event-1"})

    assert answer == (202, b'{"events":["event-1"]}')
    (delivery,) = world.committed.get(timeout=PATIENCE).deliveries
    assert endpoint.wait(1)[0].id == delivery.id
    service.stop()


def test_a_reload_brings_hooks_changes_and_removes_them(world):
    service = world.service(listen=("127.0.0.1", 0))
    service.start()
    assert posted(service, {})[0] == 404

    service.reload(world.ruleset(("destinations:", HOOK)))
    assert posted(service, {})[0] == 202

    service.reload(world.ruleset(("a-token", "another-token")))
    assert posted(service, {})[0] == 401
    assert posted(service, {}, shown="another-token")[0] == 202

    service.reload(world.ruleset((HOOK.replace("a-token", "another-token"), "destinations:")))
    assert posted(service, {})[0] == 404
    service.stop()


def test_a_hook_that_nobody_could_reach_is_refused(world):
    world.ruleset(("destinations:", HOOK))

    with pytest.raises(ReactorError, match="'ci' is of type webhook, and with --http off"):
        world.service()

    Lock.acquire(world.data_dir, "the next one").release()


def test_such_a_hook_is_not_reloaded_either(world, service):
    with pytest.raises(ReactorError, match="--http off"):
        service.reload(world.ruleset(("destinations:", HOOK)))


def test_nothing_is_served_to_other_machines_without_a_token(world):
    with pytest.raises(ReactorError, match="set REACTOR_HTTP_TOKEN"):
        world.service(listen=("0.0.0.0", 0))

    Lock.acquire(world.data_dir, "the next one").release()


def eventually_hung(service, part):
    """Wait until nothing is heard of the part, though it should be."""
    never = Event()
    for _ in range(int(PATIENCE / 0.02)):
        if part in service.vitals.hung(patience=0.1):
            return
        never.wait(0.02)
    raise AssertionError(service.vitals.hung(patience=0.1))


@pytest.mark.parametrize(
    ("observer", "part"), [("on_commit", "pipeline"), ("on_attempt", "dispatcher")]
)
def test_a_part_that_hangs_is_known_and_so_is_one_that_goes_on(world, observer, part):
    go_on = Event()
    hanging = {observer: lambda *_: go_on.wait(PATIENCE)}
    world.observers = replace(world.observers, **hanging)
    service = world.service()
    service.start()
    assert service.vitals.hung(patience=0.1) == {}

    world.send(1)
    eventually_hung(service, part)

    go_on.set()
    service.stop()
    assert service.vitals.hung(patience=0.1) == {}


def test_a_source_that_is_not_there_makes_the_service_not_ready_until_it_is(world):
    (world.folder / "events.jsonl").unlink()
    service = world.service()
    assert service.vitals.unready() == {"service": "starting"}
    service.start()

    assert "no such file" in world.warnings.get(timeout=PATIENCE)
    assert list(service.vitals.unready()) == ["source lines"]

    (world.folder / "events.jsonl").touch()
    assert "connected" in world.notices.get(timeout=PATIENCE)
    assert service.vitals.unready() == {}
    service.stop()


def test_the_heartbeat_beats_while_it_runs_and_a_reload_may_change_it(world, httpserver):
    httpserver.expect_oneshot_request("/beat").respond_with_data("ok")
    url = httpserver.url_for("/beat")
    service = world.service()
    service.start()
    beat = f"heartbeat: {{url: '{url}', every: 1h}}\nsources:"

    with httpserver.wait(timeout=PATIENCE) as waiting:
        service.reload(world.ruleset(("sources:", beat)))

    assert waiting.result
    service.stop()


def test_a_running_service_tells_its_status_over_its_socket(world, service, endpoint):
    world.send(1)
    endpoint.wait(1)

    found = ask(world.data_dir, {"do": "status"})

    assert (found["ready"], found["rules"], found["never_fired"]) == (True, 1, [])
    assert found["last_event"]["id"] == "event-1"


HUB = "version: 1\nhub: {listen: '127.0.0.1:0', user: acme, apikey: s3cret}\n"
NOWHERE = "unix:///no/such/docker.sock"
ENGINE = f"  local: {{type: docker, host: '{NOWHERE}'}}\n  lines:"


def test_a_hub_is_served_beside_the_rules_and_goes_with_a_reload(world):
    ruleset = world.ruleset(("version: 1\n", HUB), ("  lines:", ENGINE))
    service = world.service()
    service.start()
    host, port = service.hub_address

    with closing(HTTPConnection(host, port, timeout=PATIENCE)) as client:
        client.request("GET", "/api/app/v1/service/")
        assert client.getresponse().status == 401

    service.reload(replace(ruleset, hub=None))
    assert service.hub_address is None
    service.stop()


def test_its_hub_keeps_what_clients_write_in_the_data_directory_and_lets_go_at_the_end(world):
    world.ruleset(("version: 1\n", HUB), ("  lines:", ENGINE))
    service = world.service()
    service.start()

    with pytest.raises(ReactorError, match=r"what a hub keeps in .* is in use by 'reactor run'"):
        Kept(world.data_dir, "reactor hub", print).open()

    service.stop()
    with closing(Kept(world.data_dir, "reactor hub", print)) as kept:
        assert kept.open().present == Writing()


def asked(service, path):
    """Status and body of what the hub answers."""
    host, port = service.hub_address
    with closing(HTTPConnection(host, port, timeout=PATIENCE)) as client:
        client.request("GET", path, headers={"Authorization": basic("acme", "s3cret")})
        answer = client.getresponse()
        return answer.status, answer.read()


def test_rules_and_hub_have_one_reader(world):
    with fake_engine() as engine:
        engine.answers["/v1.41/containers/json"] = (200, b"[]")
        world.ruleset(("version: 1\n", HUB), ("  lines:", ENGINE.replace(NOWHERE, engine.url)))
        service = world.service()
        service.start()

        eventually(lambda: asked(service, "/api/infra/v1/node/")[0] == 200, "the hub is there")
        assert len(readers()) == 1
        engine.publish(docker_event("create", int(engine.now() * 10**9)))
        world.committed.get(timeout=PATIENCE)
        eventually(lambda: b"web-1" in asked(service, "/api/app/v1/container/")[1], "it hears")

        service.stop()


def test_a_hub_that_cannot_be_served_is_a_reason_not_to_start(world):
    text = HUB.replace(", user: acme, apikey: s3cret", "")
    world.ruleset(("version: 1\n", text), ("  lines:", ENGINE))

    with pytest.raises(ReactorError, match="the hub needs credentials"):
        world.service().start()

    Lock.acquire(world.data_dir, "the next one").release()
