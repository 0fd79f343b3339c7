"""The short way: what may go out at once is claimed in the transaction that promises it.

It leaves after one commit instead of two, and is not read again.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
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
        promised = tuple(promised)
        wanted = places_wanted(promised, now)
        free = {lane: self.lanes.admit(lane, count, now) for lane, count in wanted.items()}
        claimed = []
        for delivery in promised:
            if free.get(delivery.lane) and _may_go(delivery, now):
                free[delivery.lane] -= 1
                attempts = delivery.attempts + 1
                claimed.append(replace(delivery, state=State.RUNNING, attempts=attempts))
            else:
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


def places_wanted(promised: Iterable[Delivery], now: datetime) -> Mapping[str, int]:
    """In how many of these, by lane, nothing but the lane itself may be in the way."""
    return Counter(delivery.lane for delivery in promised if _may_go(delivery, now))


def _may_go(delivery: Delivery, now: datetime) -> bool:
    """Whether it waits for nothing: for no time, and for none that goes out before it."""
    is_due = delivery.state is State.PENDING and delivery.due_at <= now
    return is_due and delivery.order_key is None
