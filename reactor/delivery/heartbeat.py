"""The heartbeat: a URL that is called while reactor works, so that somebody else notices when not.

One call at a time, in a thread of its own: whatever the other side does, it delays nothing here.
"""

from collections.abc import Callable
from datetime import timedelta
from threading import Condition

from reactor.delivery.transport import Transport
from reactor.model.request import HttpRequest, Response, Route, shown_url
from reactor.model.rule import Heartbeat

TIMEOUT = timedelta(seconds=10)
"""For one call, from name lookup to the last byte."""

LOOK_SECONDS = 1.0
"""How soon after reactor works again the call that was left out is made up for."""


class Heart:
    """One thread calls `run`; `adopt` and `stop` may be called from any.

    `is_working` is asked before each call and must not block. `monotonic` is in seconds. `tell`
    gets a sentence when calls begin to fail, and one when they succeed again.
    """

    def __init__(
        self,
        transport: Transport[None],
        *,
        is_working: Callable[[], bool],
        monotonic: Callable[[], float],
        tell: Callable[[str], None],
    ) -> None:
        self._transport, self._is_working = transport, is_working
        self._monotonic, self._tell = monotonic, tell
        self._changed = Condition()
        self._heartbeat: Heartbeat | None = None
        self._due = 0.0
        self._is_stopped = False
        self._is_failing = False

    def adopt(self, heartbeat: Heartbeat | None) -> None:
        """Call this from now on; None calls nothing. A new one is called at once."""
        with self._changed:
            if heartbeat != self._heartbeat:
                self._heartbeat, self._due = heartbeat, self._monotonic()
            self._changed.notify()

    def stop(self) -> None:
        """Make `run` return, a call under way or not."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify()
        self._transport.wake()

    def run(self) -> None:
        """The thread's body: until stopped."""
        while heartbeat := self._next():
            if self._is_working():
                self._call(heartbeat)
            else:
                self._look_soon()

    def _next(self) -> Heartbeat | None:
        """What is to be called, when its time has come; None when we are stopped."""
        with self._changed:
            while not self._is_stopped:
                left = self._due - self._monotonic() if self._heartbeat else None
                if self._heartbeat and left is not None and left <= 0:
                    self._due = self._monotonic() + self._heartbeat.every.total_seconds()
                    return self._heartbeat
                self._changed.wait(left)
            return None

    def _look_soon(self) -> None:
        with self._changed:
            self._due = min(self._due, self._monotonic() + LOOK_SECONDS)

    def _call(self, heartbeat: Heartbeat) -> None:
        """One call, to its end or to ours."""
        url = heartbeat.url.value
        route = Route(allow=heartbeat.allow)
        request = HttpRequest(
            method="GET", url=url, headers={}, body=b"", timeout=TIMEOUT, route=route
        )
        self._transport.start(None, request)
        while not self._is_stopped:
            for _, response in self._transport.step(TIMEOUT):
                self._judge(response, url)
                return
        self._transport.abandon()

    def _judge(self, response: Response, url: str) -> None:
        """Tell what has changed since the call before."""
        status = response.status
        has_failed = status is None or not 200 <= status < 300
        if has_failed and not self._is_failing:
            why = f"status {status}" if status else response.detail
            self._tell(f"the heartbeat {shown_url(url)} cannot be called: {why}")
        if self._is_failing and not has_failed:
            self._tell(f"the heartbeat {shown_url(url)} can be called again")
        self._is_failing = has_failed
