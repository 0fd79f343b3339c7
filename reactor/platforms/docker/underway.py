"""Which containers should be in another state by now: no event tells that they never will be. Pure.

Engines say nothing of a start that failed; and the signal of a stop looks like one that the
container may survive.
"""

from datetime import datetime, timedelta

from reactor.platforms.docker.known import STARTING, STOPPING, Known

_STARTS_WITHIN = timedelta(seconds=10)
"""Whoever makes a container to run it starts it at once."""


class Underway:
    """Of one engine. For one thread."""

    def __init__(self) -> None:
        self._due: dict[str, datetime] = {}

    @property
    def next_due(self) -> datetime | None:
        """When the first of them should have got there."""
        return min(self._due.values(), default=None)

    def note(self, known: Known, now: datetime) -> None:
        """A container is like this now. It is looked at once: what is late already was."""
        due = _due(known)
        if due is not None and due > now:
            self._due[known.id] = due
        else:
            self._due.pop(known.id, None)

    def is_late(self, now: datetime) -> bool:
        """Whether one should have got there by now, and is to be looked at."""
        late = [each for each, due in self._due.items() if due <= now]
        for each in late:
            del self._due[each]
        return bool(late)


def _due(known: Known) -> datetime | None:
    if known.state == STARTING and known.created_at:
        return known.created_at + _STARTS_WITHIN
    return known.ends_by if known.state == STOPPING else None
