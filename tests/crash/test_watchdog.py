"""A hung pipeline is restarted by the service manager's watchdog, and nothing is lost by it."""

import json
from collections import Counter

import pytest

from tests.crash.judge import read_case
from tests.crash.manager import ServiceManager
from tests.service import eventually

RULES = """\
sources: {lines: {type: file, path: events.jsonl, follow: true}}
rules: [{name: each, match: {type: container}, actions: [{log: info}]}]
"""
WORDS = ("run", "--data-dir", "data", "--http", "off")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "events.jsonl").touch()
    return tmp_path


def send(folder, number):
    with (folder / "events.jsonl").open("a") as file:
        file.write(json.dumps({"type": "container", "uuid": f"event-{number}"}) + "\n")


def decided(folder):
    """How often each event was decided."""
    case = read_case(folder / "data", [], [])
    return Counter(str(row[2]) for row in case.inputs if row[1] == "event")


def test_a_hung_pipeline_is_restarted_and_decides_what_it_hung_at(folder):
    with ServiceManager(folder, "tests.crash.stuck", *WORDS, watchdog=2.0) as manager:
        send(folder, 1)
        eventually(lambda: decided(folder) == {"event-1": 1}, "the first was decided")
        manager.watch(signs=3)

        (folder / "stuck").touch()
        send(folder, 2)
        manager.wait_for_silence()
        (folder / "stuck").unlink()

        assert manager.restart() == -6
        send(folder, 3)
        eventually(lambda: len(decided(folder)) == 3, "all were decided")
        manager.watch(signs=3)
        assert manager.stop() == 0

    assert decided(folder) == {f"event-{number}": 1 for number in (1, 2, 3)}


def test_an_idle_service_is_left_alone(folder):
    with ServiceManager(folder, "reactor", *WORDS, watchdog=1.0) as manager:
        manager.watch(signs=12)

        assert manager.stop() == 0
