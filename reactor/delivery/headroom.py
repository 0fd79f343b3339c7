"""Who promises faster than we send waits a moment for places, so that what he promises is handed
over: by way of the journal each delivery would cost another read and another claim.

Only for lanes that are behind because of us. One whose destination is slow is waited for seldom.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Condition

from reactor.clock import monotonic
from reactor.delivery.lanes import Lanes

PATIENCE = 0.05
"""Seconds that one batch waits at most: some hundred deliveries are sent in that time."""

FIRST_REST = 1.0
LONGEST_REST = 64.0
"""Seconds in which a lane is let be that was waited for in vain, while who sends had time to spare:
then its destination is slow. Doubling while that goes on: it delays the others by PATIENCE that
often, and no more."""


@dataclass(slots=True)
class _Vain:
    """A lane that was waited for in vain: it is let be until then (monotonic)."""

    until: float
    rest: float


@dataclass(slots=True)
class Headroom:
    """One thread calls `wait_for`; the one that sends calls `turn` after each of its rounds."""

    lanes: Lanes
    _turned: Condition = field(default_factory=Condition)
    _is_awaited: bool = False
    _busy_turns: int = 0
    _vain: dict[str, _Vain] = field(default_factory=dict)

    def turn(self, *, is_waiting: bool) -> None:
        """A round is over: some attempts may have ended, and some lanes be clear. `is_waiting`:
        there was nothing left to do but wait for answers."""
        if self._is_awaited:
            with self._turned:
                self._busy_turns += -1 if is_waiting else 1
                self._turned.notify()

    def wait_for(self, wanted: Mapping[str, int], now: datetime) -> None:
        """Blocks until there are so many places, by lane, as far as waiting helps; PATIENCE at
        most."""
        if not self._behind(wanted, now):
            return
        deadline = monotonic() + PATIENCE
        with self._turned:
            self._is_awaited, self._busy_turns = True, 0
            while (behind := self._behind(wanted, now)) and (left := deadline - monotonic()) > 0:
                self._turned.wait(left)
            self._is_awaited = False
            if self._busy_turns <= 0:
                self._let_be(behind)

    def _behind(self, wanted: Mapping[str, int], now: datetime) -> list[str]:
        """The lanes that waiting helps to get places in."""
        moment = monotonic()
        return [
            name
            for name, count in wanted.items()
            if self.lanes.is_behind(name, count, now)
            if name not in self._vain or self._vain[name].until <= moment
        ]

    def _let_be(self, names: Iterable[str]) -> None:
        moment = monotonic()
        for name in names:
            known = self._vain.get(name)
            is_again = known is not None and moment - known.until < known.rest
            rest = min(known.rest * 2, LONGEST_REST) if known and is_again else FIRST_REST
            self._vain[name] = _Vain(moment + rest, rest)
