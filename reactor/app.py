"""The composition root: builds every object of a running reactor, starts and stops them."""

import os
import random
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from threading import Event, Thread

from apscheduler.schedulers.background import BackgroundScheduler

from reactor.actions import ACTIONS
from reactor.changes import CHANGES, change
from reactor.clock import monotonic, utc_now
from reactor.delivery.dispatcher import Begun, Dispatcher
from reactor.delivery.heartbeat import Heart
from reactor.delivery.retry import Decision
from reactor.delivery.transport import Transport
from reactor.journal.database import Connection, open_reader, open_writer
from reactor.journal.deliveries import lanes
from reactor.journal.lock import Lock
from reactor.journal.moves import Release, Renew
from reactor.journal.sources import recall
from reactor.journal.summary import counts
from reactor.journal.writer import Writer
from reactor.model.delivery import Attempt, Delivery, State
from reactor.model.errors import JournalUnavailable, ReactorError
from reactor.model.request import LogLine
from reactor.model.rule import Ruleset
from reactor.pipeline import Committed, Pipeline, Surroundings
from reactor.running import PATIENCE, Apis, Sources, ignore, started
from reactor.serving.control import ControlServer
from reactor.sources.intake import Intake
from reactor.sources.supervise import SourceStatus
from reactor.vitals.health import Parts
from reactor.vitals.tally import Tally
from reactor.vitals.vitals import Vitals
from reactor.web.complaints import Complaints
from reactor.web.hooks import Hooks
from reactor.web.safety import read_access
from reactor.web.server import WebServer
from reactor.web.status import StatusPages


@dataclass(frozen=True, slots=True, kw_only=True)
class Observers:
    """Who is told what happens. They are called from several threads and must not block.

    `on_failure` is told when a thread died: the service can only stop then.
    """

    on_commit: Callable[[Committed], None]
    on_attempt: Callable[[Delivery, Attempt, Decision], None]
    on_line: Callable[[LogLine], None]
    on_notice: Callable[[str], None]
    on_warning: Callable[[str], None]
    on_refused: Callable[[SourceStatus], None]
    on_failure: Callable[[str], None]


