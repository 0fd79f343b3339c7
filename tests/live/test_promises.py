"""What the documentation promises of the smallest lives: each end is told once, whoever dies."""

import json

import pytest

from tests.endpoint import listening
from tests.live.engine import IMAGE
from tests.service import Service, eventually

NAME = "promises_odd.name-"
RULES = """\
version: 1
sources:
  local: {{type: docker, host: "{host}"}}
destinations:
  ops: {{type: webhook, url: "{url}"}}
rules:
  - name: crashed
    match: {{type: container, state: Stopped, cause: crash, container.name: {{prefix: "{name}"}}}}
    unless: {{labels."com.docker.compose.oneoff": "True"}}
    actions:
      - webhook: ops
        body: {{name: "{{{{ container.name }}}}", code: "{{{{ container.exit_code }}}}"}}
"""


@pytest.fixture
def start(tmp_path, engine):
    """Starts the service anew, and tells of what it sends."""
    with listening(tmp_path / "ledger") as endpoint:
        rules = tmp_path / "rules.yaml"
        rules.write_text(RULES.format(host=engine.host, url=endpoint.url, name=NAME))

        def started():
            service = Service(rules, tmp_path / "data", "--http", "off")
            service.hears("source local: connected to Docker Engine")
            return service

        yield started, endpoint


def fail(engine, number, *options):
    """A container that ends at once, with its number as exit code, and is gone with its end."""
    script = ("/bin/busybox", "sh", "-c", f"exit {number}")
    name = ("--name", f"{NAME}{number}")
    engine.docker("run", "--detach", "--rm", "--network", "none", *name, *options, IMAGE, *script)


def codes(endpoint):
    """The exit codes that were sent, sorted: by the id, for a kill may have one sent again."""
    bodies = {each.id: json.loads(each.body) for each in endpoint.heard}
    return sorted(int(body["code"]) for body in bodies.values())


def test_what_ends_at_once_and_is_gone_is_told_once_though_we_are_killed_meanwhile(start, engine):
    started, endpoint = start
    with started() as service:
        for number in range(1, 6):
            fail(engine, number)
        service.kill()
    for number in range(6, 11):
        fail(engine, number)
    with started():
        for number in range(11, 16):
            fail(engine, number)
        eventually(lambda: codes(endpoint) == [*range(1, 16)], "each end was told once")


def test_what_somebody_runs_by_hand_in_a_service_can_be_left_out(start, engine):
    started, endpoint = start
    with started():
        fail(engine, 1, "--label", "com.docker.compose.oneoff=True")
        fail(engine, 2, "--label", "com.docker.compose.oneoff=False")
        fail(engine, 3)
        eventually(lambda: codes(endpoint) == [2, 3], "the others were told")
