"""The containers that were made lately: who may have taken the place of one that ended. Pure."""

from collections import deque
from datetime import datetime, timedelta

from reactor.engine.runs import Replacement
from reactor.platforms.docker.known import Known

KEPT = timedelta(minutes=3)
"""Longer than the minute before an end in which a replacement counts, judged two seconds later."""

MOST = 10_000


class Creations:
    """For one thread."""

    def __init__(self) -> None:
        self._recent = deque[tuple[Replacement, str, Known]](maxlen=MOST)

    def add(self, known: Known, service: str, at: datetime) -> Replacement:
        """A container of the service with this uuid was made."""
        while self._recent and at - self._recent[0][0].created_at > KEPT:
            self._recent.popleft()
        made = Replacement(name=known.name, image=known.image, created_at=at)
        self._recent.append((made, service, known))
        return made

    def latest(self, known: Known, service: str) -> Replacement | None:
        """The newest that may have replaced a container of the service."""
        for made, its, new in reversed(self._recent):
            if its == service and replaces(new, known):
                return made
        return None


def replaces(new: Known, old: Known) -> bool:
    """Whether one container of a service can have taken the place of another: it is newer, and
    where both say which place they have, it is the same."""
    if new.created_at and old.created_at and new.created_at <= old.created_at:
        return False
    same_place = not (new.slot and old.slot) or new.slot == old.slot
    return new.id != old.id and same_place
