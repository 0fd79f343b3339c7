"""The frames of any WebSocket.

Nothing is known of what it sends, so nothing can be asked after a time without a connection: that
there may have been more is told by a `gap`. Frames that the road has no room for wait in a spool.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from threading import Event as StopEvent
from urllib.parse import urlsplit

from reactor import __version__
from reactor.clock import utc_now
from reactor.model.event import Frame
from reactor.model.protocols import Feed
from reactor.platforms.pool import Pool
from reactor.sources.channel import Channel
from reactor.sources.handshake import parse_address
from reactor.sources.reading import Reading, opened
from reactor.sources.spool import MOST_BYTES, Spool, gap

STREAM = "stream"
"""The key under which is kept what the source was connected to."""


class WebSocketSource:
    """One `url`, which may hold a secret; from one connection to the next it keeps what waits.
    `spooled` is how many bytes may wait."""

    def __init__(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        subprotocols: Sequence[str],
        spooled: int = MOST_BYTES,
    ) -> None:
        self._url, self._subprotocols = url, subprotocols
        has_agent = "user-agent" in map(str.lower, headers)
        own = {} if has_agent else {"User-Agent": f"reactor/{__version__}"}
        self._headers = {**own, **headers}
        self._spool = Spool(spooled)
        self._lost_at: datetime | None = None

    @property
    def peer(self) -> str:
        """Scheme, host and port; what follows may be a secret."""
        scheme, host, *_ = urlsplit(self._url)
        return f"{scheme}://{host}/…"

    def run(self, feed: Feed, stop: StopEvent) -> None:
        """Hand in every frame. Raises SourceLost, and SourceRefused when the credentials in the
        headers are refused."""
        self._spool.drain(feed)
        address = parse_address(self._url)
        with closing(Pool("stream", 1)) as pool:
            connected = opened(pool, address, self._headers, stop, subprotocols=self._subprotocols)
        if connected is None:
            return
        with closing(Channel(address.host, connected)) as channel:
            feed.connected()
            self._begin(feed)
            reading = Reading(channel=channel, feed=feed, spool=self._spool)
            try:
                for raw in reading.frames(stop):
                    if raw is not None:
                        self._spool.add(Frame(raw, reading.identity(raw)))
            finally:
                self._lost_at = utc_now()
                self._spool.drain(feed)

    def _begin(self, feed: Feed) -> None:
        """Tell of the time since the last connection, which may be one before our start."""
        if self._lost_at is not None:
            self._spool.add(gap("the connection was lost", self._lost_at, utc_now()))
        elif feed.recall().get(STREAM) == self.peer:
            self._spool.add(gap("reactor was not connected", None, utc_now()))
        else:
            feed.remember({STREAM: self.peer})
