"""Reactor stands still, the engine does not notice, and what happens meanwhile is not lost."""

import json
import os
import signal
import sqlite3
from collections import Counter
from contextlib import closing, contextmanager
from statistics import median

import pytest

from tests.live.deeds import OBEYS, ready
from tests.live.operations import operating, recorded, renamed
from tests.live.watching import key_of
from tests.service import Service, eventually

SECONDS, EVENTS = 60, 5_000
IDLE = 300
CAUGHT_UP = 60.0
"""Seconds until what happened meanwhile must stand in the journal."""

RULES = """\
version: 1
sources:
  local: {{type: docker, host: "{host}"}}
rules:
  - name: anything stopped
    match: {{type: container, state: Stopped}}
    actions: [{{log: info}}]
"""


@contextmanager
def stopped(service, _):
    """The process is halted; its reader, a process of its own, is not."""
    os.kill(service.pid, signal.SIGSTOP)
    yield
    os.kill(service.pid, signal.SIGCONT)


@contextmanager
def locked(_, data_dir):
    """Another program has the journal to itself."""
    with closing(sqlite3.connect(data_dir / "reactor.db", timeout=30)) as other:
        other.execute("begin exclusive")
        yield


def journaled(data_dir, container):
    """The engine's events about a container that the journal holds, as often as it holds them."""
    uri = f"file:{data_dir}/reactor.db?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as db:
        frames = [json.loads(row[0]) for row in db.execute("select frame from events")]
    events = [frame["docker"] for frame in frames if "docker" in frame]
    return Counter(key_of(event) for event in events if event["Actor"]["ID"] == container)


@pytest.mark.long
@pytest.mark.parametrize("stalled", [stopped, locked])
def test_an_engine_is_not_slowed_and_nothing_is_lost(tmp_path, own_engine, stalled):
    rules, data = tmp_path / "rules.yaml", tmp_path / "data"
    rules.write_text(RULES.format(host=own_engine.host))
    container = ready(own_engine, OBEYS)
    with (
        operating(own_engine.host) as operations,
        recorded(own_engine.host, tmp_path / "events") as record,
    ):
        idle = renamed(operations, container, IDLE, 4)
        with Service(rules, data, "--http", "off") as service:
            service.hears("source local: connected to Docker Engine")
            operations.rename(container, "first")
            eventually(lambda: journaled(data, container).total() > 0, "it listens")
            with stalled(service, data):
                meanwhile = renamed(operations, container, EVENTS, SECONDS)
            operations.rename(container, "last")
            record.wait_for('"last"')

            # What was renamed before the service ran is of no concern to it.
            happened = Counter(k for k in record.happened() if k[1] == container)
            first = min(journaled(data, container))
            happened = Counter({k: n for k, n in happened.items() if k >= first})
            eventually(
                lambda: journaled(data, container) >= happened, "all is journaled", CAUGHT_UP
            )
            assert journaled(data, container) == happened
            assert service.stop() == 0

    assert happened.total() >= EVENTS
    assert median(meanwhile) <= 2 * median(idle)
