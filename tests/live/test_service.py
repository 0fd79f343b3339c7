"""The whole product against a real Docker Engine: a container crashes, and a webhook goes out."""

import json
import subprocess
import sys

import pytest

from tests.endpoint import listening
from tests.service import Service, eventually

RULES = """\
version: 1
sources:
  local: {{type: docker, host: "{host}"}}
destinations:
  ops: {{type: webhook, url: "{url}"}}
rules:
  - name: web crashed
    match:
      type: container
      state: Stopped
      service.name: web
      container.exit_code: {{not: 0}}
    group_by: service.name
    throttle: 1 per 5m
    actions:
      - webhook: ops
        body: {{name: "{{{{ container.name }}}}", code: "{{{{ container.exit_code }}}}"}}
"""


@pytest.fixture
def endpoint(tmp_path):
    with listening(tmp_path / "ledger") as endpoint:
        yield endpoint


@pytest.fixture
def service(tmp_path, engine, endpoint):
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES.format(host=engine.host, url=endpoint.url))
    with Service(rules, tmp_path / "data", "--http", "off") as service:
        service.hears("source local: connected to Docker Engine")
        yield service


@pytest.fixture
def compose(engine):
    """Runs a container of the project shop to its end."""

    def run(service, name, code):
        labels = ("com.docker.compose.project=shop", f"com.docker.compose.service={service}")
        options = [word for label in labels for word in ("--label", label)]
        container = engine.run(f"exit {code}", "--name", name, *options)
        engine.docker("wait", container)

    return run


def evaluations(folder):
    """What `reactor evaluations` tells: name of the rule and reason."""
    command = [sys.executable, "-m", "reactor", "evaluations", "--json", "--data-dir", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return [(row["rule"], row["group"], row["reason"]) for row in rows]


def test_a_crash_sends_one_webhook_with_name_and_code_and_a_second_is_throttled(
    service, endpoint, compose, tmp_path
):
    compose("web", "shop-web-1", 0)
    compose("db", "shop-db-1", 7)
    compose("web", "shop-web-2", 7)
    compose("web", "shop-web-3", 9)

    decided = [("web crashed", "web", "fired"), ("web crashed", "web", "throttled")]
    eventually(lambda: evaluations(tmp_path / "data") == decided, "both crashes were decided")
    (heard,) = endpoint.wait(1)
    assert json.loads(heard.body) == {"name": "shop-web-2", "code": "7"}
    assert service.stop() == 0


def test_a_crash_before_a_kill_still_throttles_after_the_restart(
    service, engine, endpoint, compose, tmp_path
):
    compose("web", "shop-web-1", 7)
    endpoint.wait(1)
    service.kill()

    with Service(tmp_path / "rules.yaml", tmp_path / "data", "--http", "off") as again:
        again.hears("source local: connected to Docker Engine")
        compose("web", "shop-web-2", 7)
        eventually(lambda: len(evaluations(tmp_path / "data")) == 2, "the second was decided")

    assert [reason for _, _, reason in evaluations(tmp_path / "data")] == ["fired", "throttled"]
    assert len({heard.id for heard in endpoint.heard}) == 1
