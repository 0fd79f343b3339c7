"""`reactor fire` tries one rule on one event, and sends only when it is told to."""

import json
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tests.cli.conftest import Cli

CRASH = {
    "event": {"type": "container", "state": "Stopped", "uuid": "e-1"},
    "facts": {"service.name": "web", "container.exit_code": 7},
}
MISS = {**CRASH, "facts": {"service.name": "web", "container.exit_code": 0}}


@pytest.fixture
def crash(tmp_path: Path) -> Path:
    path = tmp_path / "crash.json"
    path.write_text(json.dumps(CRASH))
    return path


def test_what_would_be_sent_is_shown_without_secrets(cli: Cli, rules: Path, crash: Path):
    ran = cli("fire", "web crashed", "--event", "crash.json")

    assert ran.code == 0
    assert ran.lines[1:] == [
        "fired      web crashed → webhook for web  (event e-1)",
        "           POST http://127.0.0.1:9/…",
        "           content-type: application/json",
        '           {"text":"web exited with 7"}',
    ]
    assert ran.err == "nothing was sent; with --send it is\n"


def test_json_has_the_event_its_evaluation_and_its_delivery(cli: Cli, rules: Path, crash: Path):
    event, evaluation, delivery = cli(
        "fire", "web crashed", "--event", "crash.json", "--json"
    ).objects

    assert [event["kind"], event["id"]] == ["event", "e-1"]
    assert [evaluation["reason"], evaluation["action"]] == ["fired", "webhook"]
    assert delivery["request"]["body"] == '{"text":"web exited with 7"}'


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (MISS, "condition_false, its condition is false"),
        (CRASH["event"], "field_missing, a field that it asks for is not in the event"),
    ],
)
def test_a_rule_that_does_not_match_says_why(cli: Cli, rules: Path, crash: Path, event, reason):
    crash.write_text(json.dumps(event))

    ran = cli("fire", "web crashed", "--event", "crash.json")
    as_json = cli("fire", "web crashed", "--event", "crash.json", "--json")

    assert (ran.code, ran.lines[1]) == (1, f"no match   web crashed: {reason}")
    assert (as_json.code, as_json.objects[1]["reason"]) == (1, reason.partition(",")[0])
    assert as_json.objects[1]["action"] is None


def test_an_action_that_is_held_back_is_shown_with_its_reason(cli: Cli, rules: Path, crash: Path):
    rules.write_text(rules.read_text().replace("group_by:", "shadow: true\n    group_by:"))

    ran = cli("fire", "web crashed", "--event", "crash.json")

    assert ran.code == 0
    assert ran.lines[1:] == ["held back  web crashed → webhook for web: shadow  (event e-1)"]


def test_a_rule_without_an_action_that_is_on_says_so(cli: Cli, rules: Path, crash: Path):
    rules.write_text(rules.read_text().replace("throttle:", "enabled: false\n        throttle:"))

    ran = cli("fire", "web crashed", "--event", "crash.json")

    assert ran.code == 0
    assert ran.err.startswith("the rule matches, and has no action that is switched on\n")


def test_send_really_sends_once(cli: Cli, rules: Path, crash: Path, httpserver: HTTPServer):
    httpserver.expect_request("/hook", method="POST").respond_with_data("ok")
    rules.write_text(
        rules.read_text().replace("http://127.0.0.1:9/secret-path", httpserver.url_for("/hook"))
    )

    ran = cli("fire", "web crashed", "--event", "crash.json", "--send")

    assert ran.code == 0, ran.err
    assert ran.lines[-1].startswith("delivered  web crashed → webhook to ops: 200 OK in ")
    (request,) = [request for request, _ in httpserver.log]
    assert request.get_data() == b'{"text":"web exited with 7"}'
    assert request.headers["webhook-signature"].startswith("v1,")


def test_what_cannot_be_delivered_is_tried_once_and_fails(
    cli: Cli, rules: Path, crash: Path, httpserver: HTTPServer
):
    httpserver.expect_request("/hook").respond_with_data("busy", 503)
    rules.write_text(
        rules.read_text().replace("http://127.0.0.1:9/secret-path", httpserver.url_for("/hook"))
    )

    ran = cli("fire", "web crashed", "--event", "crash.json", "--send", "--json")

    assert ran.code == 1
    attempts = [row for row in ran.objects if row["kind"] == "attempt"]
    assert [(row["number"], row["status"]) for row in attempts] == [(1, 503)]
    assert len(httpserver.log) == 1


