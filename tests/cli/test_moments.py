"""`--since` and `--until` take a span or a time."""

from datetime import UTC, datetime, timedelta

import pytest
import typer

from reactor.cli.moments import moment
from reactor.clock import utc_now


def test_a_span_is_so_long_ago():
    before = utc_now() - timedelta(minutes=90)

    found = moment("1h30m", "--since")

    assert before <= found <= utc_now() - timedelta(minutes=90)


def test_a_time_is_itself_and_nothing_is_none():
    assert moment("2030-01-07T12:00:00Z", "--since") == datetime(2030, 1, 7, 12, tzinfo=UTC)
    assert moment(None, "--since") is None


@pytest.mark.parametrize("text", ["", "yesterday", "-1h", "12:00"])
def test_anything_else_is_refused_with_what_would_do(text):
    with pytest.raises(typer.BadParameter, match="neither a span such as 1h30m nor an RFC 3339"):
        moment(text, "--until")
