"""`reactor status`: the running service asked, or the journal read."""

import json
import signal
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from reactor import __version__
from reactor.cli.status import read_status
from reactor.clock import utc_now
from reactor.journal.database import open_writer
from reactor.journal.lanes import save_pauses
from reactor.journal.silences import AddSilence
from reactor.model.errors import JournalUnavailable
from reactor.model.journal import Pause
from tests.builders import a_silence
from tests.cli.program import Program
from tests.service import eventually

RULES = """\
sources: {lines: {type: file, path: events.jsonl, follow: true}}
rules:
  - {name: crash, match: {state: Stopped}, actions: [{log: warning}]}
  - {name: silent, match: {state: Never}, actions: [{log: warning}]}
"""
WORDS = ("run", "--data-dir", "data", "--http", "off", "--log-format", "text")


@pytest.fixture
def service(tmp_path):
    """A service that has decided one event."""
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "events.jsonl").write_text('{"state": "Stopped", "uuid": "e-1"}\n')
    with Program(tmp_path, *WORDS) as service:
        eventually(lambda: is_done(tmp_path / "data"), "its delivery was made")
        yield service


def is_done(data_dir):
    """Whether the one delivery was made, and that is recorded."""
    try:
        found = read_status(data_dir)
    except JournalUnavailable:  # it has only just begun
        return False
    return found["last_event"] is not None and not found["pending"]


def test_the_service_says_how_it_is(service, cli):
    ran = cli("status", "--data-dir", "data")

    assert ran.code == 0
    words = {line[:13].strip(): line[13:] for line in ran.lines}
    assert words["running"].endswith(f", version {__version__}, pid {service.pid}")
    assert words["ready"] == "yes"
    assert words["rules"].startswith("2, ruleset ")
    assert words["never fired"] == "silent"
    assert words["source"].startswith("lines, file: connected since ")
    assert "; 1 received, last event 2" in words["source"]
    assert words["last event"].startswith("e-1 of lines at ")
    assert words["events"] == "1 in the last minute, 0 waiting, 0 parked for lookups"
    assert words["deliveries"] == "1 tried in the last minute, 0 pending, 0 dead letters"
    assert words["journal"].endswith(" MiB, keeps events 30d, deliveries 90d, dead letters 90d")


def test_as_json_it_is_one_object(service, cli):
    (found,) = cli("status", "--data-dir", "data", "--json").objects

    assert (found["kind"], found["running"], found["ready"]) == ("status", True, True)
    assert [source["name"] for source in found["sources"]] == ["lines"]


def test_a_newer_file_with_mistakes_is_said(service, cli, tmp_path):
    (tmp_path / "rules.yaml").write_text("rules: [")
    service.err.hears("not reloaded")

    assert (
        "             the rule file is newer, and has mistakes"
        in cli("status", "--data-dir", "data").out
    )


def test_when_none_runs_the_journal_is_read_and_that_is_said(service, cli):
    running = json.loads(cli("status", "--data-dir", "data", "--json").out)
    service.send(signal.SIGTERM)
    service.ended()

    ran = cli("status", "--data-dir", "data")
    (found,) = cli("status", "--data-dir", "data", "--json").objects

    assert ran.lines[0] == "not running; this is what the journal in data holds"
    assert "never fired  silent" in ran.lines
    assert not found["running"]
    same = found.keys() & running.keys() - {"running"}
    assert {key: found[key] for key in same - {"ruleset_since"}} == {
        key: running[key] for key in same - {"ruleset_since"}
    }


def test_after_a_crash_the_journal_is_read_too(service, cli):
    service.send(signal.SIGKILL)
    service.ended()

    assert cli("status", "--data-dir", "data").lines[0].startswith("not running")


def test_dead_letters_and_what_is_pending_are_counted(cli, journal):
    ran = cli("status", "--data-dir", "data")

    (line,) = [line for line in ran.lines if line.startswith("deliveries")]
    assert line.startswith("deliveries   ")
    assert " pending, the oldest of 2030-01-01T00:00:00.000000Z, 0 dead letters" in line


def test_a_destination_that_is_paused_is_told(cli, journal):
    at = datetime(2030, 1, 7, 12, tzinfo=UTC)
    pause = Pause(
        since=at, why="503 Busy", failures=9, probes=4, probe_at=at + timedelta(minutes=1)
    )
    with closing(open_writer(journal)) as db:
        save_pauses(db, {"ops": pause})

    assert (
        "paused       ops since 2030-01-07T12:00:00.000000Z: 503 Busy; "
        "tried again at 2030-01-07T12:01:00.000000Z"
    ) in cli("status", "--data-dir", "data").lines


def test_what_lasts_and_holds_back_is_told_where_there_is_any(cli, journal):
    assert not [line for line in told(cli) if line.startswith("time")]

    later = utc_now() + timedelta(hours=1)
    with closing(open_writer(journal)) as db:
        AddSilence(a_silence(expires_at=later)).apply(db)

    assert "time         1 active silence" in told(cli)


def told(cli):
    return cli("status", "--data-dir", "data").lines


def test_where_there_is_no_journal_that_is_said(cli):
    ran = cli("status", "--data-dir", "data")

    assert (ran.code, ran.out) == (1, "")
    assert "there is no journal in data" in ran.err
