"""`reactor evaluations` lists what matched and what became of it."""

import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Cli

ALL = ["e-0", "e-0", "e-1", "e-1", "e-5", "e-5", "e-6"]


def ids(cli: Cli, *options: str) -> list[object]:
    ran = cli("evaluations", "--data-dir", "data", "--json", *options)
    assert (ran.code, ran.err) == (0, "")
    return [row["event_id"] for row in ran.objects]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), ALL),
        (("--rule", "web crashed"), ["e-0", "e-1", "e-5"]),
        (("--rule", "no such rule"), []),
        (("--reason", "throttled"), ["e-1"]),
        (("--reason", "fired", "--rule", "web crashed"), ["e-0", "e-5"]),
        (("--since", "2030-01-01T00:05:00Z"), ["e-5", "e-5", "e-6"]),
        (("--since", "2030-01-01T01:05:00+01:00"), ["e-5", "e-5", "e-6"]),
        (("--limit", "2"), ["e-5", "e-6"]),
        (("--limit", "2", "--rule", "web crashed"), ["e-1", "e-5"]),
    ],
)
def test_filters_narrow_the_list_and_it_stays_oldest_first(cli, journal, options, found):
    assert ids(cli, *options) == found


def test_an_evaluation_in_json_has_the_fields_of_the_contract(cli, journal):
    fired, throttled = cli(
        *("evaluations", "--data-dir", "data", "--json", "--rule", "web crashed")
    ).objects[:2]

    assert isinstance(fired.pop("delivery_id"), str)
    assert fired == {
        "kind": "evaluation",
        "event_id": "e-0",
        "source": "local",
        "rule": "web crashed",
        "action": "webhook",
        "reason": "fired",
        "at": "2030-01-01T00:00:00.000000Z",
        "settled_at": None,
        "group": "web",
        "gates": [
            {
                "gate": "throttle",
                "action": "webhook",
                "reason": None,
                "passed": 1,
                "of": 1,
                "per": "5m",
                "free_at": "2030-01-01T00:05:00.000000Z",
            }
        ],
    }
    assert (throttled["reason"], throttled["delivery_id"]) == ("throttled", None)


def test_a_line_for_people_says_what_was_held_back_and_why(cli, journal):
    ran = cli("evaluations", "--data-dir", "data", "--reason", "throttled")

    assert ran.out == (
        "2030-01-01T00:01:00.000000Z  web crashed → webhook: held back (throttled)  for web"
        "  event e-1\n"
    )


def test_a_span_counts_back_from_now(cli, journal):
    assert ids(cli, "--since", "1h30m") == ALL  # the recording lies in the future


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--reason", "tired", "there are fired, throttled, below_count, waiting, "),
        ("--reason", "condition_false", "no reason that is stored"),
        ("--since", "yesterday", "neither a span such as 1h30m nor an RFC 3339 time"),
        ("--since", "0s", "neither a span"),
        ("--limit", "0", "--limit"),
    ],
)
def test_a_filter_that_is_none_is_a_usage_error_even_without_a_journal(cli, option, value, said):
    ran = cli("evaluations", option, value)

    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


@pytest.mark.parametrize("command", ["evaluations", "deliveries"])
def test_without_a_journal_nothing_is_made(cli: Cli, tmp_path: Path, command: str) -> None:
    ran = cli(command, "--data-dir", "elsewhere")

    assert ran.code == 1
    assert ran.err == (
        "reactor: there is no journal in elsewhere; "
        "has `reactor run` been started with this --data-dir?\n"
    )
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    "words", [("evaluations",), ("deliveries",), ("deliveries", "cancel", "x")]
)
def test_a_database_of_another_program_is_left_alone(cli, tmp_path, words):
    with sqlite3.connect(tmp_path / "reactor.db") as other:
        other.execute("create table theirs (x)")
    other.close()

    ran = cli(*words, "--data-dir", str(tmp_path))

    assert ran.code == 1
    assert "is a database of another program; choose another --data-dir" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["reactor.db"]


def test_the_journal_is_looked_for_where_systemd_says(cli, journal, monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", str(journal))  # how systemd tells the whole process

    assert len(cli("evaluations").lines) == len(ALL)
