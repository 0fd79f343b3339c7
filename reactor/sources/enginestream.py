"""A Docker Engine as a source: its events, read by a small process, and what they mean."""

import json
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from threading import Event as StopEvent

from reactor.clock import utc_now
from reactor.model.errors import SourceLost, SourceRefused
from reactor.model.protocols import Feed
from reactor.platforms.docker.client import Client
from reactor.platforms.docker.dial import Address, Refusal, address_from
from reactor.platforms.docker.door import Door
from reactor.platforms.docker.engine import Engine, described
from reactor.platforms.docker.memory import engine_of
from reactor.platforms.docker.model import Model
from reactor.platforms.docker.reader import Order
from reactor.platforms.pool import Pool
from reactor.sources.enginesession import Asking, Past, Session
from reactor.sources.readerprocess import ReaderProcess

RECONCILE = timedelta(minutes=5)
"""From one listing to the next, if nothing calls for one before."""

_THREADS = 4
"""Inspections and other questions of one engine that are under way at once."""


class DockerSource:
    """One engine. From one connection to the next it keeps what it knows. `wishes` are the facts
    that only the engine can tell, those of them that rules speak of. An engine that refuses us is
    one that cannot be reached, if it was met before: by us, or by whoever wrote the journal."""

    def __init__(
        self,
        options: Mapping[str, object],
        environ: Mapping[str, str],
        wishes: frozenset[str] = frozenset(),
    ) -> None:
        self._options, self._environ, self._wishes = options, environ, wishes
        self._past: Past | None = None
        self._was_met = False
        self._peer = "a Docker Engine"

    @property
    def peer(self) -> str:
        """The engine's version and address."""
        return self._peer

    def run(self, feed: Feed, stop: StopEvent) -> None:
        """Hand in every event, and what changed unseen. Raises SourceLost, and SourceRefused when
        an engine that was never met does not let us in or its address is of no kind that we
        speak."""
        try:
            address, tls = address_from(self._options, self._environ)
        except Refusal as error:
            raise SourceRefused(str(error)) from error
        with (
            ReaderProcess(Order(address=address, tls=tls)) as reader,
            closing(Client(address, tls)) as client,
            closing(Pool("docker", _THREADS)) as pool,
        ):
            lines = _begun(reader, stop)
            if lines:
                asking = _asking(lines[0], client, pool, self._wishes)
                self._begin(asking, address, reader, feed).run(lines[1:], stop)
            if not stop.is_set():
                ending = reader.ending(str(address))
                if not lines:
                    self._miss(ending, address, feed)
                raise SourceLost(str(ending)) from ending

    def _begin(
        self, asking: Asking, address: Address, reader: ReaderProcess, feed: Feed
    ) -> Session:
        engine = asking.engine
        kind = "Podman" if engine.is_podman else "Docker Engine"
        self._peer = f"{kind} {engine.version} at {address}"
        past = self._past or self._recall(feed, engine)
        past.model.reached(asking.now())
        if past.model.engine.id != engine.id:
            _hand_in(past.model, feed)
            past = Past(Model(engine, feed.recall(), self._wishes))
        past.model.meet(engine)
        self._past, self._was_met = past, True
        feed.connected()
        every = self._options.get("reconcile")
        usual = every if isinstance(every, timedelta) else RECONCILE
        return Session(past, asking, reader, feed, usual)

    def _recall(self, feed: Feed, stranger: Engine) -> Past:
        """What the journal has of the engine of before, else nothing of another."""
        kept = feed.recall()
        return Past(Model(engine_of(kept) or stranger, kept, self._wishes))

    def _miss(self, ending: SourceLost | SourceRefused, address: Address, feed: Feed) -> None:
        """There is no engine, which is an event of its own: one, however often it is tried. Raises
        the refusal of one that was never met, whose address or rights may be our mistake."""
        where = address.where
        past = self._past or self._recall(feed, Engine(id=where, name=where, version=""))
        was_met = self._was_met or past.model.has_baseline
        if isinstance(ending, SourceRefused) and not was_met:
            raise ending
        self._past = past
        past.model.unreachable(f"no engine: {ending}", utc_now())
        _hand_in(past.model, feed)


def _begun(reader: ReaderProcess, stop: StopEvent) -> list[bytes]:
    """The reader's first lines: the engine, and all that it still has; none if it does not tell
    both. What happens from then on is told, so that whoever looks at the engine now misses
    nothing."""
    lines = reader.meet(stop)
    while len(lines) == 1 and (more := reader.meet(stop)):
        lines += more
    return lines if len(lines) > 1 else []


def _hand_in(model: Model, feed: Feed) -> None:
    for frame in model.frames():
        feed.put(frame)


def _asking(line: bytes, client: Client, pool: Pool, wishes: frozenset[str]) -> Asking:
    """Whom to ask: the engine, as the reader's first line describes it."""
    told = json.loads(line)
    skew = timedelta(seconds=told["skew"])
    return Asking(
        engine=described(told),
        client=client,
        door=Door(client),
        wishes=wishes,
        pool=pool,
        skew=skew,
    )
