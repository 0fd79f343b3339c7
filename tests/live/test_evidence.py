"""What a real engine tells of containers that ended."""

import json
from datetime import datetime

import pytest

from reactor.duration import parse_time
from reactor.platforms.docker.client import Client
from reactor.platforms.docker.dial import parse_address
from reactor.platforms.docker.engine import Engine
from reactor.platforms.docker.evidence import gather

BOTH = ("log_tail", "health_log")


def ended(engine, script, *options):
    """A container that ran to its end, and when that was."""
    container = engine.run(script, *options)
    engine.docker("wait", container)
    state = json.loads(engine.docker("inspect", "--format", "{{json .State}}", container))
    return container, parse_time(state["FinishedAt"])


def told(engine, container: str, until: datetime):
    client = Client(parse_address(engine.host))
    described = client.describe()
    known = Engine(id="E", name="dock", version="", api=str(described["api"]))
    try:
        return gather(client, known, container, wishes=BOTH, until=until)
    finally:
        client.close()


@pytest.mark.parametrize("options", [(), ("--tty",)])
def test_both_streams_are_read_to_the_last_line(engine, options):
    script = 'echo start; echo "using $DB_PASSWORD"; echo fatal >&2; exit 3'
    container, until = ended(engine, script, "--env", "DB_PASSWORD=hunter22", *options)

    lines = told(engine, container, until)["log_tail"].split("\n")

    assert sorted(lines) == ["fatal", "start", "using ***"]


def test_the_log_of_a_run_is_not_that_of_the_next(engine):
    again = "for number in $(seq 50); do echo again; done; sleep 60"
    container = engine.run(
        f"if test -e /ran; then {again}; fi; touch /ran; echo first; exit 1",
        *("--restart", "on-failure:1"),
    )
    finished = "{{if .RestartCount}}{{.State.FinishedAt}}{{end}}"
    while not (until := parse_time(engine.docker("inspect", "--format", finished, container))):
        pass  # each question takes the client some ten milliseconds

    assert told(engine, container, until)["log_tail"] == "first"


def test_a_probe_is_quoted(engine):
    container, until = ended(
        engine,
        "sleep 3; exit 1",
        *("--health-cmd", "echo no answer; exit 7", "--health-interval", "1s"),
    )

    assert told(engine, container, until)["health_log"] == "exit code 7: no answer"


def test_a_log_that_goes_nowhere_and_a_container_that_is_gone_say_so(engine):
    container, until = ended(engine, "echo unheard", "--log-driver", "none")
    mute = "(not readable: configured logging driver does not support reading)"
    assert told(engine, container, until) == {"log_tail": mute}

    engine.docker("rm", container)
    gone = "(not readable: the container is gone)"
    assert told(engine, container, until) == dict.fromkeys(BOTH, gone)
