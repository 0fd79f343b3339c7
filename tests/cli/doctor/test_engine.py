"""Engines, real sockets all of them, and what the doctor says of each."""

import socket
from datetime import timedelta

import pytest

from reactor.cli.doctor.engine import judge_clock, look_at_docker
from reactor.cli.doctor.finding import Status, exit_code
from reactor.model.rule import SourceSpec
from tests.builders import PLACE
from tests.cli.doctor.engines import MANAGER, WORKER, StubEngine, an_engine
from tests.cli.doctor.powers import powerless

READING = {"PING", "VERSION", "INFO", "EVENTS", "CONTAINERS"}
SECONDS = 5.0


def looked_at(url, **options):
    spec = SourceSpec(name="local", type="docker", options={"host": url, **options}, place=PLACE)
    return list(look_at_docker(spec, {}, SECONDS))


def told(findings):
    return [(each.name.removeprefix("source local"), each.status.value) for each in findings]


def behind_proxy(*flags, **engine):
    return an_engine(StubEngine(flags=frozenset(flags), **engine))


def test_an_engine_that_is_well_says_which_it_is():
    with an_engine(StubEngine()) as engine:
        findings = looked_at(engine.url)

    assert told(findings) == [("", "ok"), (" clock", "ok"), (" rights", "ok"), (" swarm", "ok")]
    assert findings[0].detail == f"Docker Engine 20.10.24 at {engine.url}, API 1.41"
    assert findings[3].detail == "it is in none"


def test_all_that_reading_needs_of_a_proxy_is_what_the_document_says():
    with behind_proxy(*READING) as engine:
        assert exit_code(looked_at(engine.url)) == 0


@pytest.mark.parametrize(
    ("flag", "missing", "code"),
    [
        ("EVENTS", ["EVENTS"], 5),
        ("CONTAINERS", [f"CONTAINERS ({what})" for what in ("list", "inspect", "logs")], 5),
        ("INFO", ["INFO"], 0),
        ("VERSION", ["VERSION"], 5),
    ],
)
def test_each_flag_that_a_proxy_lacks_is_named(flag, missing, code):
    with behind_proxy(*(READING - {flag})) as engine:
        findings = looked_at(engine.url)

    lacks = [each for each in findings if " is missing, " in each.detail]
    assert [each.detail.partition(" is missing, ")[0] for each in lacks] == missing
    assert {each.remedy.partition(" ")[0] for each in lacks} == {f"{flag}=1"}
    assert exit_code(findings) == code


def test_without_info_nothing_is_said_of_a_swarm():
    with behind_proxy(*(READING - {"INFO"}), swarm=MANAGER) as engine:
        assert " swarm" not in dict(told(looked_at(engine.url)))


@pytest.mark.parametrize(
    ("swarm", "says", "asks"),
    [({}, "it is in none", False), (WORKER, "a worker", False), (MANAGER, "a manager", True)],
)
def test_the_place_in_a_swarm_is_told_and_rights_asked_of_managers(swarm, says, asks):
    with an_engine(StubEngine(swarm=swarm)) as engine:
        found = {each.name: each.detail for each in looked_at(engine.url)}

    assert says in found["source local swarm"]
    assert found.get("source local swarm rights") == ("SERVICES, NODES, TASKS" if asks else None)


def test_what_a_proxy_before_a_manager_lacks_is_named():
    with behind_proxy(*READING, "SERVICES", "NODES", swarm=MANAGER) as engine:
        last = looked_at(engine.url)[-1]

    assert last.detail.startswith("TASKS is missing, to know the containers of other nodes: ")
    assert last.remedy.startswith("TASKS=1 ")


@pytest.mark.parametrize(
    ("flags", "missing"),
    [
        ((), ["POST (restart)"]),
        (("ALLOW_RESTARTS",), ["POST (restart)"]),  # it does nothing without POST
        (("POST", "ALLOW_RESTARTS"), []),
        (("POST", "CONTAINERS"), []),
    ],
)
def test_what_is_allowed_is_tried_on_the_engine_that_is_called(flags, missing):
    with an_engine(StubEngine()) as engine, behind_proxy(*flags) as called:
        findings = looked_at(engine.url, act=called.url, allow=("redeploy", "restart"))

    calls = [each for each in findings if each.name == "source local calls"]
    assert [each.detail.partition(" is")[0] for each in calls if each.remedy] == missing
    assert called.asked == ["POST /containers/reactor-doctor-no-such/restart"]
    assert not [asked for asked in engine.asked if not asked.startswith("GET ")]


def test_nothing_is_called_without_leave():
    with an_engine(StubEngine()) as engine:
        looked_at(engine.url)

    assert not [asked for asked in engine.asked if not asked.startswith("GET ")]


@pytest.mark.parametrize(
    ("version", "says"),
    [
        ("1.40", "reactor is tried with API 1.41 and newer: update it"),
        ("1.41", ""),
        ("1.52", ""),
    ],
)
def test_an_old_engine_is_told(version, says):
    with an_engine(StubEngine(version=version)) as engine:
        first, *_ = looked_at(engine.url)

    assert first.detail.endswith(f", API {version}")
    assert first.remedy == says


def test_a_clock_that_is_wrong_is_told():
    with an_engine(StubEngine(ahead=timedelta(hours=1))) as engine:
        found = {each.name: each for each in looked_at(engine.url)}["source local clock"]

    assert found.status is Status.FAILED
    assert found.detail.startswith(("it is 3600.", "it is 3599."))
    assert "before ours" in found.detail


@pytest.mark.parametrize(
    ("skew", "status"),
    [
        (0.9, Status.OK),
        (-0.9, Status.OK),
        (1.0, Status.WARNING),
        (-60.0, Status.WARNING),
        (60.1, Status.FAILED),
    ],
)
def test_a_second_is_noticed_and_a_minute_is_too_much(skew, status):
    assert judge_clock("clock", skew).status is status


def test_a_socket_without_permission_says_which_group(tmp_path):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "docker.sock"))
        (tmp_path / "docker.sock").chmod(0)
        with powerless():
            (found,) = looked_at(f"unix://{tmp_path}/docker.sock")

    assert found.code == 5
    assert "permission denied" in found.detail
    assert "SupplementaryGroups=docker" in found.remedy


@pytest.mark.parametrize(
    ("url", "says", "advice"),
    [
        ("unix:///nowhere/docker.sock", "no such socket", "or name another socket"),
        ("tcp://127.0.0.1:9", "connection refused", "see whether it runs"),
        ("tcp://reactor.invalid:2375", "", "the resolver"),
        ("gopher://dock", "expected unix://", "see `host`"),
        ("ssh://reactor.invalid", "", "ssh HOST docker version"),
    ],
)
def test_an_engine_out_of_reach_is_told_with_what_to_do(url, says, advice):
    (found,) = looked_at(url)

    assert found.code == 5
    assert says in found.detail
    assert advice in found.remedy


def test_a_proxy_that_lets_nothing_through_is_told_flag_by_flag():
    with behind_proxy() as engine:
        first, *rights = looked_at(engine.url)

    assert first.status is Status.FAILED
    flags = dict.fromkeys(each.remedy.partition("=")[0] for each in rights)
    assert list(flags) == ["PING", "VERSION", "INFO", "EVENTS", "CONTAINERS"]


def test_of_what_is_no_engine_no_flags_are_named(httpserver):
    httpserver.no_handler_status_code = 404
    (found,) = looked_at(f"tcp://127.0.0.1:{httpserver.port}")

    assert found.code == 5
    assert "the answer to /_ping is 404" in found.detail
