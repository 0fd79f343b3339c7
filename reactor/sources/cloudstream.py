"""The stream of events of Docker Cloud, of its ancestor Tutum, or of a hub that speaks as they did.

The service has no replay. So frames that the road has no room for wait in a spool, and at every
connect all objects are listed and compared with what was last known of them.
"""

import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Event as StopEvent

from reactor import __version__
from reactor.clock import monotonic, utc_now
from reactor.engine.normalize import Refusal, decode_frame
from reactor.model.errors import SourceLost, SourceRefused
from reactor.model.event import PLATFORM_OBJECTS, Frame
from reactor.model.protocols import Api, Feed
from reactor.platforms.cloud import Cloud, Filter, read_cloud
from reactor.platforms.credentials import user_of
from reactor.platforms.listing import Listed, list_objects
from reactor.platforms.pool import Pool
from reactor.sources.channel import Channel
from reactor.sources.handshake import parse_address
from reactor.sources.reading import Reading, opened
from reactor.sources.reconcile import Known
from reactor.sources.spool import MOST_BYTES, Spool, gap

LIST_AGAIN_SECONDS = 60.0
"""From a listing that failed to the next, while the connection lasts."""

Read = Callable[[Mapping[str, object], Mapping[str, str]], Cloud]
"""Makes settings of the options of a source and of the environment. Raises SourceRefused."""


class DockerCloudSource:
    """The events of one account. From one connection to the next it keeps what waits and what is
    known. `spooled` is how many bytes may wait, and `read` says which service it is."""

    def __init__(
        self,
        options: Mapping[str, object],
        environ: Mapping[str, str],
        spooled: int = MOST_BYTES,
        *,
        read: Read = read_cloud,
    ) -> None:
        self._options, self._environ, self._read = options, environ, read
        self._spool = Spool(spooled)
        self._known: Known | None = None
        self._peer = ""
        self._lost_at: datetime | None = None

    @property
    def peer(self) -> str:
        """The service and the stream's host."""
        return self._peer

    def run(self, feed: Feed, stop: StopEvent) -> None:
        """Hand in every frame, and what changed while there was no connection. Raises SourceLost,
        and SourceRefused when there are no credentials or they are refused."""
        self._spool.drain(feed)
        cloud = self._read(self._options, self._environ)
        self._peer = f"{cloud.service} at {cloud.stream}"
        address, api = parse_address(cloud.address), cloud.client()
        known = self._recalled(cloud, feed)
        with closing(Pool("stream", 1)) as pool:
            connected = opened(pool, address, _headers(cloud), stop)
            if connected is None:
                return
            over = StopEvent()
            begin = partial(pool.submit, partial(_listed, api, cloud, over))
            with closing(Channel(address.host, connected)) as channel:
                feed.connected()
                known.begin()
                connection = _Connection(
                    reading=Reading(channel=channel, feed=feed, spool=self._spool),
                    known=known,
                    filter=cloud.filter,
                    reconciling=_Reconciling(begin, self._lost_at),
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
            self._known = Known(question, feed.recall(), cloud.namespace, is_tutum=cloud.is_tutum)
        return self._known


def _headers(cloud: Cloud) -> dict[str, str]:
    return {"Authorization": cloud.authorization, "User-Agent": f"reactor/{__version__}"}


def _listed(api: Api, cloud: Cloud, over: StopEvent) -> tuple[Listed, ...]:
    return list_objects(api, _kinds(cloud.filter), over.wait, is_tutum=cloud.is_tutum)


def _kinds(wanted: Filter) -> tuple[str, ...]:
    """The types to be listed: those that are wanted, and those that tell of parents which a wanted
    object does not tell itself."""
    between = {"service", "node"} if wanted.parents else set[str]()
    types = wanted.types | between if wanted.types else PLATFORM_OBJECTS
    return tuple(kind for kind in PLATFORM_OBJECTS if kind in types)


@dataclass(slots=True)
class _Reconciling:
    """How far the comparison is: the listing under way, if it is time for one (`due_at`,
    monotonic), and the PING that was sent after it. Once that is answered, every frame that was
    sent before the listing ended has been read. `since` is when the last connection was lost."""

    begin: Callable[[], Future[tuple[Listed, ...]]]
    since: datetime | None
    due_at: float = 0.0
    listing: Future[tuple[Listed, ...]] | None = None
    ping: int = 0


@dataclass(slots=True, kw_only=True)
class _Connection:
    """One connection, from its opening to its end."""

    reading: Reading
    known: Known
    filter: Filter
    reconciling: _Reconciling | None

    def run(self, stop: StopEvent) -> None:
        """Read until `stop` is set. Raises SourceLost, SourceRefused and Stopping."""
        for raw in self.reading.frames(stop):
            if raw is not None:
                self._take(raw)
            if self.reconciling is not None:
                self._reconcile(self.reconciling)

    def _take(self, raw: bytes) -> None:
        """Hand a frame in as it is, if it is wanted; also what is none, to be counted."""
        spool, identity = self.reading.spool, self.reading.identity(raw)
        data = decode_frame(raw)
        if isinstance(data, Refusal):
            spool.add(Frame(raw, identity))
            return
        kind = data.get("type")
        if kind == "error" and _says_unauthorized(data):
            raise SourceRefused("the stream refuses our credentials: UNAUTHORIZED")
        if kind == "error":
            spool.add(Frame(raw, identity))
        elif kind != "auth" and self._wants(kind, data.get("resource_uri"), data.get("parents")):
            spool.add(Frame(raw, identity, remember=self.known.learn(data)))

    def _wants(self, kind: object, uri: object, parents: object) -> bool:
        """By our own filter: a server may not know it, or know it otherwise."""
        return self.filter.passes(kind, uri, parents)

    def _reconcile(self, reconciling: _Reconciling) -> None:
        """One step, if it is time for it."""
        if reconciling.listing is None:
            if monotonic() >= reconciling.due_at:
                reconciling.listing = reconciling.begin()
        elif not reconciling.listing.done():
            return
        elif not reconciling.ping:
            reconciling.ping = self.reading.channel.ping()
        elif self.reading.channel.has_pong(reconciling.ping):
            self._conclude(reconciling, reconciling.listing)

    def _conclude(self, reconciling: _Reconciling, listing: Future[tuple[Listed, ...]]) -> None:
        """The listing has ended: well, or it is repeated after a while."""
        try:
            self._compare(listing.result())
        except SourceLost as error:
            why = f"the objects could not be listed: {error}"
            self.reading.feed.say(f"{why}; trying again in {LIST_AGAIN_SECONDS:.0f} s")
            if self.known.has_baseline and not reconciling.due_at:
                self.reading.spool.add(gap(why, reconciling.since, utc_now()))
            due_at = monotonic() + LIST_AGAIN_SECONDS
            self.reconciling = _Reconciling(reconciling.begin, reconciling.since, due_at)
        else:
            self.reconciling = None

    def _compare(self, listing: tuple[Listed, ...]) -> None:
        now = utc_now()
        if not self.known.has_baseline:
            self.reading.feed.remember(self.known.take_baseline(listing, self._wants, now))
            return
        for frame in self.known.compare(listing, self._wants, now):
            self.reading.spool.add(frame)


def _says_unauthorized(data: Mapping[str, object]) -> bool:
    """The error frame of the times before the 401 (docs/platforms.md §1)."""
    told = data.get("data")
    return isinstance(told, dict) and told.get("errorMessage") == "UNAUTHORIZED"
