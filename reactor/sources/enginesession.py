"""One connection to a Docker Engine: its lines go into the model, the model's frames to the feed.

What the engine has to be asked beside them is asked by a few threads: reading never waits for it.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from threading import Event as StopEvent
from typing import ClassVar, TypeVar

from reactor.clock import utc_now
from reactor.duration import from_micros
from reactor.engine.runs import SETTLING
from reactor.model.event import Frame
from reactor.model.protocols import Feed
from reactor.model.uri import stable_uuid
from reactor.platforms.docker.catchup import RING, Mark, Seen, covers, oldest_of
from reactor.platforms.docker.client import Client
from reactor.platforms.docker.dial import Gone, Refusal
from reactor.platforms.docker.door import Door
from reactor.platforms.docker.engine import Engine, ListedContainer, Listing
from reactor.platforms.docker.events import (
    CONTAINER,
    NODE,
    SERVICE,
    EngineEvent,
    decoded,
    parse_event,
)
from reactor.platforms.docker.evidence import gather, unreadable
from reactor.platforms.docker.listing import inspect, list_engine
from reactor.platforms.docker.model import Model
from reactor.platforms.docker.swarm import service_labels
from reactor.platforms.docker.waiting import Answer, Ask
from reactor.platforms.docker.windows import ACTIONS
from reactor.platforms.pool import Pool
from reactor.sources.readerprocess import ReaderProcess
from reactor.sources.spool import gap

SWARM_RECONCILE = timedelta(seconds=10)
"""From one listing to the next where a manager has to look after the tasks of other nodes, which
tell it nothing."""

_LIST_AGAIN = timedelta(seconds=60)
_LISTINGS_APART = timedelta(seconds=2)
_MARKED_EVERY = timedelta(minutes=1)
_SETTLED = timedelta(seconds=1)
"""Without a line for so long, everything that the engine told was read."""

_SHORT_ABSENCE = timedelta(minutes=10)
"""A machine starts anew within it."""

_MOST_ASKED = 1_000
_TOO_MANY, _ENDING = "too many ended at once", "the engine is about to end"

T = TypeVar("T")
_READ = (CONTAINER, SERVICE, NODE)


@dataclass(slots=True)
class Past:
    """What goes on from one connection to the next: what is known, which events were told, what
    the engine's own memory of events began with, and when the last connection ended, by the
    engine's clock."""

    model: Model
    seen: Seen = field(default_factory=Seen)
    oldest: Mark | None = None
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """The engine of one connection, and how it is asked; `skew` is its clock minus ours."""

    engine: Engine
    client: Client
    door: Door
    wishes: frozenset[str]
    pool: Pool
    skew: timedelta

    def now(self) -> datetime:
        """By the engine's clock, UTC."""
        return utc_now() + self.skew

    def look(self, ask: Ask) -> Answer:
        """Inspect a container and gather the evidence that rules wish for, or have a service's
        labels. Blocks; what cannot be had stays unknown."""
        if ask.is_service:
            return Answer(labels=self._labels(ask.id))
        wishes = self.wishes
        if self.now() >= ask.at + SETTLING:  # nothing waits for it any more
            return Answer(evidence=unreadable(wishes, _TOO_MANY))
        if ask.is_stop and not self.engine.keeps_containers and self.door.is_shut():
            # What else is asked may hang.
            return Answer(is_shut=True, evidence=unreadable(wishes, _ENDING))
        try:
            container = inspect(self.client, self.engine, ask.id)
        except (Gone, Refusal):
            container = None
        evidence = gather(self.client, self.engine, ask.id, wishes=wishes, until=ask.until)
        return Answer(container=container, evidence=evidence)

    def _labels(self, service_id: str) -> Mapping[str, str]:
        seconds = SETTLING.total_seconds()  # longer nothing waits for them
        try:
            return service_labels(self.client, self.engine, service_id, timeout=seconds)
        except (Gone, Refusal):
            return {}

    def list(self, known: Mapping[str, ListedContainer], *, inspect_all: bool) -> Listing:
        """All that it has. Blocks; raises Gone and Refusal."""
        return list_engine(
            self.client, self.engine, now=self.now, inspect_all=inspect_all, known=known
        )


