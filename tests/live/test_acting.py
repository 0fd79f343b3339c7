"""Calls back to a real engine: every verb, and a rule that redeploys what crashed."""

import json
import os
import subprocess
import sys
from contextlib import closing
from datetime import timedelta

import pytest

from reactor.model.problem import Place
from reactor.model.rule import SourceSpec
from reactor.model.uri import object_uri
from reactor.platforms.docker.api import VERBS, open_api
from reactor.platforms.docker.client import Client
from reactor.platforms.docker.dial import parse_address
from reactor.platforms.docker.engine import described
from reactor.platforms.docker.objects import container_uuid, service_of, stack_of, swarm_service
from tests.live.conftest import unavailable
from tests.live.deeds import OBEYS, member
from tests.live.engine import IMAGE, EngineUnavailable, install_compose
from tests.service import Service, eventually

pytestmark = pytest.mark.long  # minutes of a real engine

MINUTE = timedelta(minutes=1)
FILE = """\
version: "3.7"
services:
  web:
    image: {image}
    network_mode: none
    command: ["/bin/busybox", "sh", "-c", "{script}"]
"""
RULES = """\
version: 1
sources:
  local: {{type: docker, host: "{host}", allow: {allow}}}
rules:
  - name: web crashed
    match: {{type: container, state: Stopped, service.name: web, container.exit_code: 7}}
    actions:
      - redeploy: service
"""


def called(host, method, path, body=b""):
    """What a source that allows everything answers to a call."""
    options = {"host": host, "allow": VERBS}
    spec = SourceSpec(name="local", type="docker", options=options, place=Place("f", 1, 1))
    return open_api(spec).exchange(method, path, timeout=MINUTE, body=body)


def uri_of(thing):
    return object_uri(thing.kind, thing.uuid)


def inspected(engine, container, what):
    return json.loads(engine.docker("inspect", "--format", f"{{{{json .{what}}}}}", container))


def test_each_verb_on_a_plain_container(engine):
    container = engine.run(OBEYS)
    uri = object_uri("container", container_uuid(container))
    began = inspected(engine, container, "State.StartedAt")

    def call(verb):
        return called(engine.host, "POST", f"{uri}{verb}/").detail

    assert call("restart") == "restarted"
    assert inspected(engine, container, "State.StartedAt") > began
    assert call("redeploy") == "restarted"
    assert (call("stop"), inspected(engine, container, "State.Status")) == ("stopped", "exited")
    assert call("stop") == "stopped"  # as it is already
    assert (call("start"), inspected(engine, container, "State.Status")) == ("started", "running")
    assert called(engine.host, "DELETE", uri).detail == "stopped and removed"
    assert container not in engine.docker("ps", "--all", "--quiet", "--no-trunc")


def test_what_its_owner_opted_out_goes_on(engine):
    container = engine.run(OBEYS, "--label", "reactor.enable=false")

    response = called(engine.host, "DELETE", object_uri("container", container_uuid(container)))

    assert "reactor.enable=false" in response.detail
    assert inspected(engine, container, "State.Running") is True


def test_compose_labels_without_files_mean_a_restart(engine):
    container = engine.run(OBEYS, *member("labelled", "web"))
    began = inspected(engine, container, "State.StartedAt")
    labels = inspected(engine, container, "Config.Labels")
    uri = uri_of(service_of(labels, described_by(engine)))

    response = called(engine.host, "POST", f"{uri}redeploy/")

    why = "restarted, container by container, as no label says where its Compose files are"
    assert response.detail == why
    assert inspected(engine, container, "State.StartedAt") > began


def described_by(engine):
    with closing(Client(parse_address(engine.host))) as client:
        return described(client.describe())


@pytest.fixture
def project(engine, tmp_path):
    """A Compose project `acted`; what is returned lists the containers of its service."""
    try:
        install_compose()
    except EngineUnavailable as error:
        unavailable(str(error))
    (tmp_path / "docker-compose.yml").write_text(FILE.format(image=IMAGE, script=OBEYS))

    def compose(*words):
        command = ["docker-compose", "--project-name", "acted", *words]
        environ = {**os.environ, "DOCKER_HOST": engine.host}
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, env=environ)

    def containers():
        label = "label=com.docker.compose.project=acted"
        listed = engine.docker("ps", "--all", "--quiet", "--no-trunc", "--filter", label)
        return set(listed.split())

    compose("up", "--detach")
    yield containers
    compose("down")


