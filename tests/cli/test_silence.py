"""`reactor silence` where no service runs; that one which runs is asked is tested with it
(test_app.py)."""

import getpass
from pathlib import Path

import pytest

from tests.cli.conftest import Cli


def add(cli: Cli, *words: str) -> dict[str, object]:
    ran = cli("silence", "add", *words, "-m", "we deploy", "--data-dir", "data", "--json")
    assert ran.code == 0, ran.err
    (found,) = ran.objects
    return found


def listed(cli: Cli, *words: str) -> list[object]:
    return [
        row["id"] for row in cli("silence", "list", "--data-dir", "data", "--json", *words).objects
    ]


def test_a_silence_is_kept_with_who_wanted_it_and_why(cli: Cli, journal: Path):
    added = add(cli, "service.name=web", "1h")

    assert (added["kind"], added["condition"]) == ("silence", "service.name=web")
    assert (added["author"], added["comment"]) == (getpass.getuser(), "we deploy")
    assert (added["ended_at"], listed(cli)) == (None, [added["id"]])


def test_it_may_hold_until_a_time_and_be_somebody_else_s(cli: Cli, journal: Path):
    until = "2099-01-01T00:00:00.000000Z"

    added = add(cli, "{state: [Stopped]}", "--until", until, "--author", "alice")

    assert (added["expires_at"], added["author"]) == (until, "alice")


def test_for_people_it_is_a_line(cli: Cli, journal: Path):
    ran = cli(
        *("silence", "add", "n=1", "--until", "2099-01-01T00:00:00Z"),
        *("-m", "we deploy", "--author", "alice", "--data-dir", "data"),
    )

    identity, _, rest = ran.out.partition("  ")
    assert len(identity) == 8
    assert rest == "until 2099-01-01T00:00:00.000000Z  n=1  by alice: we deploy\n"


def test_one_that_was_ended_is_listed_only_when_all_are_asked_for(cli: Cli, journal: Path):
    first, second = add(cli, "n=1", "1h")["id"], add(cli, "n=2", "1h")["id"]

    ran = cli("silence", "expire", str(first), "--data-dir", "data")

    assert (ran.code, ran.out) == (0, f"{first}: expired\n")
    assert (listed(cli), listed(cli, "--all")) == ([second], [first, second])
    assert "  ended 2" in cli("silence", "list", "--all", "--data-dir", "data").lines[0]


def test_what_cannot_be_ended_fails_with_its_reason(cli: Cli, journal: Path):
    ran = cli("silence", "expire", "unknown", "--data-dir", "data")

    assert ran.code == 1
    assert ran.out == "unknown: there is no such silence, or it is over\n"
    assert ran.err == "1 of 1 could not be ended\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("what?", "1h"), "is no condition of a silence"),
        (("n=1",), "say how long"),
        (("n=1", "1h", "--until", "2099-01-01T00:00:00Z"), "say how long"),
        (("n=1", "soon"), "'soon' is neither a span such as 1h30m nor"),
        (("n=1", "--until", "soon"), "'soon' is neither a span such as 1h30m nor"),
        (("n=1", "--until", "2020-01-01T00:00:00Z"), "is over already"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(cli: Cli, journal: Path, words, said):
    ran = cli("silence", "add", *words, "-m", "why", "--data-dir", "data")

    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_without_a_why_there_is_no_silence(cli: Cli, journal: Path):
    assert cli("silence", "add", "n=1", "1h", "--data-dir", "data").code == 2
