"""A loop's sign of life: when it turned last, and how long it may be quiet until it turns again."""

from collections.abc import Callable


class Pulse:
    """One loop calls `turn` and `rest`, any thread may ask. `monotonic` is in seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._due: float | None = None

    def turn(self, quiet: float = 0.0) -> None:
        """Work begins, or goes on. The loop is heard of again at once, or after `quiet` seconds."""
        self._due = self._monotonic() + quiet

    def rest(self) -> None:
        """Nothing waits: until the next turn silence means nothing."""
        self._due = None

    def overdue(self) -> float:
        """For how many seconds something was to be heard of the loop and was not."""
        due = self._due
        return 0.0 if due is None else max(self._monotonic() - due, 0.0)
