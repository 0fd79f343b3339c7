"""Moments as commands take them: `--since 1h`, `--until 2030-01-07T12:00:00Z`."""

from datetime import datetime

import typer

from reactor.clock import utc_now
from reactor.duration import parse_duration, parse_time

MOMENT_HELP = "A span (1h) or a time (2030-01-07T12:00:00Z)."


def moment(text: str | None, option: str) -> datetime | None:
    """The time that was given, or so long ago; None without one. Raises BadParameter."""
    if text is None:
        return None
    if span := parse_duration(text):
        return utc_now() - span
    if found := parse_time(text):
        return found
    raise typer.BadParameter(
        f"'{text}' is neither a span such as 1h30m nor an RFC 3339 time", param_hint=option
    )
