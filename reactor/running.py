"""What runs beside the journal: the sources in their threads, and the APIs behind them."""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from threading import Event, Thread

from reactor.clock import monotonic, utc_now
from reactor.delivery.dispatcher import Begun
from reactor.model.errors import ReactorError, SourceRefused
from reactor.model.lookup import Found, Need
from reactor.model.protocols import Api, Lookups
from reactor.model.rule import SourceSpec
from reactor.model.signal import Linked
from reactor.platforms.calls import Calls
from reactor.platforms.lookups import CloudLookups
from reactor.platforms.pool import Pool
from reactor.sources import SOURCES
from reactor.sources.intake import Intake, IntakeFeed
from reactor.sources.relay import Relay
from reactor.sources.supervise import SourceStatus, Supervisor, World
from reactor.sources.webhook import WebhookSource

PATIENCE = 11.0
"""Seconds that a part gets to end: running attempts may take 10 (rules.md §6, run)."""

LOOKUP_THREADS = 4
"""Lookups of one source that are under way at once."""


def ignore(_: object) -> None:
    """The observer that does not care."""


class Sources:
    """The supervised sources of the present rules, a thread each. What they bring goes into the
    intake, and so does the word that one connected or is connected no longer; `relay` tells others
    of both."""

    def __init__(
        self,
        intake: Intake,
        *,
        log: Callable[[str], None],
        recall: Callable[[str], Mapping[str, object]] = lambda _: {},
        on_refused: Callable[[SourceStatus], None] = ignore,
        warn: Callable[[str], None] | None = None,
        on_failure: Callable[[str], None] = ignore,
    ) -> None:
        self._intake, self._recall, self._on_failure = intake, recall, on_failure
        self.relay = Relay()
        self.was_connected = False
        """Whether any of them ever was."""
        self._world = World(
            now=utc_now,
            monotonic=monotonic,
            jitter=random.random,  # noqa: TID251 -- jitter comes into the program here
            log=log,
            on_refused=on_refused,
            warn=warn,
        )
        self._running: dict[str, tuple[SourceSpec, Supervisor, Event, Thread]] = {}
        self._hooks: dict[str, WebhookSource] = {}

    def adopt(self, specs: Iterable[SourceSpec]) -> None:
        """Run these: start what is new, stop what is gone, restart what has changed."""
        wanted = {spec.name: spec for spec in specs}
        for name, (spec, _, stop, thread) in list(self._running.items()):
            if name not in wanted or not _is_same(wanted[name], spec):
                stop.set()
                thread.join(PATIENCE)
                del self._running[name]
        for name, spec in wanted.items():
            if name not in self._running:
                self._start(spec)
        for name in self._hooks.keys() - wanted.keys():
            del self._hooks[name]

    def _start(self, spec: SourceSpec) -> None:
        kind, stop = SOURCES[spec.type], Event()
        feed = IntakeFeed(
            intake=self._intake,
            source=spec.name,
            platform=kind.platform,
            recall=partial(self._recall, spec.name),
        )
        source = kind.open(spec)
        if isinstance(source, WebhookSource):
            self._hooks[spec.name] = source  # in one step: a hook that is replaced is never missing
        else:
            self._hooks.pop(spec.name, None)
        world = replace(
            self._world,
            on_link=partial(self._linked, spec),
            on_frame=partial(self.relay.tell, spec),
        )
        supervisor = Supervisor(spec, source, feed, world, longest_pause=kind.longest_pause)
        body = lambda: supervisor.run(stop)  # noqa: E731 -- a thread's body without arguments
        thread = started(f"source {spec.name}", body, self._on_failure)
        self._running[spec.name] = (spec, supervisor, stop, thread)

    def _linked(self, spec: SourceSpec, linked: Linked) -> None:
        self.was_connected |= linked.is_connected
        self._intake.tell(linked)
        self.relay.link(spec, is_connected=linked.is_connected)

    def hook(self, name: str) -> WebhookSource | None:
        """What is reached at `/hooks/NAME`; also while a reload replaces it, though it takes
        nothing then. May be asked by any thread."""
        return self._hooks.get(name)

    def statuses(self) -> list[SourceStatus]:
        """How each stands."""
        running = list(self._running.values())  # a reload may change it meanwhile
        return [supervisor.status for _, supervisor, _, _ in running]

    def status(self, name: str) -> SourceStatus | None:
        """How one of them stands, if there is one of that name."""
        running = self._running.get(name)
        return running[1].status if running else None

    def stop(self) -> None:
        """Stop all, and let no frame in any more; what is in the intake stays there."""
        for _, _, stop, _ in self._running.values():
            stop.set()
        self._intake.close()  # else a source that waits for room would not see its stop
        for _, _, _, thread in self._running.values():
            thread.join(PATIENCE)


