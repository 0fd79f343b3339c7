"""The only place that asks the operating system for the time."""

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The wall clock, in UTC. Deciders never call this: they are handed `now`."""
    return datetime.now(UTC)  # noqa: TID251 -- this is the one place


def monotonic() -> float:
    """Seconds that never go back; for measuring spans inside one process."""
    return time.monotonic()
