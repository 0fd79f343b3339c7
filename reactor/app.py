"""The composition root: builds every object of a running reactor, starts and stops them."""

import random
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

from apscheduler.schedulers.background import BackgroundScheduler

from reactor.actions import ACTIONS
from reactor.clock import monotonic, utc_now
from reactor.delivery.dispatcher import Dispatcher
from reactor.delivery.retry import Decision
from reactor.delivery.transport import Transport
from reactor.journal.database import Connection, open_reader, open_writer
from reactor.journal.deliveries import lanes
from reactor.journal.lock import Lock
from reactor.journal.moves import Cancel, Redeliver, Release, Renew
from reactor.journal.summary import counts
from reactor.journal.writer import Writer
from reactor.model.delivery import Attempt, Delivery, State
from reactor.model.errors import JournalBusy, JournalUnavailable, ReactorError
from reactor.model.request import LogLine
from reactor.model.rule import Ruleset, SourceSpec
from reactor.pipeline import Committed, Pipeline
from reactor.serving.control import ControlServer, ask
from reactor.sources import SOURCES
from reactor.sources.intake import Intake, IntakeFeed
from reactor.sources.supervise import SourceStatus, Supervisor, World
from reactor.web.server import WebServer

PATIENCE = 11.0
"""Seconds that a part gets to end: running attempts may take 10 (rules.md §6, run)."""


def ignore(_: object) -> None:
    """The observer that does not care."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observers:
    """Who is told what happens. They are called from several threads and must not block.

    `on_failure` is told when a thread died: the service can only stop then.
    """

    on_commit: Callable[[Committed], None]
    on_attempt: Callable[[Delivery, Attempt, Decision], None]
    on_line: Callable[[LogLine], None]
    on_notice: Callable[[str], None]
    on_refused: Callable[[SourceStatus], None]
    on_failure: Callable[[str], None]


UNOBSERVED = Observers(
    on_commit=ignore,
    on_attempt=lambda *_: None,
    on_line=ignore,
    on_notice=ignore,
    on_refused=ignore,
    on_failure=ignore,
)


class Road:
    """A journal with its writer, and the pipeline that decides into it; no source, no delivery.

    Raises JournalBusy when another process has the journal, JournalUnavailable when it cannot be
    used.
    """

    def __init__(
        self,
        data_dir: Path,
        ruleset: Ruleset,
        *,
        what: str,
        observers: Observers,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._lock = Lock.acquire(data_dir, what)
        self._data_dir = data_dir
        self.writer = Writer(open_writer(data_dir), observers.on_notice)
        self._thread = started("writer", self.writer.run, observers.on_failure)
        self.writer.submit(Release(at=now())).result()
        self.pipeline = Pipeline(
            ruleset=ruleset,
            actions=ACTIONS,
            writer=self.writer,
            reader=self.reader(),
            now=now,
            on_commit=observers.on_commit,
        )
        self.pipeline.adopt(ruleset)

    def reader(self) -> Connection:
        """One more connection that can only read."""
        return open_reader(self._data_dir)

    def dispatcher(self, ruleset: Ruleset, observers: Observers) -> Dispatcher:
        """A dispatcher for this journal; its `run` is for a thread of its own."""
        return Dispatcher(
            ruleset=ruleset,
            actions=ACTIONS,
            writer=self.writer,
            reader=self.reader(),
            transport=Transport(utc_now),
            now=utc_now,
            jitter=random.random,  # noqa: TID251 -- jitter comes into the program here
            write_line=observers.on_line,
            on_attempt=observers.on_attempt,
        )

    def __enter__(self) -> "Road":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what waits, close the journal and let the next process in."""
        self.writer.close()
        self._thread.join(PATIENCE)
        self._lock.release()


def deliver_all(road: Road, ruleset: Ruleset, observers: Observers) -> None:
    """Make every delivery that was planned on `road`, and return when none is left to be made."""
    road.writer.submit(Renew(at=utc_now())).result()
    attempted = Event()

    def observe(delivery: Delivery, attempt: Attempt, decision: Decision) -> None:
        observers.on_attempt(delivery, attempt, decision)
        attempted.set()

    dispatcher = road.dispatcher(ruleset, replace(observers, on_attempt=observe))
    thread = started("dispatcher", dispatcher.run, observers.on_failure)
    try:
        with closing(road.reader()) as reader:
            while thread.is_alive() and _undone(reader):
                attempted.wait(1.0)
                attempted.clear()
    finally:
        dispatcher.stop()
        thread.join(PATIENCE)
        dispatcher.transport.close()


def _undone(reader: Connection) -> int:
    """How many deliveries are still to be made, or are being made."""
    states = counts(reader).deliveries
    return sum(states.get(state, 0) for state in (State.PENDING, State.RUNNING, State.RETRYING))


