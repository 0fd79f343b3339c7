"""The lanes that are paused: learns from every attempt, says each pause once, and its end.

What is to be written goes into the journal with the attempts that it was learnt from.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reactor.delivery import breaker, notices
from reactor.delivery.lanes import Lane, Lanes
from reactor.delivery.notices import Kind, Notice
from reactor.model.delivery import Delivery
from reactor.model.journal import Pause
from reactor.model.protocols import ActionType
from reactor.model.request import Outcome
from reactor.model.rule import Ruleset


@dataclass(frozen=True, slots=True)
class Learnt:
    """What the journal is to keep: lanes that are paused, None where no longer, and notices."""

    pauses: Mapping[str, Pause | None] = field(default_factory=dict)
    notices: tuple[Delivery, ...] = ()


@dataclass(slots=True, kw_only=True)
class Pauses:
    """One thread calls everything; any may read `current`, which is replaced and never changed.

    `ruleset` gives the present rules. `tell` gets a sentence when a pause begins, and one when it
    ends. `waiting` counts what waits in a lane.
    """

    ruleset: Callable[[], Ruleset]
    actions: Mapping[str, ActionType]
    tell: Callable[[str], None]
    waiting: Callable[[str], int]
    current: Mapping[str, Pause] = field(default_factory=dict)
    _changed: dict[str, Pause | None] = field(default_factory=dict)
    _notices: list[Delivery] = field(default_factory=list)

    def restore(self, lanes: Lanes, kept: Mapping[str, Pause]) -> None:
        """Go on with what an earlier process knew."""
        for name, pause in kept.items():
            lanes[name].breaker = breaker.resumed(pause)
        self.look_over(lanes)

    def look_over(self, lanes: Lanes) -> None:
        """The lanes may stand otherwise than before."""
        found = {lane.name: breaker.paused(lane.breaker) for lane in lanes}
        self.current = {name: pause for name, pause in found.items() if pause}

    def learn(
        self, lane: Lane, outcome: Outcome, began: datetime, now: datetime, jitter: float
    ) -> None:
        """What an attempt that began at `began` and ended at `now` says of its destination."""
        before = lane.breaker
        lane.breaker = breaker.after(before, outcome, began, now, jitter)
        if lane.breaker is before:
            return  # as nearly always
        was, pause = breaker.paused(before), breaker.paused(lane.breaker)
        if pause != was:
            self._note(lane.name, pause)
        if pause and not was:
            self._say(Kind.PAUSED, lane.name, pause, now)
        if was and not pause:
            self._say(Kind.RESUMED, lane.name, was, now)

    def _note(self, lane: str, pause: Pause | None) -> None:
        self._changed[lane] = pause
        others = {name: each for name, each in self.current.items() if name != lane}
        self.current = {**others, lane: pause} if pause else others

    def _say(self, kind: Kind, lane: str, pause: Pause, now: datetime) -> None:
        """In the log, and to the fallback if there is one."""
        notice = Notice(kind=kind, lane=lane, pause=pause, at=now, waiting=self.waiting(lane))
        self.tell(notices.sentence(notice))
        ruleset = self.ruleset()
        destination = ruleset.destinations.get(notice.lane)
        fallback = ruleset.destinations.get((destination and destination.fallback) or "")
        if fallback:
            action = self.actions[fallback.type]
            self._notices.append(notices.delivery(notice, fallback, action, ruleset.vault))

    def take(self) -> Learnt:
        """What is to be written."""
        learnt = Learnt(self._changed, tuple(self._notices))
        self._changed, self._notices = {}, []
        return learnt

    def give_back(self, learnt: Learnt) -> None:
        """It could not be written."""
        self._changed = {**learnt.pauses, **self._changed}
        self._notices = [*learnt.notices, *self._notices]