UNOBSERVED = Observers(
    on_commit=ignore,
    on_attempt=lambda *_: None,
    on_line=ignore,
    on_notice=ignore,
    on_warning=ignore,
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
        around: Surroundings | None = None,
    ) -> None:
        around = around or Surroundings(now=utc_now, on_commit=observers.on_commit)
        self._lock = Lock.acquire(data_dir, what)
        self._data_dir = data_dir
        self.writer = Writer(open_writer(data_dir), observers.on_warning)
        self._thread = started("writer", self.writer.run, observers.on_failure)
        self.writer.submit(Release(at=around.now()), is_patient=False).result()
        self.pipeline = Pipeline(
            ruleset=ruleset,
            actions=ACTIONS,
            writer=self.writer,
            reader=self.reader(),
            around=around,
        )
        self.pipeline.adopt(ruleset)

    def reader(self) -> Connection:
        """One more connection that can only read."""
        return open_reader(self._data_dir)

    def recall(self, source: str) -> Mapping[str, object]:
        """What the journal keeps for a source. Blocks for the time of a read."""
        with closing(self.reader()) as reader:
            return recall(reader, source)

    def dispatcher(self, ruleset: Ruleset, apis: Apis, observers: Observers) -> Dispatcher:
        """A dispatcher for this journal; its `run` is for a thread of its own."""
        transport = Transport[Begun](utc_now)
        return Dispatcher(
            ruleset=ruleset,
            actions=ACTIONS,
            writer=self.writer,
            reader=self.reader(),
            transport=transport,
            calls=apis.calls(transport.wake),
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
    apis = Apis(ruleset.sources.values())
    attempted = Event()

    def observe(delivery: Delivery, attempt: Attempt, decision: Decision) -> None:
        observers.on_attempt(delivery, attempt, decision)
        attempted.set()

    dispatcher = road.dispatcher(ruleset, apis, replace(observers, on_attempt=observe))
    thread = started("dispatcher", dispatcher.run, observers.on_failure)
    try:
        with closing(road.reader()) as reader:
            while thread.is_alive() and _undone(reader):
                attempted.wait(1.0)
                attempted.clear()
    finally:
        dispatcher.stop()
        thread.join(PATIENCE)
        apis.close()  # a call that ends late would wake the transport
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
        self._tally = Tally(ruleset, utc_now, monotonic)
        self._intake = Intake()
        self._apis = Apis(ruleset.sources.values())
        self._road = Road(
            data_dir,
            ruleset,
            what="reactor run",
            observers=observers,
            around=Surroundings(
                now=utc_now,
                on_commit=self._committed,
                lookups=self._apis.lookups,
                tell=self._intake.tell,
                hold=self._intake.hold,
            ),
        )
        self._dispatcher = self._road.dispatcher(
            ruleset, self._apis, replace(observers, on_attempt=self._attempted)
        )
        self._sources = Sources(
            self._intake,
            recall=self._road.recall,
            log=observers.on_notice,
            warn=observers.on_warning,
            on_refused=observers.on_refused,
            on_failure=observers.on_failure,
        )
        self._vitals = Vitals(self._parts(), self._tally, utc_now)
        self._web = self._served(ruleset, listen)
        self._control = ControlServer(data_dir, self._answer)
        self._calling = Transport[None](utc_now)
        self._heart = Heart(
            self._calling,
            is_working=lambda: not self._vitals.unready(),
            monotonic=monotonic,
            tell=observers.on_warning,
        )
        self._chores = BackgroundScheduler(timezone=UTC)
        self._threads: list[Thread] = []
        self._ruleset = ruleset

    def _parts(self) -> Parts:
        return Parts(
            is_started=self._started.is_set,
            statuses=self.statuses,
            waiting=self._intake.__len__,
            parked=lambda: self._road.pipeline.parked,
            pipeline=self._road.pipeline.pulse,
            dispatcher=self._dispatcher.pulse,
            writer=self._road.writer,
            reader=self._road.reader,
        )

    def _served(self, ruleset: Ruleset, listen: tuple[str, int] | None) -> WebServer | None:
        """After the lock: of two services on one journal the second hears about that first."""
        try:
            if listen is None:
                _refuse_hooks(ruleset)
                return None
            return self._web_server(listen)
        except ReactorError:
            self._road.close()
            raise

    def _web_server(self, listen: tuple[str, int]) -> WebServer:
        complaints, is_ready = Complaints(self._observers.on_warning, utc_now), self._started.is_set
        find = self._sources.hook
        return WebServer(
            listen,
            read_access(listen[0], os.environ),
            status=StatusPages(self._vitals),
            hooks=Hooks(find, is_ready=is_ready, now=utc_now, complaints=complaints),
            complaints=complaints,
        )

    def start(self) -> None:
        """Start everything, the sources last: then nothing that comes in has to wait."""
        fail = self._observers.on_failure
        bodies: list[tuple[str, Callable[[], None]]] = [
            ("pipeline", self._decide_all),
            ("dispatcher", self._dispatcher.run),
            ("control", self._control.serve),
            ("heartbeat", self._heart.run),
        ]
        if self._web:
            bodies.append(("web", self._web.serve))
        self._threads = [started(name, body, fail) for name, body in bodies]
        self._chores.add_job(self._forget, "interval", minutes=1)
        self._chores.start()
        self._sources.adopt(self._ruleset.sources.values())
        self._started.set()
        self._heart.adopt(self._ruleset.heartbeat)

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
            self._observers.on_warning(f"some frames were not decided: {fault}")

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
        self._tally.committed(committed)
        self._observers.on_commit(committed)

    def _attempted(self, delivery: Delivery, attempt: Attempt, decision: Decision) -> None:
        self._tally.attempted(delivery, attempt, decision)
        self._observers.on_attempt(delivery, attempt, decision)

    @property
    def vitals(self) -> Vitals:
        """What it says of itself."""
        return self._vitals

    def reload(self, ruleset: Ruleset) -> str:
        """Go over to `ruleset` between two events, and say what that did."""
        if trouble := self._road.writer.trouble:
            raise JournalUnavailable(trouble)
        if self._web is None:
            _refuse_hooks(ruleset)
        lookups = self._apis.adopt(ruleset.sources.values())
        adopt = self._road.pipeline.adopt
        adopted = adopt(ruleset, lookups, lambda: self._dispatcher.adopt(ruleset))
        self._apis.retire()
        self._sources.adopt(ruleset.sources.values())
        self._ruleset = ruleset
        self._tally.adopt(ruleset)
        self._heart.adopt(ruleset.heartbeat)
        return (
            f"{len(ruleset.rules)} rules, ruleset {ruleset.hash}; {adopted.forgotten} gate memories"
            f" dropped, {adopted.buried} deliveries to removed destinations buried"
        )

    def refuse_reload(self) -> None:
        """What was to be reloaded is wrong; the rules stay, and whoever asks is told so."""
        self._tally.refuse_reload()

    def stop(self) -> None:
        """Stop the sources, decide what was accepted, let running attempts end, close."""
        self._sources.stop()
        self._dispatcher.stop()
        self._control.close()
        self._heart.stop()
        if self._web:
            self._web.stop()
        if self._chores.running:
            self._chores.shutdown(wait=False)
        for thread in self._threads:
            thread.join(PATIENCE)
        self._road.close()
        self._apis.close()  # a call that ends late would wake the transport
        self._dispatcher.transport.close()
        self._calling.close()

    def _answer(self, request: dict[str, object]) -> dict[str, object]:
        """What the control socket is asked: the status, or changes of deliveries."""
        if request.get("do") == "status":
            return self._vitals.status()
        do, ids = request.get("do"), request.get("ids")
        if do not in CHANGES or not isinstance(ids, list):
            return {"error": "the running reactor does not know this request; is it older?"}
        done = change(self._road.writer, str(do), tuple(str(identity) for identity in ids))
        with closing(self._road.reader()) as reader:
            self._dispatcher.wake(lanes(reader))
        return {"done": done}


def _refuse_hooks(ruleset: Ruleset) -> None:
    """Raises ReactorError for a source that nobody could reach."""
    for name, spec in ruleset.sources.items():
        if spec.type == "webhook":
            raise ReactorError(
                f"the source '{name}' is of type webhook, and with --http off nobody can reach it: "
                "give --http HOST:PORT, or take the source out"
            )
