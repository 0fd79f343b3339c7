"""The stream of events of Docker Cloud, or of a hub that speaks as it did.

The service has no replay. So frames that the road has no room for wait in a spool, and at every
connect all objects are listed and compared with what was last known of them.
"""

import hashlib
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import count
from socket import socket
from threading import Event as StopEvent
from uuid import uuid4

from reactor import __version__
from reactor.clock import utc_now
from reactor.engine.normalize import Refusal, decode_frame
from reactor.model.errors import SourceLost, SourceRefused
from reactor.model.event import PLATFORM_OBJECTS, Frame
from reactor.model.protocols import Feed
from reactor.platforms.cloud import Cloud, Filter, read_cloud
from reactor.platforms.credentials import user_of
from reactor.platforms.listing import Listed, list_objects
from reactor.platforms.pool import Pool
from reactor.sources.channel import Channel
from reactor.sources.handshake import connect, parse_address
from reactor.sources.reconcile import Known
from reactor.sources.spool import MOST_BYTES, Spool, gap

_LOOK_SECONDS = 0.2  # how soon a stop is noticed, well within the second that a source has
_ROOM_SECONDS = 0.02  # how soon it is noticed that the road has room again


class DockerCloudSource:
    """The events of one account. From one connection to the next it keeps what waits and what is
    known. `spooled` is how many bytes may wait."""

    def __init__(
        self,
        options: Mapping[str, object],
        environ: Mapping[str, str],
        spooled: int = MOST_BYTES,
    ) -> None:
        self._options, self._environ = options, environ
        self._spool = Spool(spooled)
        self._known: Known | None = None
        self._stream = ""
        self._lost_at: datetime | None = None

    @property
    def peer(self) -> str:
        """The stream's host."""
        return f"Docker Cloud at {self._stream}"

    def run(self, feed: Feed, stop: StopEvent) -> None:
        """Hand in every frame, and what changed while there was no connection. Raises SourceLost,
        and SourceRefused when there are no credentials or they are refused."""
        self._spool.drain(feed)
        cloud = read_cloud(self._options, self._environ)
        self._stream = cloud.stream
        address, api, known = parse_address(cloud.url), cloud.client(), self._recalled(cloud, feed)
        with closing(Pool("dockercloud", 1)) as pool:
            connected = _connected(pool.submit(partial(connect, address, _headers(cloud))), stop)
            if connected is None:
                return
            over = StopEvent()
            listing = pool.submit(partial(list_objects, api, _kinds(cloud.filter), over.wait))
            with closing(Channel(address.host, connected)) as channel:
                feed.connected()
                known.begin()
                connection = _Connection(
                    channel=channel,
                    feed=feed,
                    spool=self._spool,
                    known=known,
                    filter=cloud.filter,
                    reconciling=_Reconciling(listing, self._lost_at),
                )
                try:
                    connection.run(stop)
                finally:
                    over.set()
                    self._lost_at = utc_now()
                    self._spool.drain(feed)

    def _recalled(self, cloud: Cloud, feed: Feed) -> Known:
        """What is known; from the journal at the first connection, or if another account is asked
        than before."""
        asked = f"{cloud.url} {cloud.origin} {user_of(cloud.authorization)}"
        question = hashlib.sha256(asked.encode()).hexdigest()[:16]
        if self._known is None or self._known.question != question:
            self._known = Known(question, feed.recall(), cloud.namespace)
        return self._known


def _headers(cloud: Cloud) -> dict[str, str]:
    return {"Authorization": cloud.authorization, "User-Agent": f"reactor/{__version__}"}


def _kinds(wanted: Filter) -> tuple[str, ...]:
    """The types to be listed: those that are wanted, and those that tell of parents which a wanted
    object does not tell itself."""
    between = {"service", "node"} if wanted.parents else set[str]()
    types = wanted.types | between if wanted.types else PLATFORM_OBJECTS
    return tuple(kind for kind in PLATFORM_OBJECTS if kind in types)


def _connected(opening: Future[socket], stop: StopEvent) -> socket | None:
    """The connection as soon as there is one; None when we stop before. Raises what opening it
    raises."""
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


@dataclass(slots=True)
class _Reconciling:
    """How far the comparison is: the listing under way, and the PING that was sent after it. Once
    that is answered, every frame that was sent before the listing ended has been read. `since` is
    when the last connection was lost."""

    listing: Future[tuple[Listed, ...]]
    since: datetime | None
    ping: int = 0


@dataclass(slots=True, kw_only=True)
class _Connection:
    """One connection, from its opening to its end."""

    channel: Channel
    feed: Feed
    spool: Spool
    known: Known
    filter: Filter
    reconciling: _Reconciling | None
    name: str = field(default_factory=lambda: uuid4().hex)
    ordinals: "count[int]" = field(default_factory=lambda: count(1))

    def run(self, stop: StopEvent) -> None:
        """Read until `stop` is set. Raises SourceLost, SourceRefused and Stopping."""
        while not stop.is_set():
            self.spool.drain(self.feed)
            if self.spool.is_resting(utc_now()):
                self.channel.rest()
                stop.wait(_ROOM_SECONDS)
                continue
            raw = self.channel.receive(_ROOM_SECONDS if len(self.spool) else _LOOK_SECONDS)
            if raw is not None:
                self._take(raw)
            if self.reconciling is not None:
                self._reconcile(self.reconciling)

    def _take(self, raw: bytes) -> None:
        """Hand a frame in as it is, if it is wanted; also what is none, to be counted."""
        identity = self._identity(raw)
        data = decode_frame(raw)
        if isinstance(data, Refusal):
            self.spool.add(Frame(raw, identity))
            return
        kind = data.get("type")
        if kind == "error" and _says_unauthorized(data):
            raise SourceRefused("the stream refuses our credentials: UNAUTHORIZED")
        if kind == "error":
            self.spool.add(Frame(raw, identity))
        elif kind != "auth" and self._wants(kind, data.get("resource_uri"), data.get("parents")):
            self.spool.add(Frame(raw, identity, remember=self.known.learn(data)))

    def _identity(self, raw: bytes) -> str:
        """Of a frame that has no `uuid`: two that are equal may be two crashes of one container."""
        place = f"{self.name}\x1f{next(self.ordinals)}\x1f".encode()
        return hashlib.sha256(place + raw).hexdigest()[:32]

    def _wants(self, kind: object, uri: object, parents: object) -> bool:
        """By our own filter: a server may not know it, or know it otherwise."""
        return self.filter.passes(kind, uri, parents)

    def _reconcile(self, reconciling: _Reconciling) -> None:
        """One step, if it is time for it."""
        if not reconciling.listing.done():
            return
        if not reconciling.ping:
            reconciling.ping = self.channel.ping()
        elif self.channel.has_pong(reconciling.ping):
            self.reconciling = None
            self._compare(reconciling)

    def _compare(self, reconciling: _Reconciling) -> None:
        now = utc_now()
        try:
            listing = reconciling.listing.result()
        except SourceLost as error:
            if self.known.has_baseline:
                why = f"the objects could not be listed: {error}"
                self.spool.add(gap(why, reconciling.since, now))
            return
        if not self.known.has_baseline:
            self.feed.remember(self.known.take_baseline(listing, self._wants, now))
            return
        for frame in self.known.compare(listing, self._wants, now):
            self.spool.add(frame)


def _says_unauthorized(data: Mapping[str, object]) -> bool:
    """The error frame of the times before the 401 (docs/platforms.md §1)."""
    told = data.get("data")
    return isinstance(told, dict) and told.get("errorMessage") == "UNAUTHORIZED"