def test_a_log_action_that_is_sent_is_told(cli: Cli, tmp_path: Path, crash: Path):
    (tmp_path / "rules.yaml").write_text(
        'rules: [{name: a, match: {type: container}, actions: [{log: error, text: "{{ state }}"}]}]'
    )

    assert "error: Stopped\n" in cli("fire", "a", "--event", "crash.json", "--send").err


def test_what_cannot_be_rendered_fails_without_being_sent(cli: Cli, tmp_path: Path, crash: Path):
    (tmp_path / "rules.yaml").write_text(
        "rules: [{name: a, match: {type: container}, actions: "
        '[{webhook: "http://127.0.0.1:9/{{ nope }}"}]}]'
    )

    ran = cli("fire", "a", "--event", "crash.json")

    assert ran.code == 1
    assert "cannot be sent: 'nope' is missing" in ran.out


@pytest.mark.parametrize(
    ("rule", "event"),
    [
        ("web crashed", "e-5"),  # the last that it matched: e-6 was of another service
        ("any crash", "e-6"),
        ("never matched", "e-6"),
    ],
)
def test_last_is_the_last_event_that_the_rule_matched_else_the_last(
    cli: Cli, journal: Path, tmp_path: Path, rule, event
):
    path = tmp_path / "reactor.yaml"
    path.write_text(
        path.read_text() + "  - name: never matched\n    match: {state: Nowhere}\n"
        "    actions: [{log: info}]\n"
    )

    ran = cli("fire", rule, "--event", "last", "--data-dir", str(journal))

    assert ran.lines[0].startswith(f"event      {event} of local, ")


def test_the_rule_that_is_tried_is_tried_by_today_s_file(cli: Cli, journal: Path, tmp_path: Path):
    path = tmp_path / "reactor.yaml"
    path.write_text(path.read_text().replace("exited with", "ended with"))

    ran = cli("fire", "web crashed", "--event", "last", "--data-dir", str(journal))

    assert '{"text":"web ended with 7"}' in ran.out


def test_without_an_event_in_the_journal_the_way_out_is_told(cli: Cli, rules: Path):
    ran = cli("fire", "web crashed", "--event", "last", "--data-dir", "nowhere")

    assert ran.code == 1
    assert "there is no journal in nowhere" in ran.err


def test_a_rule_that_is_not_there_is_a_usage_error(cli: Cli, rules: Path, crash: Path):
    ran = cli("fire", "web crashes", "--event", "crash.json")

    assert ran.code == 2
    assert "there is no rule 'web crashes'; did you mean 'web crashed'?" in ran.err


def test_an_event_of_a_file_comes_from_where_the_rule_listens(cli: Cli, rules: Path, crash: Path):
    rules.write_text(
        rules.read_text()
        .replace("destinations:", "sources: {a: {type: docker}, b: {type: docker}}\ndestinations:")
        .replace("    match:", "    source: b\n    match:")
    )

    assert " of b, " in cli("fire", "web crashed", "--event", "crash.json").lines[0]


WAITS = """\
rules:
  - name: waits
    match: {type: container}
    for: 2m
    actions: [{log: info, text: "{{ state }} for two minutes"}]
"""


def test_what_waits_is_shown_with_what_becomes_of_it(cli: Cli, tmp_path: Path, crash: Path):
    (tmp_path / "rules.yaml").write_text(WAITS)

    ran = cli("fire", "waits", "--event", "crash.json")

    waiting, fired, *request = ran.lines[1:]
    assert waiting == "held back  waits → log: waiting  (event e-1)"
    assert fired.startswith("fired      waits → log  (event e-1, waited since ")
    assert request[-1].strip() == "Stopped for two minutes"


def test_what_must_not_stay_away_is_shown_with_what_fires_when_it_does(
    cli: Cli, tmp_path: Path, crash: Path
):
    (tmp_path / "rules.yaml").write_text(
        "rules: [{name: quiet, absent: {match: {type: container}, within: 1d}, "
        'actions: [{log: info, text: "none since {{ state }}"}]}]'
    )

    ran = cli("fire", "quiet", "--event", "crash.json")

    assert ran.lines[1] == "fired      quiet → log  (no event)"
    assert ran.lines[-1].strip() == "none since Stopped"
