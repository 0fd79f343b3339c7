"""Accepted events that wait for lookups: later events of a subject wait behind it, others do not.

Plain bookkeeping: it asks nothing and decides nothing.
"""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass

from reactor.engine.lookups import answered
from reactor.model.event import Event
from reactor.model.lookup import Answer, Need
from reactor.model.uri import comparable_uri

MOST_EVENTS = 5_000
MOST_BYTES = 32 * 1024 * 1024
"""What one source may have parked; then it has to wait until half of it is decided."""


@dataclass(slots=True)
class _Parked:
    """An event and the lookups that it waits for."""

    event: Event
    open: set[Need]


class Parking:
    """Queues of waiting events, one per subject. Not for several threads."""

    def __init__(self) -> None:
        self._queues: dict[object, deque[_Parked]] = {}
        self._parked: dict[tuple[str, str], _Parked] = {}
        self._events, self._bytes = Counter[str](), Counter[str]()
        self._full: set[str] = set()
        self._new: list[_Parked] = []

    def holds(self, event: Event) -> bool:
        """Whether an earlier event of the same subject waits."""
        return bool(self._queues) and _subject(event) in self._queues

    def park(self, event: Event, needs: Iterable[Need]) -> None:
        """Let it wait until the needs are answered and nothing waits before it."""
        parked = _Parked(event, set(needs))
        self._new.append(parked)
        self._queues.setdefault(_subject(event), deque()).append(parked)
        self._parked[event.source, event.id] = parked
        self._count(event, 1)

    def answer(self, answer: Answer) -> Event | None:
        """Lay an answer into the event that waits for it. The event at the head of its queue if
        that waits for nothing more: then `proceed` with it."""
        parked = self._parked.get((answer.source, answer.event_id))
        if parked is None or answer.need not in parked.open:
            return None
        followed = self._is_followed(parked)
        parked.event = answered(parked.event, answer.need, answer.found, has_follower=followed)
        parked.open.remove(answer.need)
        return self.head(parked.event)

    def head(self, event: Event) -> Event | None:
        """The first event of the subject, if it waits for no answer."""
        queue = self._queues.get(_subject(event))
        return queue[0].event if queue and not queue[0].open else None

    def _is_followed(self, parked: _Parked) -> bool:
        """Whether the subject is known to have changed again since."""
        queue = self._queues[_subject(parked.event)]
        later = iter(queue)
        any(each is parked for each in later)  # up to and with it
        return any("state" in each.event.data for each in later)

    def wait_on(self, event: Event, needs: Iterable[Need]) -> None:
        """The head of a queue needs more than was asked for; `event` is what is known by now."""
        parked = self._parked[event.source, event.id]
        parked.event, parked.open = event, set(needs)
        self._new.append(parked)

    def leave(self, event: Event) -> None:
        """The head of a queue is decided."""
        subject = _subject(event)
        queue = self._queues[subject]
        queue.popleft()
        if not queue:
            del self._queues[subject]
        del self._parked[event.source, event.id]
        self._count(event, -1)

    def unasked(self) -> list[tuple[Event, Need]]:
        """What events wait for since this was called last."""
        new, self._new = self._new, []
        return [(parked.event, need) for parked in new for need in parked.open]

    def open_needs(self, source: str) -> list[tuple[Event, Need]]:
        """What events of this source wait for."""
        parked = [parked for (name, _), parked in self._parked.items() if name == source]
        return [(each.event, need) for each in parked for need in each.open]

    def sources(self) -> frozenset[str]:
        """The sources that have events here."""
        return frozenset(source for source, _ in self._parked)

    def _count(self, event: Event, sign: int) -> None:
        self._events[event.source] += sign
        self._bytes[event.source] += sign * len(event.raw)

    def full(self) -> frozenset[str]:
        """The sources that have to wait: over their share, and until half of it is free again."""
        for source, events in self._events.items():
            size = self._bytes[source]
            if events >= MOST_EVENTS or size >= MOST_BYTES:
                self._full.add(source)
            elif events <= MOST_EVENTS // 2 and size <= MOST_BYTES // 2:
                self._full.discard(source)
        return frozenset(self._full)

    def __len__(self) -> int:
        return len(self._parked)


def _subject(event: Event) -> object:
    """Equal for events of one object, however its URI is written."""
    return event.source, comparable_uri(event.subject)
