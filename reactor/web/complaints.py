"""Lines for reactor's log that anybody can provoke who reaches the HTTP server."""

from collections.abc import Callable
from datetime import datetime

from reactor.observe.log import Seldom


class Complaints:
    """Tells each kind of them once a minute, so that a stranger cannot fill the log."""

    def __init__(self, tell: Callable[[str], None], now: Callable[[], datetime]) -> None:
        self._tell, self._now = tell, now
        self._seldom = Seldom()

    def say(self, kind: str, text: str) -> None:
        """Tell it, with how many of its kind were kept back before. `kind` is of a bounded set."""
        kept_back = self._seldom.allow(kind, self._now())
        if kept_back is not None:
            more = f" ({kept_back} more since the last such line)" if kept_back else ""
            self._tell(text + more)
