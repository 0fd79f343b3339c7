"""How far a long work is."""

import pytest

from reactor.cli.progress import EVERY, Progress


def test_nothing_is_said_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("inputs") as progress:
        for _ in range(EVERY):
            progress.step()

    assert capsys.readouterr() == ("", "")


def test_a_terminal_shows_one_line_and_then_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)  # pytest's own is no terminal

    with Progress("inputs") as progress:
        for _ in range(2 * EVERY + 1):
            progress.step()

    assert capsys.readouterr().err == "\r1,000 inputs\r2,000 inputs\r\x1b[K"