class Service:
    """One running reactor. Raises as Road does, and ReactorError for an address that is taken."""

    def __init__(
        self,
        *,
        ruleset: Ruleset,
        data_dir: Path,
        listen: tuple[str, int] | None,
        observers: Observers,
    ) -> None:
        self._observers = observers
        self._started = Event()
        self._road = Road(
            data_dir,
            ruleset,
            what="reactor run",
            observers=replace(observers, on_commit=self._committed),
        )
        self._web = self._served(listen)
        self._control = ControlServer(data_dir, self._answer)
        self._dispatcher = self._road.dispatcher(ruleset, observers)
        self._intake = Intake()
        self._sources = Sources(
            self._intake,
            log=observers.on_notice,
            on_refused=observers.on_refused,
            on_failure=observers.on_failure,
        )
        self._chores = BackgroundScheduler(timezone=UTC)
        self._threads: list[Thread] = []
        self._ruleset = ruleset

    def _served(self, listen: tuple[str, int] | None) -> WebServer | None:
        """After the lock: of two services on one journal the second hears about that first."""
        try:
            return WebServer(*listen, self._started.is_set) if listen else None
        except ReactorError:
            self._road.close()
            raise

    def start(self) -> None:
        """Start everything, the sources last: then nothing that comes in has to wait."""
        fail = self._observers.on_failure
        bodies: list[tuple[str, Callable[[], None]]] = [
            ("pipeline", self._decide_all),
            ("dispatcher", self._dispatcher.run),
            ("control", self._control.serve),
        ]
        if self._web:
            bodies.append(("web", self._web.serve))
        self._threads = [started(name, body, fail) for name, body in bodies]
        self._chores.add_job(self._forget, "interval", minutes=1)
        self._chores.start()
        self._sources.adopt(self._ruleset.sources.values())
        self._started.set()

    def _forget(self) -> None:
        """The chore: what is not forgotten now is a minute later, or after the next start."""
        with suppress(JournalUnavailable):
            self._road.pipeline.forget()

    def _decide_all(self) -> None:
        """The pipeline's thread: until the intake is closed and empty."""
        try:
            self._road.pipeline.run(self._intake.take)
        except JournalUnavailable as fault:
            if not self._intake.is_closed:
                raise
            # The disk is full and we are told to stop: no source was told that these are safe.
            self._observers.on_notice(f"some frames were not decided: {fault}")

    @property
    def address(self) -> tuple[str, int] | None:
        """Where HTTP is served."""
        return self._web.address if self._web else None

    def statuses(self) -> list[SourceStatus]:
        """How each source stands."""
        return self._sources.statuses()

    def _committed(self, committed: Committed) -> None:
        """Only now may anything be sent."""
        if committed.deliveries:
            self._dispatcher.wake({delivery.lane for delivery in committed.deliveries})
        self._observers.on_commit(committed)

    def reload(self, ruleset: Ruleset) -> str:
        """Go over to `ruleset` between two events, and say what that did."""
        if trouble := self._road.writer.trouble:
            raise JournalUnavailable(trouble)
        adopted = self._road.pipeline.adopt(ruleset, lambda: self._dispatcher.adopt(ruleset))
        self._sources.adopt(ruleset.sources.values())
        self._ruleset = ruleset
        return (
            f"{len(ruleset.rules)} rules, ruleset {ruleset.hash}; {adopted.forgotten} gate memories"
            f" dropped, {adopted.buried} deliveries to removed destinations buried"
        )

    def stop(self) -> None:
        """Stop the sources, decide what was accepted, let running attempts end, close."""
        self._sources.stop()
        self._dispatcher.stop()
        self._control.close()
        if self._web:
            self._web.stop()
        if self._chores.running:
            self._chores.shutdown(wait=False)
        for thread in self._threads:
            thread.join(PATIENCE)
        self._road.close()
        self._dispatcher.transport.close()

    def _answer(self, request: dict[str, object]) -> dict[str, object]:
        """What the control socket is asked (see `change_deliveries`)."""
        do, ids = request.get("do"), request.get("ids")
        if do not in CHANGES or not isinstance(ids, list):
            return {"error": "the running reactor does not know this request; is it older?"}
        done = _change(self._road.writer, str(do), tuple(str(identity) for identity in ids))
        with closing(self._road.reader()) as reader:
            self._dispatcher.wake(lanes(reader))
        return {"done": done}


class Sources:
    """The supervised sources of the present rules, a thread each."""

    def __init__(
        self,
        intake: Intake,
        *,
        log: Callable[[str], None],
        on_refused: Callable[[SourceStatus], None] = ignore,
        on_failure: Callable[[str], None] = ignore,
    ) -> None:
        self._intake, self._on_failure = intake, on_failure
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
        feed = IntakeFeed(intake=self._intake, source=spec.name, platform=kind.platform)
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


CHANGES = ("redeliver", "cancel")
"""What a command may ask to be done to deliveries."""


def change_deliveries(data_dir: Path, do: str, ids: list[str]) -> dict[str, str]:
    """Redeliver or cancel: by the running service if there is one, else here. Says per id
    "redelivered", "cancelled", or why not. Raises JournalUnavailable."""
    open_reader(data_dir).close()  # a journal must be there: this must not make one
    try:
        lock = Lock.acquire(data_dir, f"reactor deliveries {do}")
    except JournalBusy:
        done = ask(data_dir, {"do": do, "ids": ids}).get("done")
        return (
            {str(name): str(said) for name, said in done.items()} if isinstance(done, dict) else {}
        )
    writer = Writer(open_writer(data_dir), ignore)
    thread = started("writer", writer.run, ignore)
    try:
        return _change(writer, do, tuple(ids))
    finally:
        writer.close()
        thread.join(PATIENCE)
        lock.release()


def _change(writer: Writer, do: str, ids: tuple[str, ...]) -> dict[str, str]:
    now = utc_now()
    write = Redeliver(ids=ids, at=now) if do == "redeliver" else Cancel(ids=ids)
    return writer.submit(write).result()
