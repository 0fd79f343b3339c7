"""What every source over a WebSocket does: open it, and read it in bounded memory until we stop."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from socket import socket
from threading import Event as StopEvent
from uuid import uuid4

from reactor.clock import utc_now
from reactor.model.protocols import Feed
from reactor.platforms.pool import Pool
from reactor.sources.channel import Channel
from reactor.sources.handshake import Address, connect
from reactor.sources.spool import Spool

_LOOK_SECONDS = 0.2  # how soon a stop is noticed, well within the second that a source has
_ROOM_SECONDS = 0.02  # how soon it is noticed that the road has room again


def opened(
    pool: Pool,
    address: Address,
    headers: Mapping[str, str],
    stop: StopEvent,
    *,
    subprotocols: Sequence[str] = (),
) -> socket | None:
    """The connection, opened in a thread of `pool`, as soon as there is one; None when we stop
    before. Raises what `connect` raises."""
    opening = pool.submit(partial(connect, address, headers, subprotocols=subprotocols))
    while not stop.is_set():
        try:
            return opening.result(_LOOK_SECONDS)
        except TimeoutError:
            continue
    opening.add_done_callback(_hang_up)
    return None


def _hang_up(opening: Future[socket]) -> None:
    if not opening.cancelled() and not opening.exception():
        opening.result().close()


@dataclass(slots=True, kw_only=True)
class Reading:
    """One connection. What is put into the spool is handed in as there is room, and while the
    spool is full nothing is read."""

    channel: Channel
    feed: Feed
    spool: Spool
    _name: str = field(default_factory=lambda: uuid4().hex)
    _ordinals: "count[int]" = field(default_factory=lambda: count(1))

    def frames(self, stop: StopEvent) -> Iterator[bytes | None]:
        """Every frame until `stop` is set, and None each time that none came for a moment. Raises
        SourceLost and Stopping."""
        while not stop.is_set():
            self.spool.drain(self.feed)
            if self.spool.is_resting(utc_now()):
                self.channel.rest()
                stop.wait(_ROOM_SECONDS)
            else:
                yield self.channel.receive(_ROOM_SECONDS if len(self.spool) else _LOOK_SECONDS)

    def identity(self, raw: bytes) -> str:
        """Of a frame that has no `uuid`: two that are equal may be two crashes of one container.
        To be asked once for each frame, in their order."""
        place = f"{self._name}\x1f{next(self._ordinals)}\x1f".encode()
        return hashlib.sha256(place + raw).hexdigest()[:32]
