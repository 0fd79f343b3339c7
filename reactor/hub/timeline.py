"""Time that goes on only when it is told to, and what is due in it. No clock, no thread."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(order=True, slots=True)
class _Transition:
    """What will happen at `due`. Of those due together, the one planned first comes first."""

    due: datetime
    number: int
    happen: Callable[[], object] = field(compare=False)


class Timeline:
    """A present and a plan. Used by one thread at a time."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._plan: list[_Transition] = []
        self._planned = 0

    def later(self, delay: timedelta, happen: Callable[[], object]) -> None:
        """Let something happen `delay` from now."""
        self._planned += 1
        heapq.heappush(self._plan, _Transition(self.now + delay, self._planned, happen))

    def next_due(self) -> datetime | None:
        """When something will happen next."""
        return self._plan[0].due if self._plan else None

    def advance(self, now: datetime) -> None:
        """Let everything happen that is due by `now`, in order, each at its own time. Time never
        goes back: an earlier `now` changes nothing."""
        while self._plan and self._plan[0].due <= now:
            transition = heapq.heappop(self._plan)
            self.now = transition.due
            transition.happen()
        self.now = max(self.now, now)
