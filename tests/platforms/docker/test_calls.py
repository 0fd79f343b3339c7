"""Calls back to a Docker source: what it is asked, what it lets through, what it answers."""

import json
from datetime import timedelta

import pytest

from reactor.clock import utc_now
from reactor.duration import format_time
from reactor.engine.judge import judge_http
from reactor.model.request import CallStep, Fault, ObjectCall, Verdict
from reactor.model.uri import object_uri, read_uri, stable_uuid
from reactor.platforms.docker.api import VERBS
from reactor.platforms.docker.calls import Access, DockerApi
from reactor.platforms.docker.compose import Compose
from reactor.platforms.docker.dial import parse_address
from reactor.platforms.steps import carry_out
from tests.fakes import PATIENCE
from tests.platforms.docker.acted_engine import COMPOSE_LABELS, ENGINE, acted_engine

LONG = timedelta(seconds=PATIENCE)
MINUTE = timedelta(minutes=1)
JOB = object_uri("container", stable_uuid("container", "c1"))
WEB = object_uri("service", stable_uuid("service", ENGINE.id, "shop", "web"))
SHOP = object_uri("stack", stable_uuid("stack", ENGINE.id, "shop"))
NODE = object_uri("node", stable_uuid("node", ENGINE.id))
GONE = object_uri("container", stable_uuid("container", "gone"))


@pytest.fixture
def opened(acted):
    """Opens the API of the source `local`."""

    def opened(*allowed, own=(), acting=None):
        access = Access(
            reading=acted.client,
            acting=(acting or acted).client,
            compose=Compose(parse_address(acted.url), None, {"PATH": "/nowhere"}),
        )
        return DockerApi(access, source="local", allowed=allowed, own=frozenset(own))

    return opened


def asked(api, method, path, body=b""):
    return api.exchange(method, path, timeout=LONG, body=body, user_agent="delivery/1")


def shown(response):
    assert response.status == 200, response
    return json.loads(response.body)


def a_call(uri, *steps, **changes):
    given = {
        "source": "local",
        "target": read_uri(uri)[0],
        "steps": steps,
        "delivery_id": "4f2a9c31d0b84e6f9a7c5d3e1b20f846",
        "is_repeated": False,
        "is_renewed": False,
        "promised_at": utc_now(),
        "timeout": LONG,
    }
    return ObjectCall(**given | changes)


def carried_out(api, call):
    return judge_http(carry_out(api, call, lambda: True))


RESTART, REDEPLOY = CallStep("POST", "restart"), CallStep("POST", "redeploy")


def test_a_call_that_is_allowed_is_made(acted, opened):
    acted.run("c1")

    outcome = carried_out(opened("restart"), a_call(JOB, RESTART))

    assert (outcome.verdict, outcome.detail) == (Verdict.SUCCEEDED, "restarted")
    assert acted.calls == ["POST /containers/c1/restart"]


@pytest.mark.parametrize(
    ("verb", "method", "path"),
    [
        *((verb, "POST", f"{WEB}{verb}/") for verb in VERBS if verb != "terminate"),
        ("scale", "PATCH", WEB),
        ("terminate", "DELETE", WEB),
    ],
)
def test_what_a_source_does_not_allow_is_buried_and_the_engine_is_not_even_asked(
    acted, opened, verb, method, path
):
    acted.answers["/_ping"] = (500, {"message": "who asks?"})

    outcome = judge_http(asked(opened(*(set(VERBS) - {verb})), method, path))

    why = f"source 'local' does not allow {verb}: add it to `allow` in the rule file"
    assert (outcome.verdict, outcome.detail) == (Verdict.BURY, why)


@pytest.mark.parametrize(
    ("method", "path", "why"),
    [
        ("POST", f"{NODE}health-check/", "a node of Docker takes no health-check"),
        ("DELETE", NODE, "a node of Docker takes no terminate"),
        ("PATCH", SHOP, "a stack of Docker takes no scale"),
        ("POST", "/api/app/v1/service/", "POST /api/app/v1/service/ is no call that reactor knows"),
        ("GET", "/api/app/v1/service/", "GET /api/app/v1/service/ is no question"),
    ],
)
def test_what_docker_has_no_word_for_is_buried(opened, method, path, why):
    outcome = judge_http(asked(opened(*VERBS), method, path))

    assert outcome.verdict is Verdict.BURY
    assert outcome.detail.startswith(why)


