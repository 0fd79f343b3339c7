"""Runs commands as a shell would: by their words, with their exit code and both outputs."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from reactor.actions import ACTIONS
from reactor.cli import main
from reactor.cli.recording import Recording
from reactor.config.ruleset import Resolve, load_ruleset
from reactor.road import UNOBSERVED, Road
from reactor.sources import SOURCES


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The lines of its data."""
        return self.out.splitlines()

    @property
    def objects(self) -> list[dict[str, object]]:
        """Its data, read as one JSON object a line."""
        return [json.loads(line) for line in self.lines]


Cli = Callable[..., Ran]

CLOUD_VARIABLES = ("DOCKERCLOUD_AUTH", "DOCKERCLOUD_USER", "DOCKERCLOUD_NAMESPACE")


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """`cli("check", "rules.yaml")`, run in an empty directory of its own."""
    # The words of a command and the working directory belong to the whole process.
    monkeypatch.chdir(tmp_path)
    for name in ("STATE_DIRECTORY", "XDG_STATE_HOME", "DOCKER_HOST", *CLOUD_VARIABLES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    def run(*words: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["reactor", *words])
        capsys.readouterr()
        try:
            main()
            code: object = 0
        except SystemExit as ended:
            code = ended.code
        said = capsys.readouterr()
        return Ran(int(str(code or 0)), said.out, said.err)

    return run


RULES = """\
version: 1
destinations:
  ops:
    type: webhook
    url: http://127.0.0.1:9/secret-path
    secret: whsec_c2VjcmV0c2VjcmV0c2VjcmV0
rules:
  - name: web crashed
    match: {type: container, state: Stopped, service.name: web, container.exit_code: {not: 0}}
    group_by: service.name
    actions:
      - webhook: ops
        throttle: 1 per 5m
        body: {text: "{{ service.name }} exited with {{ container.exit_code }}"}
    tests:
      - name: twice
        facts: {service.name: web, container.exit_code: 7}
        steps:
          - send: {}
            expect: [webhook]
          - send: {}
            because: throttled
"""


def _crash(minute: int, service: str) -> str:
    """A line of a recording."""
    event = {"type": "container", "state": "Stopped", "uuid": f"e-{minute}"}
    facts = {"service.name": service, "container.exit_code": 7}
    return json.dumps({"at": f"2030-01-01T00:0{minute}:00Z", "event": event, "facts": facts})


CRASHES = "\n".join([_crash(0, "web"), _crash(1, "web"), _crash(5, "web"), _crash(6, "db"), ""])


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A rule file with one rule and its test."""
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return path


@pytest.fixture
def crashes(tmp_path: Path) -> Path:
    """A recording: web crashes at 0, 1 and 5 minutes, db at 6."""
    path = tmp_path / "crashes.jsonl"
    path.write_text(CRASHES)
    return path


JOURNALED = f"""\
{RULES}\
  - name: any crash
    match: {{type: container, state: Stopped}}
    actions:
      - webhook: http://127.0.0.1:9/inline-path
"""


def _refuse(number: int, why: str) -> None:
    raise AssertionError(f"line {number}: {why}")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A data directory in which two rules decided the crashes; nothing was sent yet."""
    path = tmp_path / "reactor.yaml"
    path.write_text(JOURNALED)
    ruleset = load_ruleset(
        path, environment={}, sources=SOURCES, actions=ACTIONS, resolve=Resolve.ALL
    ).ruleset
    lines = Recording(CRASHES.encode().splitlines(), path="crashes", source="local", on_bad=_refuse)
    with Road(tmp_path / "data", ruleset, what="a test", observers=UNOBSERVED) as road:
        road.pipeline.receive(list(lines))
    return tmp_path / "data"