class Session:
    """One connection, from its opening to its end. For one thread."""

    def __init__(
        self, past: Past, asking: Asking, reader: ReaderProcess, feed: Feed, every: timedelta
    ) -> None:
        """`every` is how often all is listed and compared, if nothing calls for it before."""
        self._past, self._model, self._asking = past, past.model, asking
        self._reader, self._feed = reader, feed
        self._every = every
        self._answers = deque[tuple[Ask, Future[Answer]]]()
        self._listing: Future[Listing] | None = None
        self._listed: dict[str, ListedContainer] = {}
        self._inspect_all = True
        self._list_at = self._line_at = self._marked_at = asking.now()
        self._told_until = self._line_at
        self._has_begun = False
        self._lag = timedelta()

    def run(self, lines: list[bytes], stop: StopEvent) -> None:
        """Read until the reader ends or `stop` is set; `lines` are the first. Raises Stopping."""
        read: list[bytes] | None = lines
        while read is not None:
            self._take(read)
            self._hand_in()
            if stop.is_set():
                self._mark()
                return
            read = self._reader.lines(stop, self._patience())
        self._past.left_at = self._asking.now()
        self._model.give_up_asking()
        self._hand_in()

    def _patience(self) -> float:
        due = self._model.next_due
        return (due - self._read_until()).total_seconds() if due else 1.0

    def _read_until(self) -> datetime:
        """The moment that the lines have come to. What an engine told while we were held up is read
        late, and an end may be read well before the `stop` that belongs to it."""
        return self._asking.now() - self._lag

    def _take(self, lines: list[bytes]) -> None:
        now = self._model.clock = self._asking.now()
        for line in lines:
            self._take_line(line)
        if lines:
            self._line_at = now
            self._has_begun = True
        elif self._has_begun:  # else what waits may have ended with the engine: the ring will tell
            self._model.pass_time(self._read_until())
        self._collect()
        self._list(now)
        self._ask()

    # What the reader says.

    def _take_line(self, line: bytes) -> None:
        """An event, or a word of the reader's own; what is neither goes on as it is, to be seen."""
        said = decoded(line)
        data = said if isinstance(said, dict) else {}
        word = data.get("reactor")
        if isinstance(word, str) and word in self._words:
            self._words[word](self, data)
        elif (event := parse_event(data)) is not None:
            if _is_read(event) and self._past.seen.is_new(event):
                self._take_event(event)
        else:
            text = line.decode(errors="replace")
            self._feed.put(Frame(line, stable_uuid("docker-line", self._asking.engine.id, text)))

    def _take_ring(self, data: Mapping[str, object]) -> None:
        """All that the engine still has: what was missed is taken, at the first start none."""
        told = data.get("events")
        events = [e for e in map(parse_event, told if isinstance(told, list) else []) if e]
        ring, count = tuple(Mark(event.time_nano, event.id) for event in events), _count(data)
        since, is_known = self._model.since, bool(self._past.seen)
        if since is not None and not covers(ring, since, self._past.oldest):
            self._tell_gap("the engine no longer had all events", since)
            if count < RING:  # it has forgotten nothing since it began, so it is another process
                self._model.restarted(self._lost_at(since, ring))
        self._past.oldest = oldest_of(ring, count)
        for event in events:
            is_new = _is_read(event) and self._past.seen.is_new(event)
            is_late = is_known and event.original.get("scope") == "swarm"  # by the swarm's clock
            if is_new and since is not None and (event.time_nano >= since or is_late):
                self._take_event(event)
        self._model.told_until(max((event.time_nano for event in events), default=0))

    def _lost_at(self, since: int, ring: Iterable[Mark]) -> datetime:
        """When the engine of before was heard last. If that is long ago, as we were away ourselves,
        it may have been asked for many stops since: then only what ended right before the new one
        began is known to have gone with it."""
        if self._past.left_at:
            return self._past.left_at
        heard = from_micros(since // 1000)
        first = min((mark.time_nano for mark in ring), default=None)
        began = self._asking.now() if first is None else from_micros(first // 1000)
        return heard if began - heard <= _SHORT_ABSENCE else began

    def _take_event(self, event: EngineEvent) -> None:
        self._model.take(event)
        if event.kind == CONTAINER:  # a swarm tells the times of its own clock
            self._lag = max(self._asking.now() - event.at, timedelta())

    def _take_window(self, data: Mapping[str, object]) -> None:
        """Everything up to this moment of the engine was told."""
        at = data.get("at")
        if isinstance(at, int):
            self._told_until = from_micros(at // 1000)
            self._model.told_until(at)
            if self._told_until - self._marked_at >= _MARKED_EVERY:
                self._mark()

    def _take_drop(self, data: Mapping[str, object]) -> None:
        """The reader's memory was full."""
        since = data.get("from")
        count = data.get("count")
        self._tell_gap(f"{count} events came faster than they were taken", since)

    _words: ClassVar[Mapping[str, Callable[["Session", Mapping[str, object]], None]]] = {
        "ring": _take_ring,
        "window": _take_window,
        "dropped": _take_drop,
    }

    def _tell_gap(self, reason: str, since: object) -> None:
        """There may have been events that nobody told us of: say so, and look what has changed."""
        at = from_micros(since // 1000) if isinstance(since, int) else None
        self._model.tell(gap(reason, at, self._asking.now()))
        self._inspect_all = True
        self._list_at = self._asking.now()

    # What the engine is asked.

    def _ask(self) -> None:
        """Have the threads ask what the model wants to know, as far as they keep up."""
        asks, self._model.asks = self._model.asks, []
        for ask in asks:
            if len(self._answers) >= _MOST_ASKED:
                nothing = Answer(evidence=unreadable(self._asking.wishes, _TOO_MANY))
                self._model.answered(ask, nothing, self._read_until())
                continue
            self._answers.append((ask, self._submit(partial(self._asking.look, ask))))

    def _submit(self, function: Callable[[], T]) -> Future[T]:
        future = self._asking.pool.submit(function)
        future.add_done_callback(lambda _: self._reader.wake())
        return future

    def _collect(self) -> None:
        """Take in the answers that are there."""
        for _ in range(len(self._answers)):
            ask, future = self._answers.popleft()
            if future.done():
                self._model.answered(ask, future.result(), self._read_until())
            else:
                self._answers.append((ask, future))

    def _list(self, now: datetime) -> None:
        """One step of a comparison, if it is time for it."""
        if self._listing is None:
            wanted = self._list_at - self._every + _LISTINGS_APART
            if now >= self._list_at or (self._model.wants_listing and now >= wanted):
                self._begin_listing(now)
        elif self._listing.done():
            self._conclude(self._listing, now)

    def _begin_listing(self, now: datetime) -> None:
        self._model.begin_listing()
        look = partial(self._asking.list, self._listed, inspect_all=self._inspect_all)
        self._listing, self._inspect_all = self._submit(look), False
        self._list_at = now + self._every

    def _conclude(self, future: Future[Listing], now: datetime) -> None:
        """The listing is there: it is compared once every event up to its end was told."""
        try:
            listing = future.result()
        except (Gone, Refusal) as error:
            self._fail(f"the containers could not be listed: {error}", now)
            return
        is_quiet = now - max(self._line_at, listing.ended_at) >= _SETTLED
        if is_quiet or self._told_until >= listing.ended_at:
            self._listing = None
            self._listed = {each.id: each for each in listing.containers}
            self._model.compare(listing)
            self._mark()
            if len(listing.nodes or ()) > 1:
                self._list_at = min(self._list_at, now + SWARM_RECONCILE)

    def _fail(self, why: str, now: datetime) -> None:
        self._listing, self._inspect_all = None, True
        self._list_at = now + _LIST_AGAIN
        self._feed.say(f"{why}; trying again in {_LIST_AGAIN.total_seconds():.0f} s")

    # What is handed in.

    def _hand_in(self) -> None:
        for frame in self._model.frames():
            self._feed.put(frame)

    def _mark(self) -> None:
        """Have the journal keep up to when events were read, though none may have been; what came
        of them goes before."""
        self._hand_in()
        self._marked_at = self._told_until
        self._feed.remember(self._model.remember())


def _count(data: Mapping[str, object]) -> int:
    """How many events the engine has, as many as it can keep if it does not say."""
    count = data.get("count")
    return count if isinstance(count, int) else RING


def _is_read(event: EngineEvent) -> bool:
    """Whether it is of those that an engine is asked for. The ring has others, too, and of them
    not the labels that may take a container out; Podman cannot be asked for some alone."""
    return event.kind in _READ and event.action in ACTIONS
