"""What runs beside the journal: the sources in their threads, and the APIs behind them."""

import random
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from threading import Event, Thread

from reactor.clock import monotonic, utc_now
from reactor.delivery.dispatcher import Begun
from reactor.model.errors import ReactorError, SourceRefused
from reactor.model.protocols import Api, Lookups
from reactor.model.rule import SourceSpec
from reactor.platforms.calls import Calls
from reactor.platforms.lookups import CloudLookups
from reactor.platforms.pool import Pool
from reactor.sources import SOURCES
from reactor.sources.intake import Intake, IntakeFeed
from reactor.sources.supervise import SourceStatus, Supervisor, World

PATIENCE = 11.0
"""Seconds that a part gets to end: running attempts may take 10 (rules.md §6, run)."""

LOOKUP_THREADS = 4
"""Lookups of one source that are under way at once."""


def ignore(_: object) -> None:
    """The observer that does not care."""


class Sources:
    """The supervised sources of the present rules, a thread each."""

    def __init__(
        self,
        intake: Intake,
        *,
        log: Callable[[str], None],
        recall: Callable[[str], Mapping[str, object]] = lambda _: {},
        on_refused: Callable[[SourceStatus], None] = ignore,
        on_failure: Callable[[str], None] = ignore,
    ) -> None:
        self._intake, self._recall, self._on_failure = intake, recall, on_failure
        self._world = World(
            now=utc_now,
            monotonic=monotonic,
            jitter=random.random,  # noqa: TID251 -- jitter comes into the program here
            log=log,
            on_refused=on_refused,
        )
        self._running: dict[str, tuple[SourceSpec, Supervisor, Event, Thread]] = {}

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

    def _start(self, spec: SourceSpec) -> None:
        kind, stop = SOURCES[spec.type], Event()
        feed = IntakeFeed(
            intake=self._intake,
            source=spec.name,
            platform=kind.platform,
            recall=partial(self._recall, spec.name),
        )
        supervisor = Supervisor(spec, kind.open(spec), feed, self._world)
        body = lambda: supervisor.run(stop)  # noqa: E731 -- a thread's body without arguments
        thread = started(f"source {spec.name}", body, self._on_failure)
        self._running[spec.name] = (spec, supervisor, stop, thread)

    def statuses(self) -> list[SourceStatus]:
        """How each stands."""
        return [supervisor.status for _, supervisor, _, _ in self._running.values()]

    def stop(self) -> None:
        """Stop all, and let no frame in any more; what is in the intake stays there."""
        for _, _, stop, _ in self._running.values():
            stop.set()
        self._intake.close()  # else a source that waits for room would not see its stop
        for _, _, _, thread in self._running.values():
            thread.join(PATIENCE)


@dataclass(frozen=True, slots=True)
class _Opened:
    """The API of one source and what goes through it."""

    spec: SourceSpec
    api: Api
    pool: Pool
    lookups: CloudLookups

    def close(self) -> None:
        self.lookups.close()
        self.pool.close()


class Apis:
    """The APIs behind the sources of the present rules: lookups for the pipeline, calls for the
    dispatcher. A source without one, or without credentials, has neither."""

    def __init__(self, specs: Iterable[SourceSpec] = ()) -> None:
        self._opened: dict[str, _Opened] = {}
        self._replaced: list[_Opened] = []
        self._calls: list[Calls[Begun]] = []
        self.adopt(specs)

    def adopt(self, specs: Iterable[SourceSpec]) -> Mapping[str, Lookups]:
        """Open what is new or changed; the lookups of all. What was replaced goes on until
        `retire`."""
        before, self._opened = self._opened, {}
        for spec in specs:
            known = before.pop(spec.name, None)
            if known and _is_same(known.spec, spec):
                self._opened[spec.name] = known
                continue
            self._replaced += [known] if known else []
            if opened := _opened(spec):
                self._opened[spec.name] = opened
        self._replaced += before.values()
        for calls in self._calls:
            calls.adopt(self._apis())
        return self.lookups

    @property
    def lookups(self) -> Mapping[str, Lookups]:
        """By source."""
        return {name: opened.lookups for name, opened in self._opened.items()}

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
    """The API of a source, if it has one. That credentials are missing, the source itself says."""
    open_api = SOURCES[spec.type].api
    if open_api is None:
        return None
    with suppress(SourceRefused):
        api, pool = open_api(spec), Pool(f"lookups {spec.name}", LOOKUP_THREADS)
        return _Opened(spec, api, pool, CloudLookups(api, pool))
    return None


def _is_same(one: SourceSpec, other: SourceSpec) -> bool:
    """Whether a source can go on as it is; that its entry moved in the file changes nothing."""
    return (one.type, one.options) == (other.type, other.options)


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
