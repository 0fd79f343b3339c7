"""How many attempts begin at a time: few, while their answers come as fast as they go out.

Each one under way makes the next one dearer, for it is one more connection to look through: with
256 of them libcurl takes half as long again for a request as with 64.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from reactor.model.delivery import Delivery

FEW = 64
"""So many may always be under way. More begin, as many at a time, where answers do not keep us
busy."""

PAUSE = timedelta(milliseconds=1)
"""How long others wait for an answer to those before them, while more than FEW are under way."""


@dataclass(frozen=True, slots=True)
class Departures:
    """Deliveries that are ours and have not begun: by lane, oldest first."""

    _waiting: dict[str, deque[Delivery]] = field(default_factory=dict)

    def add(self, ours: Iterable[Delivery]) -> None:
        """These may begin."""
        for delivery in ours:
            self._waiting.setdefault(delivery.lane, deque()).append(delivery)

    def room(self, under_way: int, ended: int, *, has_rested: bool) -> int:
        """How many should begin, when so many are under way and so many ended in the last round:
        one for each, but nobody waits for answers that are slow in coming."""
        return FEW if has_rested else max(FEW - under_way, ended)

    def take(self, most: int) -> list[Delivery]:
        """At most so many, of each lane in turn: none waits for a crowd in another."""
        taken: list[Delivery] = []
        while self._waiting and len(taken) < most:
            for lane in list(self._waiting)[: most - len(taken)]:
                waiting = self._waiting.pop(lane)
                taken.append(waiting.popleft())
                if waiting:
                    self._waiting[lane] = waiting  # behind the others
        return taken

    def __len__(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))
