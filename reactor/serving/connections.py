"""The connections of an HTTP server: how many there may be, and how long one may hold its place
without asking for something whole.

uvicorn times only the pause after an answer; a client that sends one byte a minute it lets be.
"""

from collections.abc import Callable, Collection
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from reactor.serving.protocol import BoundedProtocol

MOST_CONNECTIONS = 1_000
"""At once. One more takes the place of the one that has held its own longest for nothing."""

PATIENCE = 4.5
"""Seconds until the headers of a request must be there, from the connection or the last answer on;
and then again until its body is. With what may pass between two looks, 10 s in all."""

GREETING = 2 * PATIENCE
"""Seconds after which one that has not become a connection by TLS never will: its loop has given it
up by then."""

LOOK_SECONDS = 0.5
"""How often `drop_overdue` is to be called."""


class Connections:
    """Watches the connections that it makes for uvicorn. For the server's own thread alone.

    `monotonic` is in seconds. What has become a WebSocket is let be.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        *,
        most: int = MOST_CONNECTIONS,
        patience: float = PATIENCE,
    ) -> None:
        self._monotonic, self._most, self._patience = monotonic, most, patience
        self._held: dict[BoundedProtocol, tuple[RequestResponseCycle | None, float]] = {}
        self._open: Collection[object] = ()

    def admit(
        self, **made: Any
    ) -> BoundedProtocol:  # Any: what uvicorn gives to a protocol of its own
        """The protocol of a connection that was just accepted."""
        if len(self._held) >= self._most:
            self._make_room()
        protocol = BoundedProtocol(**made)
        self._open = protocol.server_state.connections
        self._held[protocol] = (None, self._monotonic())
        return protocol

    def _make_room(self) -> None:
        self._forget_closed()
        idle = [each for each in self._held if each.transport is not None and _owes(each)]
        if len(self._held) >= self._most and idle:
            self._drop(min(idle, key=lambda each: self._held[each][1]))

    def drop_overdue(self) -> None:
        """Close what has kept us waiting for too long."""
        self._forget_closed()
        now = self._monotonic()
        for each, (cycle, since) in list(self._held.items()):
            if each.answering is not cycle or not _owes(each):
                self._held[each] = (each.answering, now)
            elif each.transport is not None and now - since >= self._patience:
                self._drop(each)

    def _forget_closed(self) -> None:
        self._held = {each: held for each, held in self._held.items() if self._is_open(each)}

    def _is_open(self, protocol: BoundedProtocol) -> bool:
        # It was made in this turn of the loop, or greets by TLS.
        is_greeting = protocol.transport is None
        if is_greeting:
            return self._monotonic() - self._held[protocol][1] < GREETING
        return protocol in self._open and not protocol.transport.is_closing()

    def _drop(self, protocol: BoundedProtocol) -> None:
        del self._held[protocol]
        protocol.transport.close()


def _owes(protocol: BoundedProtocol) -> bool:
    """Whether the client is to send something: a request, or the rest of one."""
    cycle = protocol.answering
    return cycle is None or cycle.response_complete or cycle.more_body
