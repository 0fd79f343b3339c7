"""From the fleet, which may speak on any thread, into the server's event loop."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from reactor.hub.fleet import Fleet, Frame


@contextmanager
def heard(fleet: Fleet, listener: Callable[[Frame], object]) -> Iterator[None]:
    """As long as it lasts, the listener hears every frame of the fleet, in order, in the event loop
    that is running here."""
    loop = asyncio.get_running_loop()

    def hear(frame: Frame) -> None:
        with suppress(RuntimeError):  # the loop was closed meanwhile, and so nobody listens
            loop.call_soon_threadsafe(listener, frame)

    end = fleet.listen(hear)
    try:
        yield
    finally:
        end()
