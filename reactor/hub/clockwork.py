"""Lets the time of a fleet go on, in the server's event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from reactor.hub.fleet import TimedFleet
from reactor.hub.hearing import heard


class Clockwork:
    """A fleet, and the time that it shall have: `now` tells it, UTC."""

    def __init__(self, fleet: TimedFleet, now: Callable[[], datetime]) -> None:
        self._fleet, self._now = fleet, now

    def catch_up(self) -> None:
        """Bring the fleet to the present."""
        self._fleet.advance(self._now())

    @asynccontextmanager
    async def going(self) -> AsyncIterator[None]:
        """As long as it lasts, whatever becomes due in the fleet happens."""
        changed = asyncio.Event()
        with heard(self._fleet, lambda _: changed.set()):
            running = asyncio.create_task(self._run(changed))
            try:
                yield
            finally:
                running.cancel()

    async def _run(self, changed: asyncio.Event) -> None:
        """Whatever changes in the fleet is told, and may have brought something to come."""
        while True:
            changed.clear()
            self.catch_up()
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), self._idle_seconds())

    def _idle_seconds(self) -> float | None:
        """Until something is due; None when nothing will be."""
        due = self._fleet.next_due()
        return max(0.0, (due - self._now()).total_seconds()) if due else None
