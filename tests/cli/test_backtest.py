"""`reactor backtest` tells what rules would fire that was not fired, and what they would not."""

import time
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.test_backtest import LOOSER, RULES, record

MANY = 10_000


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A journal, and the rules that made it beside looser ones."""
    (tmp_path / "data").mkdir()
    record(tmp_path / "data")
    (tmp_path / "same.yaml").write_text(RULES)
    (tmp_path / "looser.yaml").write_text(LOOSER)
    return tmp_path


FROM_THE_BEGINNING = ("--since", "2031-01-01T00:00:00Z", "--data-dir", "data")


def test_the_same_rules_make_no_difference(cli: Cli, recorded: Path) -> None:
    for against in ("actual", "same.yaml"):
        ran = cli("backtest", "--rules", "same.yaml", "--against", against, *FROM_THE_BEGINNING)

        assert ran.code == 0
        assert ran.err.endswith(": 0 new, 0 gone\n")
        assert "+" not in ran.out


def test_what_is_new_is_told_with_its_event_and_its_words(cli: Cli, recorded: Path) -> None:
    ran = cli("backtest", "--rules", "looser.yaml", *FROM_THE_BEGINNING)

    assert ran.lines[0] == "plain: 8 now, 4 before  (+4 -0)"
    assert ran.lines[1].startswith("  + 2031-05-06T10:20:30.000000Z log for line-1: ")
    assert ran.lines[1].endswith("1 of a, +0")


def test_json_has_a_line_for_each_rule_and_each_difference(cli: Cli, recorded: Path) -> None:
    found = cli("backtest", "--rules", "looser.yaml", "--json", *FROM_THE_BEGINNING).objects

    assert found[0] == {"kind": "rule", "rule": "plain", "now": 8, "before": 4, "new": 4, "gone": 0}
    assert {(each["kind"], each.get("change")) for each in found} == {
        ("rule", None),
        ("firing", "new"),
    }


def test_more_new_firings_than_allowed_are_a_failure(cli: Cli, recorded: Path) -> None:
    words = ("backtest", "--rules", "looser.yaml", *FROM_THE_BEGINNING)

    assert cli(*words, "--max-new", "4").code == 0
    ran = cli(*words, "--max-new", "3")

    assert ran.code == 1
    assert ran.err.endswith("more than the 3 new firings that --max-new allows\n")


def test_ten_thousand_events_take_seconds_and_give_the_same_bytes_twice(
    cli: Cli, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    record(tmp_path / "data", events=MANY)
    (tmp_path / "same.yaml").write_text(RULES)
    words = ("backtest", "--rules", "same.yaml", "--json", *FROM_THE_BEGINNING)
    begun = time.monotonic()

    once, again = cli(*words), cli(*words)

    assert time.monotonic() - begun < 20
    assert (once.out, once.err) == (again.out, again.err)
    assert once.err.endswith(": 0 new, 0 gone\n")
