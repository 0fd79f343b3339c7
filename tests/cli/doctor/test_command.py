"""`reactor doctor`, as it is called."""

import signal
import socket

import pytest

from tests.cli.doctor.engines import StubEngine, an_engine
from tests.cli.program import Program

HEALTHY = """\
sources:
  local: {{type: docker, host: "{url}"}}
  hook: {{type: webhook, token: hidden}}
destinations:
  ops: {{type: webhook, url: http://127.0.0.1:9/hidden}}
rules:
  - {{name: any, match: {{type: container}}, actions: [{{webhook: ops}}]}}
"""


@pytest.fixture
def engine():
    with an_engine(StubEngine()) as running:
        yield running


def test_where_all_is_well_each_thing_is_a_line(cli, tmp_path, engine):
    (tmp_path / "reactor.yaml").write_text(HEALTHY.format(url=engine.url))

    ran = cli("doctor", "--data-dir", "data")

    assert ran.code == 0
    assert ran.lines[0] == "ok       rules: reactor.yaml: 1 rule, 2 sources"
    assert f"ok       source local: Docker Engine 20.10.24 at {engine.url}, API 1.41" in ran.lines
    assert "ok       destination ops: 127.0.0.1" in ran.lines
    assert "ok       journal: none in data yet: `reactor run` begins it" in ran.lines
    assert ran.err.endswith(" ok, 0 warning, 0 failed\n")
    assert "hidden" not in ran.out + ran.err
    assert not (tmp_path / "data").exists()


def test_without_a_rule_file_this_machine_is_looked_at(cli, engine, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", engine.url)  # the environment is the whole process's

    ran = cli("doctor", "--data-dir", "data")

    assert ran.code == 0
    assert ran.lines[0].startswith("ok       source docker: Docker Engine 20.10.24 at ")


def test_what_is_not_well_has_its_remedy_beneath(cli, tmp_path):
    (tmp_path / "reactor.yaml").write_text(HEALTHY.format(url="tcp://127.0.0.1:9"))

    ran = cli("doctor", "--data-dir", "data")

    assert ran.code == 5
    at = next(i for i, line in enumerate(ran.lines) if line.startswith("failed   source local: "))
    assert "connection refused" in ran.lines[at]
    assert ran.lines[at + 1] == "         see whether it runs, and listens at this address"


def test_as_json_each_is_an_object(cli, tmp_path):
    (tmp_path / "reactor.yaml").write_text(HEALTHY.format(url="tcp://127.0.0.1:9"))

    ran = cli("doctor", "--data-dir", "data", "--json")

    assert {tuple(each) for each in ran.objects} == {("kind", "name", "status", "detail", "remedy")}
    (local,) = [each for each in ran.objects if each["name"] == "source local"]
    assert (local["kind"], local["status"]) == ("check", "failed")
    assert {each["remedy"] for each in ran.objects if each["status"] == "ok"} == {None}
    assert ran.err == ""


def test_mistakes_of_the_rules_are_told_beside_what_can_be_looked_at(cli, tmp_path):
    (tmp_path / "reactor.yaml").write_text(HEALTHY.format(url="${NOWHERE}"))

    ran = cli("doctor", "--data-dir", "data")

    assert ran.code == 3
    assert ran.lines[0].startswith("failed   rules: reactor.yaml:2:")
    assert ran.lines[0].endswith("the variable NOWHERE is not set")
    assert ran.lines[1] == "         set it, or write ${NOWHERE:-default}"
    assert not [line for line in ran.lines if " source " in line]
    assert [line for line in ran.lines if " journal: " in line]


def test_a_disk_that_cannot_be_used_is_a_failure_of_ours(cli, tmp_path, engine):
    (tmp_path / "reactor.yaml").write_text(HEALTHY.format(url=engine.url))
    (tmp_path / "data").write_text("")

    ran = cli("doctor", "--data-dir", "data")

    assert ran.code == 1
    assert any(line.startswith("failed   data directory: ") for line in ran.lines)


def test_ctrl_c_ends_it_without_a_trace(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with Program(tmp_path, "doctor", environment={"DOCKER_HOST": host}) as program:
            program.err.hears("waiting for source docker")
            program.send(signal.SIGINT)

            assert program.ended(5.0) == 130
            assert program.err.all() == ["waiting for source docker"]
