"""`reactor run` is the service, from its first line to its exit code."""

import json
import signal
import socket
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from pytest_httpserver import HTTPServer

from reactor.cli.run import dropped_json
from tests.cli.program import Program

RULES = """\
sources: {lines: {type: file, path: events.jsonl, follow: true}}
destinations: {ops: {type: webhook, url: "%s"}}
rules:
  - name: crash
    match: {state: Stopped}
    actions: [{webhook: ops, throttle: 1 per 5m}, {log: warning, text: "{{ uuid }} stopped"}]
"""
OFFLINE = ("--data-dir", "data", "--http", "off")
AS_TEXT = ("--log-format", "text")


@pytest.fixture
def hook(tmp_path, httpserver: HTTPServer):
    """A webhook that takes everything, and rules that send two crashes to it."""
    httpserver.expect_request("/hook").respond_with_data("ok")
    (tmp_path / "rules.yaml").write_text(RULES % httpserver.url_for("/hook"))
    frames = ['{"state": "Stopped", "uuid": "e-1"}', '{"state": "Stopped", "uuid": "e-2"}', ""]
    (tmp_path / "events.jsonl").write_text("\n".join(frames))
    return httpserver


@pytest.fixture
def folder(tmp_path, hook):
    """Where the rules of `hook` are."""
    return tmp_path


def test_each_firing_hold_back_and_delivery_is_a_readable_line(folder):
    with Program(folder, "run", *OFFLINE, *AS_TEXT) as service:
        service.out.hears("fired      crash → webhook  (event e-1)")
        service.out.hears("held back  crash → webhook: throttled  (event e-2)")
        service.out.hears("delivered  crash → webhook to ops: 200 OK in ", " ms  (delivery ")
        service.err.hears("warning: e-2 stopped")
        service.err.hears(f"journal in data, pid {service.pid}")


def test_where_programs_read_every_line_is_json_but_on_request(folder):
    with Program(folder, "run", *OFFLINE) as service:
        service.out.hears('"kind":"attempt"', '"ops"')
        service.err.hears('"kind":"log"', '"level":"warning"', '"text":"e-2 stopped"')
        service.send(signal.SIGTERM)
        assert service.ended() == 0
        lines = [*service.out.all(), *service.err.all()]

    kinds = {json.loads(line)["kind"] for line in lines}
    assert kinds == {"evaluation", "attempt", "notice", "log"}


def test_json_is_one_object_a_line_and_talk_stays_on_stderr(folder):
    with Program(folder, "run", "--json", *OFFLINE) as service:
        service.out.hears('"kind":"attempt"', '"ops"')
        service.send(signal.SIGTERM)
        assert service.ended() == 0
        rows = [json.loads(line) for line in service.out.all()]

    assert {row["kind"] for row in rows} == {"evaluation", "attempt"}
    attempt = next(row for row in rows if row["kind"] == "attempt" and row["destination"] == "ops")
    assert (attempt["verdict"], attempt["status"], attempt["number"]) == ("succeeded", 200, 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "ctrl-c"])
def test_a_signal_stops_it_cleanly_and_at_once(folder, number):
    with Program(folder, "run", *OFFLINE, *AS_TEXT) as service:
        service.out.hears("delivered", "ops")
        service.send(number)

        assert service.ended(seconds=5) == 0
        assert service.err.all()[-1].endswith("  stopped")


def test_healthz_answers_once_it_runs(folder):
    words = ("run", "--data-dir", "data", "--http", "127.0.0.1:0", *AS_TEXT)
    with Program(folder, *words) as service:
        url = urlsplit(service.err.hears("running").split(", ")[2])

        with closing(HTTPConnection(url.netloc, timeout=10)) as connection:
            connection.request("GET", url.path)
            assert connection.getresponse().status == 200


def test_a_broken_file_at_reload_leaves_the_old_rules_and_says_where(folder):
    rules, events = folder / "rules.yaml", folder / "events.jsonl"
    with Program(folder, "run", *OFFLINE, *AS_TEXT) as service:
        service.out.hears("(event e-2)")
        rules.write_text(rules.read_text().replace("throttle: 1", "thottle: 1"))
        service.send(signal.SIGHUP)
        service.err.hears("rules.yaml:6:30:", "did you mean 'throttle'?")
        service.err.hears("not reloaded, the old rules stay: 1 problem")

        with events.open("a") as lines:
            lines.write('{"state": "Stopped", "uuid": "e-3"}\n')
        service.out.hears("held back  crash → webhook: throttled  (event e-3)")


def test_dry_run_decides_sends_nothing_and_leaves_nothing_behind(folder, hook, tmp_path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    words = ("run", "--dry-run", "--http", "off", *AS_TEXT)
    with Program(folder, *words, environment={"TMPDIR": str(temporary)}) as service:
        service.out.hears("held back  crash → webhook: shadow  (event e-1)")
        service.out.hears("held back  crash → webhook: throttled  (event e-2)")
        service.send(signal.SIGINT)
        assert service.ended() == 0

    assert hook.log == []
    assert list(temporary.iterdir()) == []
    assert sorted(path.name for path in folder.iterdir()) == [
        "events.jsonl",
        "rules.yaml",
        "temporary",
    ]


def test_a_second_run_on_one_journal_names_the_first(folder, cli):
    with Program(folder, "run", *OFFLINE, *AS_TEXT) as service:
        service.err.hears("running")

        ran = cli("run", *OFFLINE)

    assert ran.code == 1
    assert f"the journal in data is in use by 'reactor run' (pid {service.pid}, since " in ran.err


def test_a_port_in_use_is_said_with_the_way_out(folder, cli):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "{}:{}".format(*taken.getsockname())
        ran = cli("run", "--data-dir", "data", "--http", address)

    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        f"reactor: cannot listen on {address}: Address already in use; "
        "choose another address with --http HOST:PORT, or --http off\n"
    )


def test_invalid_rules_are_told_all_at_once_and_nothing_is_begun(cli, tmp_path):
    (tmp_path / "rules.yaml").write_text("rules: [{name: a, mach: {}, actoins: []}]\n")

    ran = cli("run", *OFFLINE)

    assert (ran.code, ran.out) == (3, "")
    assert "did you mean 'match'?" in ran.err
    assert "did you mean 'actions'?" in ran.err
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    "address", ["8080", "localhost", ":8080", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:-1", ""]
)
def test_an_address_that_is_none_is_a_usage_error(cli, folder, address):
    ran = cli("run", "--http", address)

    assert ran.code == 2
    assert "is neither HOST:PORT nor off" in " ".join(ran.err.split())


def test_lines_that_were_dropped_are_an_object_among_objects():
    found = json.loads(dropped_json(3))

    assert (found["kind"], found["level"]) == ("notice", "warning")
    assert found["text"] == "(3 more lines could not be written in time)"
