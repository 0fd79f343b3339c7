"""What a real engine tells of containers that ended, also while nobody watched."""

import json
import os
import signal
import sqlite3
from contextlib import closing, contextmanager
from datetime import datetime

import pytest

from reactor.duration import parse_time
from reactor.platforms.docker.client import Client
from reactor.platforms.docker.dial import parse_address
from reactor.platforms.docker.engine import Engine
from reactor.platforms.docker.evidence import gather
from tests.endpoint import listening
from tests.live.deeds import OBEYS, ready
from tests.live.engine import IMAGE
from tests.live.operations import operating, renamed
from tests.live.watching import settle
from tests.service import Service, eventually

BOTH = ("log_tail", "health_log")
RULES = """\
version: 1
sources:
  local: {{type: docker, host: "{host}"}}
destinations:
  ops: {{type: webhook, url: "{url}"}}
rules:
  - name: a container ended
    match: {{type: container, state: Stopped}}
    actions:
      - webhook: ops
        body:
          name: "{{{{ container.name }}}}"
          told: "{{{{ cause }}}}, {{{{ container.exit_code }}}}, inferred {{{{ inferred }}}}"
          words: "{{{{ container.log_tail }}}}"
"""


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


CRASHES = f"trap 'echo fatal >&2; exit 7' USR1; {OBEYS}"
FAILS_AGAIN = f"[ -e /ran ] && {{ echo fatal >&2; exit 7; }}; echo > /ran; {CRASHES}"
FORGOTTEN = 300
"""Events after which an engine no longer has those before."""

GONE = "(not readable: the container is gone)"


@pytest.fixture
def endpoint(tmp_path):
    with listening(tmp_path / "ledger") as endpoint:
        yield endpoint


@contextmanager
def served(folder, engine, endpoint):
    """Reactor, with a rule that quotes last words."""
    rules = folder / "rules.yaml"
    rules.write_text(RULES.format(host=engine.host, url=endpoint.url))
    with Service(rules, folder / "data", "--http", "off") as service:
        service.hears("source local: connected to Docker Engine")
        yield service
        assert service.stop() == 0


def has_listed(folder):
    with closing(sqlite3.connect(f"file:{folder}/data/reactor.db?mode=ro", uri=True)) as journal:
        (rows,) = journal.execute("select count(*) from source_memory where key = 'baseline'")
    return rows == (1,)


def crash(engine, container):
    """It ends by itself, so that no event but its death tells of it."""
    pid = engine.docker("inspect", "--format", "{{.State.Pid}}", container)
    os.kill(int(pid), signal.SIGUSR1)
    state = ("inspect", "--format", "{{.State.Status}}", container)
    eventually(lambda: engine.docker(*state) == "exited", "it ended for good")


@pytest.mark.long
@pytest.mark.parametrize(
    ("events", "told"),
    [
        (
            0,
            {
                ("stays", "crash, 7, inferred (unknown)", "fatal"),
                ("goes", "crash, 7, inferred (unknown)", GONE),
                ("fails", "crash, 7, inferred (unknown)", "fatal"),
            },
        ),
        (
            FORGOTTEN,
            {
                ("stays", "crash, 7, inferred true", "fatal"),
                ("goes", "unknown, (unknown), inferred true", GONE),
                ("fails", "crash, 7, inferred true", "fatal"),
            },
        ),
    ],
)
def test_who_was_away_tells_last_words_all_the_same(engine, endpoint, tmp_path, events, told):
    stays, goes = (ready(engine, CRASHES, "--name", name) for name in ("stays", "goes"))
    fails = ready(engine, FAILS_AGAIN, "--name", "fails", "--restart", "on-failure:1")
    with served(tmp_path, engine, endpoint):
        settle(lambda: has_listed(tmp_path), lambda: engine.docker("kill", "-s", "CONT", stays))
    for container in (stays, goes, fails):
        crash(engine, container)
    engine.docker("rm", goes)
    with operating(engine.host) as operations:
        busy = operations.create("busy", IMAGE, Cmd=["none"])
        renamed(operations, busy, events, 0)
        operations.remove(busy)

    with served(tmp_path, engine, endpoint):
        eventually(lambda: told <= summed_up(endpoint), "all was told")

    assert len(endpoint.heard) <= len(told) + 1  # the run before the last one of what failed twice


def summed_up(endpoint):
    """Of each end who it was, what is told of it, and the last line."""
    heard = (json.loads(each.body) for each in endpoint.heard)
    return {(each["name"], each["told"], each["words"].split("\n")[-1]) for each in heard}
