"""The whole round: a container of a real engine is killed, the hub tells it, `reactor run` hears it
as Docker Cloud's, sends a webhook and has the service redeployed through the hub."""

import json

import pytest

from reactor.clock import utc_now
from tests.endpoint import listening
from tests.hub.served import KEY, USER, Served
from tests.live.conftest import unavailable
from tests.live.engine import EngineUnavailable, install_compose
from tests.live.hub import Project, docker_fleet, heard, named, settle
from tests.service import Service, eventually

RULES = """\
version: 1
sources:
  cloud:
    type: dockercloud
    user: {user}
    apikey: {key}
    stream_host: "{stream}"
    rest_host: "{rest}"
destinations:
  ops: {{type: webhook, url: "{url}"}}
rules:
  - name: web crashed
    match:
      type: container
      state: Stopped
      service.name: web
      container.exit_code: 137
    actions:
      - webhook: ops
        body: {{name: "{{{{ container.name }}}}", code: "{{{{ container.exit_code }}}}"}}
      - redeploy: service
"""


@pytest.fixture
def project(engine, tmp_path):
    try:
        install_compose()
    except EngineUnavailable as error:
        unavailable(str(error))
    folder = tmp_path / "project"
    folder.mkdir()
    project = Project(engine, folder, "round", web=1)
    project.up()
    yield project
    project.down()


def test_a_kill_goes_round_to_a_webhook_and_a_redeploy_and_nothing_loops(engine, project, tmp_path):
    with (
        docker_fleet(engine.host) as fleet,
        Served(fleet, now=utc_now) as served,
        listening(tmp_path / "ledger") as endpoint,
    ):
        rules = tmp_path / "rules.yaml"
        rules.write_text(
            RULES.format(
                user=USER,
                key=KEY,
                stream=served.url("/", "ws"),
                rest=served.url("/"),
                url=endpoint.url,
            )
        )
        before = named(fleet, "service", "web")
        frames = heard(fleet)
        with Service(rules, tmp_path / "data", "--http", "off") as service:
            service.hears("source cloud: connected to")
            engine.docker("kill", "round_web_1")

            (delivered,) = endpoint.wait(1)
            eventually(lambda: fleet.objects("action") != [], "it was redeployed")
            settle(fleet)
            eventually(
                lambda: named(fleet, "service", "web")["containers"] != before["containers"],
                "there are other containers",
            )
            assert service.stop() == 0

        assert json.loads(delivered.body) == {"name": "round_web_1", "code": "137"}
        (action,) = fleet.objects("action")
        assert (action["action"], action["state"]) == ("Service Redeploy", "Success")
        assert named(fleet, "service", "web")["state"] == "Running"
        assert [frame["state"] for frame in frames if frame["type"] == "action"] == [
            "Pending",
            "In progress",
            "Success",
        ]
        assert len(endpoint.heard) == 1
