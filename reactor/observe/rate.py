"""How often something happened of late."""

from collections.abc import Callable

SPAN = 60
"""Seconds that are remembered."""


class LastMinute:
    """Counts by the second, and forgets after a minute. One thread counts, any may ask.

    `monotonic` is in seconds.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._counts = [0] * SPAN
        self._seconds = [-SPAN] * SPAN

    def count(self, number: int) -> None:
        """So many happened now."""
        second = int(self._monotonic())
        place = second % SPAN
        if self._seconds[place] != second:
            self._seconds[place], self._counts[place] = second, 0
        self._counts[place] += number

    def total(self) -> int:
        """How many happened within the last minute, this second included."""
        oldest = int(self._monotonic()) - SPAN + 1
        rows = zip(self._seconds, self._counts, strict=True)
        return sum(count for second, count in rows if second >= oldest)
