"""What is shipped for systemd is right in systemd's own eyes: understood, and tight."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.live.conftest import unavailable

UNITS = Path(__file__).parent.parent.parent / "systemd"
LOOSEST = 1.5
"""The exposure that is allowed: 10 is a service without any protection."""

NOT_TRIED_AGAIN = {"2", "3", "5"}
"""Exit codes (docs/rules.md §6) that no restart changes."""


@pytest.fixture(scope="module", autouse=True)
def installed():
    """`systemd-analyze`, of Debian's package systemd."""
    if shutil.which("systemd-analyze"):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        unavailable("systemd-analyze must be installed, which takes root and apt-get")
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", "systemd"]):
        done = subprocess.run(
            ["apt-get", "--quiet", *arguments],
            capture_output=True,
            check=False,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
        if done.returncode:
            unavailable(f"apt-get {arguments[0]} failed: {done.stderr.decode(errors='replace')}")


@pytest.fixture(params=["alone", "with docker.conf"])
def root(request, tmp_path):
    """A machine on which the unit is installed, and maybe the drop-in."""
    folder = tmp_path / "etc/systemd/system"
    (folder / "reactor.service.d").mkdir(parents=True)
    shutil.copy(UNITS / "reactor.service", folder)
    if request.param != "alone":
        shutil.copy(UNITS / "docker.conf", folder / "reactor.service.d")
    return tmp_path


def analyze(*words):
    command = ["systemd-analyze", "--no-pager", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_its_exposure_is_small(root):
    done = analyze("security", "--offline=true", f"--root={root}", "reactor.service")

    (level,) = re.findall(r"Overall exposure level for reactor\.service: ([\d.]+)", done.stdout)
    assert float(level) <= LOOSEST, done.stdout


def test_its_own_file_alone_is_as_good():
    """The command that the documents name."""
    done = analyze("security", "--offline=true", "--threshold=15", str(UNITS / "reactor.service"))

    assert done.returncode == 0, done.stdout


def test_every_line_is_understood(tmp_path):
    unit = (UNITS / "reactor.service").read_text()
    # What it starts is not installed here.
    (tmp_path / "reactor.service").write_text(
        re.sub(r"^ExecStart=.*$", "ExecStart=/bin/true", unit, flags=re.M)
    )

    done = analyze("verify", "--man=no", str(tmp_path / "reactor.service"))

    assert "reactor.service" not in done.stderr
    assert done.returncode == 0, done.stderr


def settings():
    """Every setting of the unit; one that is there twice has both values."""
    found = {}
    for line in (UNITS / "reactor.service").read_text().splitlines():
        if re.match(r"[A-Z]\w+=", line):
            name, _, value = line.partition("=")
            found.setdefault(name, []).extend(value.split())
    return found


def test_it_says_itself_that_it_is_ready_and_alive():
    unit = settings()

    assert unit["Type"] == ["notify"]
    assert unit["ExecReload"] == ["/bin/kill", "-HUP", "$MAINPID"]
    assert int(unit["WatchdogSec"][0]) > 0


def test_what_no_restart_mends_is_not_restarted():
    unit = settings()

    assert unit["Restart"] == ["on-failure"]
    assert set(unit["RestartPreventExitStatus"]) == NOT_TRIED_AGAIN


def test_the_secrets_that_it_shows_how_to_give_are_ways_that_reactor_reads():
    comments = (UNITS / "reactor.service").read_text()

    assert re.findall(r"^#LoadCredential=(\S+):/etc/reactor/\1$", comments, re.M) == [
        "slack",
        "http-token",
    ]
    assert "${cred:slack}" in comments
