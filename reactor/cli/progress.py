"""How far a long work is, for whoever watches it on a terminal."""

import sys
from types import TracebackType

EVERY = 1_000
"""Steps between two lines."""


class Progress:
    """Counts steps on one line of a terminal; says nothing where nobody watches."""

    def __init__(self, what: str) -> None:
        self._what, self._done = what, 0
        self._is_watched = sys.stderr.isatty()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._is_watched and self._done >= EVERY:
            sys.stderr.write("\r\x1b[K")

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        if self._is_watched and self._done % EVERY == 0:
            sys.stderr.write(f"\r{self._done:,} {self._what}")
            sys.stderr.flush()
