"""`reactor replay` decides a recording on a virtual clock, the same way every time."""

import json
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tests.cli.conftest import Cli

SAMPLES = Path(__file__).parent.parent / "scenarios" / "sample-frames" / "events.jsonl"
EXAMPLE = Path(__file__).parent.parent.parent / "rules.example.yaml"


def test_what_matched_is_printed_in_order(cli: Cli, rules: Path, crashes: Path) -> None:
    rows = cli("replay", "crashes.jsonl", "--json").objects

    assert [(row["event_id"], row["reason"]) for row in rows] == [
        ("e-0", "fired"),
        ("e-1", "throttled"),
        ("e-5", "fired"),
    ]
    assert rows[0]["at"] == "2030-01-01T00:00:00.000000Z"


def test_planned_deliveries_show_no_path_and_no_secret(
    cli: Cli, rules: Path, crashes: Path
) -> None:
    ran = cli("replay", "crashes.jsonl", "--deliveries", "--json")
    first = next(row for row in ran.objects if row["kind"] == "delivery")

    assert first["request"] == {
        "method": "POST",
        "url": "http://127.0.0.1:9/…",
        "headers": {"content-type": "application/json"},
        "body": '{"text":"web exited with 7"}',
    }
    assert (first["destination"], first["state"], first["attempts"]) == ("ops", "pending", 0)
    assert "secret" not in ran.out


def test_the_sample_frames_replay_without_a_word_and_twice_alike(cli: Cli) -> None:
    words = ("replay", str(SAMPLES), "--rules", str(EXAMPLE), "--deliveries", "--json")

    once, again = cli(*words), cli(*words)

    assert once.code == again.code == 0
    assert once.out == again.out
    assert once.err == "30 events, 0 evaluations, 0 deliveries\n"


def test_every_frame_of_the_samples_can_match(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(
        "rules: [{name: any, match: {nowhere: {exists: false}}, actions: [{log: info}]}]\n"
    )

    ran = cli("replay", str(SAMPLES), "--json")

    assert len(ran.lines) == 30


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nonsense", "crashes.jsonl:5: not JSON in UTF-8"),
        ("[1]", "crashes.jsonl:5: JSON, but not an object"),
        ('{"at": "noon", "event": {}}', "crashes.jsonl:5: 'at' is 'noon', expected an RFC 3339"),
        ('{"event": 5}', "crashes.jsonl:5: 'event' and 'facts' are expected to be objects"),
    ],
)
def test_a_bad_line_is_told_and_the_rest_goes_on(
    cli: Cli, rules: Path, crashes: Path, line: str, said: str
) -> None:
    crashes.write_text(crashes.read_text() + line + "\n{}\n")

    ran = cli("replay", "crashes.jsonl")

    assert (ran.code, len(ran.lines)) == (1, 3)
    assert said in ran.err
    assert "5 events" in ran.err


def test_send_really_sends(cli: Cli, rules: Path, crashes: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook", method="POST").respond_with_data("ok")
    url = httpserver.url_for("/hook")
    rules.write_text(rules.read_text().replace("http://127.0.0.1:9/secret-path", url))

    ran = cli("replay", "crashes.jsonl", "--send")

    assert ran.code == 0, ran.err
    bodies = [request.get_data() for request, _ in httpserver.log]
    assert bodies == [b'{"text":"web exited with 7"}'] * 2


def test_a_missing_recording_is_a_sentence(cli: Cli, rules: Path) -> None:
    ran = cli("replay", "nowhere.jsonl")

    assert ran.code == 1
    assert ran.err == "reactor: nowhere.jsonl cannot be read: No such file or directory\n"


@pytest.mark.parametrize("words", [("--wait", "soon"), ("--until", "tomorrow")])
def test_a_time_that_is_none_is_a_usage_error(
    cli: Cli, rules: Path, crashes: Path, words: tuple[str, str]
) -> None:
    assert cli("replay", "crashes.jsonl", *words).code == 2


LASTING = """\
rules:
  - name: down
    match: {type: container, state: Stopped}
    for: 2m
    actions: [{log: info}]
  - name: quiet
    absent: {match: {type: container}, within: 5m}
    actions: [{log: info}]
"""


def _line(minute: int, state: str) -> str:
    event = {"type": "container", "state": state, "uuid": f"e-{minute}"}
    return json.dumps({"at": f"2030-01-01T00:0{minute}:00Z", "event": event})


@pytest.fixture
def stopped(tmp_path: Path) -> None:
    """A container stops at 0 minutes, and something else happens at 4."""
    (tmp_path / "rules.yaml").write_text(LASTING)
    lines = [_line(0, "Stopped"), _line(4, "Running")]
    (tmp_path / "stopped.jsonl").write_text("\n".join(lines))


def _told(cli: Cli, *words: str) -> list[tuple[object, ...]]:
    ran = cli("replay", "stopped.jsonl", "--json", *words)
    assert ran.code == 0, ran.err
    rows = [row for row in ran.objects if row["kind"] == "evaluation"]
    return [(row["rule"], row["event_id"], row["reason"], row["settled_at"]) for row in rows]


WAITED = [
    ("down", "e-0", "waiting", None),
    ("down", "e-0", "fired", "2030-01-01T00:02:00.000000Z"),
]


def test_what_comes_due_between_two_lines_is_decided_between_them(cli: Cli, stopped: None) -> None:
    assert _told(cli) == WAITED


@pytest.mark.parametrize(
    ("words", "fires"),
    [
        (("--wait", "4m59s"), False),
        (("--wait", "5m"), True),
        (("--until", "2030-01-01T00:09:00Z"), True),
        (("--until", "2030-01-01T00:08:59Z"), False),
        (("--until", "2020-01-01T00:00:00Z"), False),  # time does not go backwards
    ],
)
def test_after_the_last_line_time_passes_as_far_as_it_is_told_to(
    cli: Cli, stopped: None, words: tuple[str, str], fires: bool
) -> None:
    fired = [("quiet", None, "fired", None)]

    assert _told(cli, *words) == WAITED + (fired if fires else [])


def test_planned_deliveries_stand_behind_what_fired_late(cli: Cli, stopped: None) -> None:
    ran = cli("replay", "stopped.jsonl", "--json", "--deliveries")

    kinds = [(row["kind"], row.get("reason")) for row in ran.objects]
    assert kinds == [("evaluation", "waiting"), ("evaluation", "fired"), ("delivery", None)]


def test_deliveries_count_as_made_at_once(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(
        "rules: [{name: one, match: {type: container}, mode: single, actions: [{log: info}]}]"
    )
    lines = [_line(minute, "Stopped") for minute in range(3)]
    (tmp_path / "stopped.jsonl").write_text("\n".join(lines))

    assert [reason for _, _, reason, _ in _told(cli)] == ["fired"] * 3