def test_reactors_own_container_and_what_is_opted_out_are_never_touched(acted, opened):
    acted.run("c1")
    acted.run("c2", **COMPOSE_LABELS, **{"reactor.enable": "false"})
    api = opened(*VERBS, own={"c1"})

    own, opted_out = (asked(api, "DELETE", uri) for uri in (JOB, WEB))

    assert (own.fault, opted_out.fault) == (Fault.INVALID, Fault.INVALID)
    assert own.detail == "reactor itself runs in container 'name-c1', and does not act on itself"
    assert "reactor.enable=false" in opted_out.detail
    assert acted.told == []


def test_what_is_gone_is_terminated_but_cannot_be_restarted(opened):
    api = opened(*VERBS)

    gone, missing = asked(api, "DELETE", GONE), asked(api, "POST", f"{GONE}restart/")

    assert judge_http(gone).detail == "the container is gone already"
    uuid = stable_uuid("container", "gone")
    assert judge_http(missing).detail == f"404 Not Found: this engine has no container {uuid}"


def test_calls_go_to_an_address_of_their_own_if_there_is_one(acted, opened):
    acted.run("c1")
    with acted_engine() as proxy:
        asked(opened("restart", acting=proxy), "POST", f"{JOB}restart/")

        assert (acted.told, proxy.calls) == ([], ["POST /containers/c1/restart"])


def test_an_engine_that_is_away_is_tried_again(acted, opened):
    acted.answers["/containers/json"] = (500, {"message": "starting"})

    outcome = judge_http(asked(opened("restart"), "POST", f"{JOB}restart/"))

    assert outcome.verdict is Verdict.RETRY
    assert outcome.detail.startswith(f"{acted.url}: ")
    assert outcome.detail.endswith("starting")


def test_a_service_shows_its_size(acted, opened):
    acted.run("c1", **COMPOSE_LABELS)

    service = shown(asked(opened(), "GET", WEB))

    uuid = stable_uuid("service", ENGINE.id, "shop", "web")
    assert service == {
        "uuid": uuid,
        "resource_uri": WEB,
        "name": "web",
        "target_num_containers": 1,
    }


@pytest.mark.parametrize(
    "body", [b"", b"3", b'{"target_num_containers":-1}', b'{"target_num_containers":1,"tags":[]}']
)
def test_nothing_but_a_size_can_be_changed(acted, opened, body):
    acted.run("c1", **COMPOSE_LABELS)

    why = 'expected {"target_num_containers": N}, the only thing that can be changed'
    assert asked(opened("scale"), "PATCH", WEB, body).detail == why


def test_a_size_that_a_service_has_is_told_when_it_is_made_true(acted, opened):
    acted.run("c1", **COMPOSE_LABELS)

    response = asked(opened("scale"), "POST", f"{WEB}scale/")

    assert response.detail == "'web' is to have 1 containers"


def test_a_call_that_was_made_is_found_by_its_repetition(acted, opened):
    acted.run("c1")
    api, call = opened("restart"), a_call(JOB, RESTART)
    carried_out(api, call)

    again = carried_out(api, a_call(JOB, RESTART, is_repeated=True, promised_at=call.promised_at))

    assert again.verdict is Verdict.SUCCEEDED
    assert again.detail.startswith("an earlier attempt has reached it: /api/audit/v1/action/")
    assert len(acted.told) == 1


def test_what_another_delivery_made_is_not_taken_for_ours(acted, opened):
    acted.run("c1")
    api = opened("restart")
    carried_out(api, a_call(JOB, RESTART))

    other = "00000000000000000000000000000000"
    carried_out(api, a_call(JOB, RESTART, is_repeated=True, delivery_id=other))

    assert len(acted.told) == 2


@pytest.mark.parametrize("step", [RESTART, REDEPLOY])
def test_after_a_restart_of_reactor_what_all_runs_since_the_promise_was_made(acted, opened, step):
    acted.run("c1", format_time(utc_now() - MINUTE), **COMPOSE_LABELS)
    call = a_call(WEB, step, is_repeated=True, promised_at=utc_now() - 2 * MINUTE)

    outcome = carried_out(opened("restart", "redeploy"), call)

    assert outcome.verdict is Verdict.SUCCEEDED
    assert acted.told == []


@pytest.mark.parametrize(
    ("started", "promised"),
    [
        (-2 * MINUTE, -MINUTE),  # before the promise
        (MINUTE, -MINUTE),  # after we were opened: nobody of ours did it
    ],
)
def test_what_runs_for_other_reasons_is_restarted(acted, opened, started, promised):
    acted.run("c1", format_time(utc_now() + started))
    call = a_call(JOB, RESTART, is_repeated=True, promised_at=utc_now() + promised)

    carried_out(opened("restart"), call)

    assert acted.calls == ["POST /containers/c1/restart"]