def test_a_compose_service_is_recreated_scaled_and_terminated(engine, project):
    (first,) = project()
    labels, itself = inspected(engine, first, "Config.Labels"), described_by(engine)
    web, stack = uri_of(service_of(labels, itself)), uri_of(stack_of(labels, itself))

    redeployed = called(engine.host, "POST", f"{web}redeploy/")
    (second,) = project()
    scaled = called(engine.host, "PATCH", web, b'{"target_num_containers": 3}')

    assert redeployed.detail.startswith("recreated by docker")
    assert second != first
    assert scaled.detail.startswith("scaled to 3 by docker")
    assert (len(project()), second in project()) == (3, True)
    assert called(engine.host, "POST", f"{stack}redeploy/").status == 200
    assert (len(project()), second in project()) == (3, False)
    assert called(engine.host, "DELETE", stack).detail == "stopped and removed"
    assert project() == set()


def test_each_verb_on_a_swarm_service(swarm):
    swarm.serve("acted", OBEYS, "--replicas", "2")
    service = swarm.docker("service", "inspect", "--format", "{{.ID}}", "acted")
    uri = uri_of(swarm_service(service, "acted"))

    def specified(what):
        return swarm.docker("service", "inspect", "--format", f"{{{{.Spec.{what}}}}}", "acted")

    def call(verb):
        assert called(swarm.host, "POST", f"{uri}{verb}/").status == 200
        return specified("Mode.Replicated.Replicas")

    assert (call("redeploy"), specified("TaskTemplate.ForceUpdate")) == ("2", "1")
    assert (call("stop"), specified("Labels")) == ("0", "map[reactor.replicas:2]")
    assert (call("start"), specified("Labels")) == ("2", "map[]")
    assert called(swarm.host, "PATCH", uri, b'{"target_num_containers": 3}').status == 200
    assert specified("Mode.Replicated.Replicas") == "3"
    assert called(swarm.host, "DELETE", uri).detail == "removed"
    assert swarm.docker("service", "ls", "--quiet", "--filter", "name=acted") == ""


def test_a_service_of_the_swarm_that_its_owner_opted_out_goes_on_with_all_its_tasks(swarm):
    swarm.serve("kept", OBEYS, "--label", "reactor.enable=false")
    task = ("ps", "--quiet", "--no-trunc", "--filter", "name=kept")
    eventually(lambda: bool(swarm.docker(*task)), "it runs")
    service = swarm.docker("service", "inspect", "--format", "{{.ID}}", "kept")
    objects = [
        uri_of(swarm_service(service, "kept")),
        object_uri("container", container_uuid(swarm.docker(*task))),
    ]

    told = [called(swarm.host, "DELETE", uri).detail for uri in objects]
    swarm.docker("service", "rm", "kept")

    assert all("reactor.enable=false: reactor leaves it alone" in each for each in told)


def crash(engine, folder, allow):
    """Run reactor while a container of the service web crashes; the service, and the container."""
    rules = folder / "rules.yaml"
    rules.write_text(RULES.format(host=engine.host, allow=allow))
    service = Service(rules, folder / "data", "--http", "off")
    service.hears("source local: connected to Docker Engine")
    flag = "/crashed"
    once = f"[ -e {flag} ] || {{ echo > {flag}; exit 7; }}; {OBEYS}"
    return service, engine.run(once, *member("crashing", "web"))


def delivered(folder, field):
    """This field of all deliveries."""
    command = [sys.executable, "-m", "reactor", "deliveries", "--json", "--data-dir", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line)[field] for line in done.stdout.splitlines()]


def states(folder):
    return delivered(folder / "data", "state")


def test_a_rule_redeploys_a_service_that_crashed(engine, tmp_path):
    service, container = crash(engine, tmp_path, "[redeploy]")
    with service:
        eventually(lambda: states(tmp_path) == ["succeeded"], "the call was made")

        assert inspected(engine, container, "State.Running") is True
        assert service.stop() == 0


def test_a_source_that_does_not_allow_it_makes_a_dead_letter_that_says_so(engine, tmp_path):
    service, container = crash(engine, tmp_path, "[restart]")
    with service:
        eventually(lambda: states(tmp_path) == ["dead"], "the call was buried")

        why = "source 'local' does not allow redeploy: add it to `allow` in the rule file"
        assert delivered(tmp_path / "data", "reason") == [why]
        assert inspected(engine, container, "State.Running") is False
        assert service.stop() == 0
