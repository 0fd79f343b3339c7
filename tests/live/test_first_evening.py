"""A first evening: from a fresh clone to an alert on a real crash, by the README alone."""

import json
import os
import re
import shutil
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.program import Lines
from tests.endpoint import listening
from tests.live.conftest import unavailable
from tests.live.engine import IMAGE
from tests.service import PATIENCE

ROOT = Path(__file__).parent.parent.parent
OURS = shutil.ignore_patterns(
    ".git", ".venv*", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info"
)
"""What a clone does not have."""

EVENING = 120.0
"""Seconds from the first command to the alert."""

_UNREACHED = "Failed to establish a new connection"


def commands(section):
    """The commands of each block in a section of the README."""
    text = (ROOT / "README.md").read_text().partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return [
        [line.partition("  #")[0].strip() for line in block.splitlines()]
        for block in re.findall(r"```sh\n(.*?)```", text, re.S)
    ]


@pytest.fixture
def clone(tmp_path):
    folder = tmp_path / "reactor"
    shutil.copytree(ROOT, folder, ignore=OURS, symlinks=True)
    return folder


@pytest.fixture
def slack(tmp_path):
    with listening(tmp_path / "ledger") as endpoint:
        yield endpoint


@pytest.fixture
def environment(tmp_path, own_engine, slack):
    """A home of nothing, an engine that has the image busybox, and the URL of a Slack webhook."""
    own_engine.docker("tag", IMAGE, "busybox")
    return {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "DOCKER_HOST": own_engine.host,
        "SLACK_WEBHOOK_URL": slack.url,
    }


@pytest.fixture
def typed(clone, environment):
    """Runs a command as it is typed into a shell; what it came to."""

    def run(command):
        return subprocess.run(
            ["bash", "-c", command],
            cwd=clone,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def stays(clone, environment):
    """Starts a command that stays until it is told to stop, and then ends well."""
    with ExitStack() as running:

        def start(command):
            process = subprocess.Popen(
                ["bash", "-c", f"exec {command}"],
                cwd=clone,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            running.callback(stopped, process, said := Lines(process.stderr))
            return said

        yield start


def stopped(process, said):
    process.terminate()
    assert process.wait(PATIENCE) == 0, said.all()
    said.all()


def succeed(typed, command):
    done = typed(command)
    if done.returncode and _UNREACHED in done.stderr:
        unavailable(f"PyPI cannot be reached: {done.stderr}")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.long
def test_from_a_fresh_clone_to_a_first_alert_in_two_minutes(typed, stays, slack):
    (*before, run), (crash, *after) = commands("The first evening")
    began = time.monotonic()

    for command in before:
        succeed(typed, command)
    stays(run).hears("connected to Docker Engine")
    crashed = typed(crash)
    (alert,) = slack.wait(1)
    took = time.monotonic() - began

    assert crashed.returncode == 7, crashed.stderr
    assert json.loads(alert.body)["text"].endswith(" stopped with exit code 7")
    assert took < EVENING
    shown = [succeed(typed, command) for command in after]
    assert all("a container crashed" in told for told in shown[1:]), shown
