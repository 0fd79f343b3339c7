"""What the system gives a process."""

import os
import resource

import pytest

from reactor.cli.doctor.finding import Status
from reactor.cli.doctor.surroundings import (
    FILES,
    judge_credentials,
    judge_files,
    judge_systemd,
    judge_zones,
    look_around,
)


def test_here_everything_is_well():
    found = {each.name: each for each in look_around({}, os.getpid())}

    assert list(found) == ["Python", "open files", "time zones"]
    assert found["Python"].status is Status.OK


@pytest.mark.parametrize(
    ("most", "status"),
    [
        (FILES, Status.OK),
        (FILES - 1, Status.WARNING),
        (resource.RLIM_INFINITY, Status.OK),
    ],
)
def test_few_descriptors_are_told(most, status):
    assert judge_files(most).status is status


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, []),
        ({"NOTIFY_SOCKET": "/run/n"}, ["it does not watch over us"]),
        (
            {"NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"},
            ["it expects a sign of life every 30 s"],
        ),
        (
            {"NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "3000000"},
            ["it expects a sign of life every 3 s: a slow disk will look like a hang"],
        ),
    ],
)
def test_what_systemd_expects_is_told(environment, told):
    assert [each.detail for each in judge_systemd(environment, 7)] == told


def test_credentials_are_named_and_never_shown(tmp_path):
    (tmp_path / "slack").write_text("hidden")
    (tmp_path / "http-token").write_text("hidden")

    (found,) = judge_credentials({"CREDENTIALS_DIRECTORY": str(tmp_path)})

    assert found.detail == f"http-token, slack, in {tmp_path}"


def test_credentials_that_are_gone_are_told(tmp_path):
    (found,) = judge_credentials({"CREDENTIALS_DIRECTORY": str(tmp_path / "none")})

    assert found.status is Status.WARNING
    assert "No such file" in found.detail


def test_time_zones_are_known_here():
    assert judge_zones().status is Status.OK
