"""Keeps the service manager informed: that we are up, how we are, and that we are alive."""

from collections.abc import Callable, Mapping
from typing import Protocol

from reactor.observe.systemd import ALIVE, READY, RELOADING, STOPPING, Notifier, since, status

LONGEST_PAUSE = 1.0
"""Seconds between two calls of `tick` at the most."""


class Vitals(Protocol):
    """How the service is."""

    def hung(self, patience: float) -> Mapping[str, str]:
        """The parts that are not heard of for more than `patience` seconds, though they should."""

    def unready(self) -> Mapping[str, str]:
        """The parts that do not work as they should, and why."""


class Attendant:
    """Called from the main thread, so that this too is known to be alive.

    `watchdog` is within how many seconds a sign of life is expected, None if none is. There is one
    four times as often, but only while no part has hung for half of that time: a restart comes
    after that time and a half, at the latest. `monotonic` is in seconds.
    """

    def __init__(
        self,
        notifier: Notifier,
        vitals: Vitals,
        *,
        watchdog: float | None,
        monotonic: Callable[[], float],
    ) -> None:
        self._notifier, self._vitals, self._monotonic = notifier, vitals, monotonic
        self._watchdog, self._fed_at = watchdog, monotonic()
        self._told = ""
        self.pause = min(LONGEST_PAUSE, watchdog / 8) if watchdog else LONGEST_PAUSE

    def ready(self) -> None:
        """We are up, or have reloaded."""
        self._notifier.tell(READY)

    def reloading(self) -> None:
        """We reload until `ready`."""
        self._notifier.tell(RELOADING, since(self._monotonic()))

    def stopping(self) -> None:
        """We go down."""
        self._notifier.tell(STOPPING, status("stopping"))

    def tick(self) -> None:
        """Say what is to be said; call this at least every `pause` seconds. Does not block."""
        self._feed()
        why = self._vitals.unready()
        told = f"not ready: {'; '.join(f'{name}: {text}' for name, text in why.items())}"
        told = told if why else "ready"
        if told != self._told:
            self._told = told
            self._notifier.tell(status(told))

    def _feed(self) -> None:
        now = self._monotonic()
        if self._watchdog is None or now < self._fed_at + self._watchdog / 4:
            return
        if not self._vitals.hung(self._watchdog / 2):
            self._fed_at = now
            self._notifier.tell(ALIVE)
