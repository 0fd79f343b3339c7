import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.normalize import normalize, record_of
from reactor.model.event import Arrival
from reactor.model.platform import SHAPED
from reactor.model.uri import parse_uri
from reactor.platforms.docker import SHAPES, Engine, translate
from tests.fake_engine import TIME, docker_event

ENGINE = Engine(id="4O5R:TEST", name="dock", version="20.10.24")
COMPOSE = {"com.docker.compose.project": "shop", "com.docker.compose.service": "web"}
SWARM = {
    "com.docker.swarm.service.id": "svc1",
    "com.docker.swarm.service.name": "shop_web",
    "com.docker.stack.namespace": "shop",
}


def translated(event, engine=ENGINE):
    return translate(json.dumps(event).encode(), engine)


def frame(action="die", **attributes):
    return json.loads(translated(docker_event(action, **attributes)).raw)


def facts(action="die", **attributes):
    return translated(docker_event(action, **attributes)).facts


@pytest.mark.parametrize(
    ("event", "attributes", "action", "state"),
    [
        ("create", {}, "create", "Starting"),
        ("start", {}, "update", "Running"),
        ("kill", {"signal": "15"}, "update", "Stopping"),
        ("kill", {"signal": "9"}, "update", "Stopping"),
        ("kill", {"signal": "2"}, "update", "Stopping"),
        ("kill", {"signal": "3"}, "update", "Stopping"),
        ("kill", {"signal": "1"}, "update", None),  # a reload
        ("kill", {"signal": "10"}, "update", None),
        ("die", {"exitCode": "7"}, "update", "Stopped"),
        ("destroy", {}, "update", "Terminated"),
        ("stop", {}, "update", None),  # the die before or after it says Stopped
        ("oom", {}, "update", None),
        ("restart", {}, "update", None),
        ("pause", {}, "update", None),
        ("rename", {"oldName": "/x"}, "update", None),
        ("health_status: unhealthy", {}, "update", None),
        ("something new", {}, "update", None),
    ],
)
def test_an_event_is_one_frame(event, attributes, action, state):
    found = frame(event, **attributes)

    assert (found["type"], found["action"], found.get("state")) == ("container", action, state)
    assert found["docker"]["Action"] == event
    assert any(all(found.get(name) in shape[name] for name in SHAPED) for shape in SHAPES)


def test_a_frame_is_what_the_platform_would_have_sent():
    found = translated(docker_event("die", exitCode="7", **COMPOSE))

    assert json.loads(found.raw) == {
        "type": "container",
        "action": "update",
        "state": "Stopped",
        "parents": [found.facts[kind]["uri"] for kind in ("service", "node", "stack")],
        "resource_uri": found.facts["container"]["uri"],
        "uuid": found.uuid,
        "datetime": "2030-01-01T00:00:00.123456Z",
        "docker": docker_event("die", exitCode="7", **COMPOSE),
    }


def test_the_container_is_described():
    container = facts("die", exitCode="137")["container"]

    assert parse_uri(container["uri"]).id == container.pop("uuid")
    assert container.pop("uri").startswith("/api/app/v1/container/")
    assert container == {
        "name": "web-1",
        "image": "nginx:1.27",
        "docker_id": "c0ffee",
        "state": "Stopped",
        "exit_code": 137,
    }


@pytest.mark.parametrize("text", ["", "seven", "1.5", "²", "9" * 5000])
def test_an_exit_code_that_is_no_number_is_unknown(text):
    assert "exit_code" not in facts("die", exitCode=text)["container"]


def test_only_an_end_has_an_exit_code():
    assert "exit_code" not in facts("start", exitCode="7")["container"]


def test_compose_names_service_and_stack():
    found = facts(**COMPOSE)

    assert (found["service"]["name"], found["stack"]["name"]) == ("web", "shop")
    assert found["node"]["name"] == "dock"


def test_swarm_names_service_and_stack():
    found = facts(**SWARM)

    assert (found["service"]["name"], found["stack"]["name"]) == ("shop_web", "shop")


def test_a_service_of_a_swarm_is_the_same_on_all_its_engines():
    event = docker_event(**SWARM)
    other = Engine(id="OTHER", name="dock2", version="")

    ids = {translated(event, engine).facts["service"]["uuid"] for engine in (ENGINE, other)}

    assert len(ids) == 1


def test_a_compose_service_is_another_on_each_engine():
    event = docker_event(**COMPOSE)
    other = Engine(id="OTHER", name="dock2", version="")

    ids = {translated(event, engine).facts["service"]["uuid"] for engine in (ENGINE, other)}

    assert len(ids) == 2


def test_a_plain_container_has_a_node_only():
    found = translated(docker_event())

    assert json.loads(found.raw)["parents"] == [found.facts["node"]["uri"]]
    assert "service" not in found.facts
    assert "stack" not in found.facts


def test_labels_are_what_is_not_the_engines_own():
    found = facts("die", exitCode="0", execDuration="3", tier="front", **COMPOSE)

    assert found["labels"] == {"tier": "front", **COMPOSE}


def test_the_same_event_has_the_same_id_and_each_other_one_its_own():
    events = [docker_event(), docker_event(time=TIME + 1), docker_event("start"), docker_event()]

    uuids = [translated(event).uuid for event in events]

    assert uuids[0] == uuids[3]
    assert len(set(uuids)) == 3


def test_rules_see_the_facts_and_the_engines_event():
    found = translated(docker_event("die", exitCode="7", **COMPOSE))
    arrival = Arrival(
        source="local", raw=found.raw, identity=found.uuid, platform=True, facts=found.facts
    )
    record = record_of(normalize(arrival, datetime(2030, 1, 7, tzinfo=UTC))).fields

    assert record["service"]["name"] == "web"
    assert record["container"]["exit_code"] == 7
    assert record["docker"]["Action"] == "die"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b'{"Type": "network", "Action": "connect", "Actor": {"ID": "n"}, "timeNano": 1}',
        b'{"Type": "container", "Action": "die", "Actor": null, "timeNano": 1}',
        b'{"Type": "container", "Action": "die", "Actor": {"ID": "c"}, "timeNano": "soon"}',
        b'{"Type": "container", "Action": "die", "Actor": {"ID": "c"}, "timeNano": 1e99}',
        b'{"Type": "container", "Action": "die", "Actor": {"ID": "\\ud800"}, "timeNano": 1}',
        b"[" * 100_000,
        b'{"Type": "container", "Action": "di',
    ],
)
def test_what_is_no_event_of_a_container_is_no_frame(line):
    assert translate(line, ENGINE) is None


def test_attributes_may_be_missing():
    event = docker_event("start")
    event["Actor"] = {"ID": "c0ffee", "Attributes": None}

    assert "name" not in translated(event).facts["container"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {"Type": st.just("container"), "Action": JSON, "timeNano": JSON | st.just(TIME)},
        optional={"Actor": st.fixed_dictionaries({"ID": JSON, "Attributes": JSON})},
    )
)
def test_whatever_an_engine_says_translating_never_raises(event):
    translated(event)
