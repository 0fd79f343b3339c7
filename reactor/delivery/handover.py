"""The short way: what may go out at once is claimed in the transaction that promises it.

It leaves after one commit instead of two, and is not read again.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from msgspec.structs import replace

from reactor.delivery.lanes import Lanes
from reactor.model.delivery import Delivery, State


@dataclass(frozen=True, slots=True)
class Handover:
    """Deliveries that are claimed in memory, on their way to the dispatcher.

    The dispatcher's thread calls `take`, any other `claim`, and then for what that returned either
    `hand_over` or `give_back`.
    """

    lanes: Lanes
    _claimed: deque[Delivery] = field(default_factory=deque)

    def claim(self, promised: Iterable[Delivery], now: datetime) -> tuple[Delivery, ...]:
        """The same deliveries, before they are promised: those that may go out as soon as they
        stand are running, and have their places among those under way."""
        full, claimed = set[str](), []
        for delivery in promised:
            if not _may_go(delivery, now) or delivery.lane in full:
                claimed.append(delivery)
            elif self.lanes.admit(delivery.lane, now):
                running = replace(delivery, state=State.RUNNING, attempts=delivery.attempts + 1)
                claimed.append(running)
            else:
                full.add(delivery.lane)  # lest a later one of the lane finds a place before it
                claimed.append(delivery)
        return tuple(claimed)

    def hand_over(self, promised: Iterable[Delivery]) -> None:
        """They stand: those that are claimed may begin, and the lanes of the others have something
        due."""
        woken = set()
        for delivery in promised:
            if delivery.state is State.RUNNING:
                self._claimed.append(delivery)
            elif delivery.state is State.PENDING:
                woken.add(delivery.lane)
        self.lanes.wake(woken)

    def give_back(self, promised: Iterable[Delivery]) -> None:
        """They were not promised: their places are free."""
        for delivery in promised:
            if delivery.state is State.RUNNING:
                self.lanes.release(delivery.lane)

    def take(self) -> list[Delivery]:
        """What was handed over since the last time, oldest first."""
        return [self._claimed.popleft() for _ in range(len(self._claimed))]


def _may_go(delivery: Delivery, now: datetime) -> bool:
    """Whether it waits for nothing: for no time, and for none that goes out before it."""
    is_due = delivery.state is State.PENDING and delivery.due_at <= now
    return is_due and delivery.order_key is None