@dataclass(frozen=True, slots=True)
class _Opened:
    """The API of one source and what goes through it; `lookups` is None where events bring all
    that is known."""

    spec: SourceSpec
    api: Api
    pool: Pool
    lookups: CloudLookups | None

    def close(self) -> None:
        if self.lookups:
            self.lookups.close()
        self.pool.close()


@dataclass(frozen=True, slots=True)
class _Unopened:
    """The lookups of an API that could not be opened: they fail. If there were none, what was not
    looked up would be taken for what does not exist, and rules would fire on that."""

    why: str

    def recall(self, _uri: str) -> None:
        return None

    def forget(self, _uri: str) -> None:
        pass

    def ask(self, _need: Need, tell: Callable[[Found], None]) -> None:
        tell(Found(object=None, reason=self.why))


class Apis:
    """The APIs behind the sources of the present rules: lookups for the pipeline, calls for the
    dispatcher. A source without one has neither; one without credentials has lookups that fail, if
    it looks anything up."""

    def __init__(self, specs: Iterable[SourceSpec] = ()) -> None:
        self._opened: dict[str, _Opened] = {}
        self._unopened: dict[str, _Unopened] = {}
        self._replaced: list[_Opened] = []
        self._calls: list[Calls[Begun]] = []
        self.adopt(specs)

    def adopt(self, specs: Iterable[SourceSpec]) -> Mapping[str, Lookups]:
        """Open what is new or changed; the lookups of all, and of what was there before. What was
        replaced goes on until `retire`."""
        before, self._opened, self._unopened = self._opened, {}, {}
        for spec in specs:
            known = before.pop(spec.name, None)
            if known and _is_same(known.spec, spec):
                self._opened[spec.name] = known
                continue
            self._replaced += [known] if known else []
            self._open(spec)
        self._replaced += before.values()
        for name, gone in before.items():  # its events may still be on their way
            if gone.lookups:
                self._unopened[name] = _Unopened(f"source '{name}' is no longer in the rules")
        for calls in self._calls:
            calls.adopt(self._apis())
        return self.lookups

    def _open(self, spec: SourceSpec) -> None:
        try:
            if opened := _opened(spec):
                self._opened[spec.name] = opened
        except SourceRefused as error:  # the source itself tells people
            if SOURCES[spec.type].looks_up:
                self._unopened[spec.name] = _Unopened(str(error))

    @property
    def lookups(self) -> Mapping[str, Lookups]:
        """By source."""
        every = {name: opened.lookups for name, opened in self._opened.items()}
        opened = {name: lookups for name, lookups in every.items() if lookups}
        return {**opened, **self._unopened}

    def calls(self, on_finished: Callable[[], None]) -> Calls[Begun]:
        """What carries out calls back, for one dispatcher."""
        calls = Calls[Begun](on_finished=on_finished)
        calls.adopt(self._apis())
        self._calls.append(calls)
        return calls

    def _apis(self) -> Mapping[str, Api]:
        return {name: opened.api for name, opened in self._opened.items()}

    def retire(self) -> None:
        """Close what was replaced: nobody asks it any more."""
        for opened in self._replaced:
            opened.close()
        self._replaced.clear()

    def close(self) -> None:
        """Close all; what hangs in a server's hands is given up."""
        for calls in self._calls:
            calls.close()
        self.retire()
        for opened in self._opened.values():
            opened.close()


def _opened(spec: SourceSpec) -> _Opened | None:
    """The API of a source, if it has one. Raises SourceRefused when there are no credentials."""
    kind = SOURCES[spec.type]
    if kind.api is None:
        return None
    api, pool = kind.api(spec), Pool(f"lookups {spec.name}", LOOKUP_THREADS)
    return _Opened(spec, api, pool, CloudLookups(api, pool) if kind.looks_up else None)


def _is_same(one: SourceSpec, other: SourceSpec) -> bool:
    """Whether a source can go on as it is; that its entry moved in the file changes nothing."""
    return replace(one, place=other.place) == other


def started(name: str, body: Callable[[], None], on_failure: Callable[[str], None]) -> Thread:
    """Start a thread. If its body raises, `on_failure` hears of it: in our own words if it is an
    error of ours, else with the trace that Python prints of a thread that dies."""

    def watched() -> None:
        why: str | None = f"the {name} thread died"
        try:
            body()
            why = None
        except ReactorError as fault:
            why = f"the {name} cannot go on: {fault}"
        finally:
            if why is not None:
                on_failure(why)

    thread = Thread(target=watched, name=name, daemon=True)
    thread.start()
    return thread
