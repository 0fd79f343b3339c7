"""The composition root: builds every object of a running reactor, starts and stops them."""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from threading import Event, Thread

from apscheduler.schedulers.background import BackgroundScheduler

from reactor.actions import ACTIONS
from reactor.answers import Answers
from reactor.clock import monotonic, utc_now
from reactor.delivery.heartbeat import Heart
from reactor.delivery.retry import Decision
from reactor.delivery.transport import Transport
from reactor.hosting import Hosting, source_opener
from reactor.hub.kept import Kept
from reactor.journal.awaited import over
from reactor.journal.reserve import Reserve
from reactor.journal.retention import Retention
from reactor.model.delivery import Attempt, Delivery
from reactor.model.errors import JournalUnavailable, ReactorError
from reactor.model.journal import Forgotten
from reactor.model.rule import Ruleset
from reactor.model.signal import DeliveryEnded
from reactor.observe.pulse import Pulse
from reactor.road import Observers, Road
from reactor.running import PATIENCE, Apis, Sources, started
from reactor.serving.control import ControlServer
from reactor.silencing import Silencing
from reactor.sources.intake import Intake
from reactor.sources.supervise import SourceStatus
from reactor.transaction import Committed, Surroundings
from reactor.vitals.health import NO_RESERVE, Parts
from reactor.vitals.tally import Tally, addressed
from reactor.vitals.vitals import Vitals
from reactor.web.complaints import Complaints
from reactor.web.hooks import Hooks
from reactor.web.safety import read_access
from reactor.web.server import WebServer
from reactor.web.status import StatusPages

PARTING = 1.0
"""Seconds for a thread to hear that the journal is closed, before what it would wake is."""


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
        self._reserve = Reserve(data_dir)
        self._road = Road(
            data_dir,
            ruleset,
            what="reactor run",
            observers=observers,
            around=self._surroundings(),
            reserve=self._reserve,
        )
        self._retention = Retention(self._road.reader, self._road.writer, utc_now)
        self._dispatcher = self._road.dispatcher(
            ruleset,
            self._apis,
            replace(observers, on_attempt=self._attempted),
            signal=self._intake.tell,
        )
        self._sources = self._supervised()
        self._vitals = Vitals(self._parts(), self._tally, utc_now)
        self._web = self._served(ruleset, listen)
        self._kept = Kept(data_dir, "reactor run", observers.on_warning)
        self._hosting = self._hub_host()
        self._silencing = Silencing(
            self._road.reader, self._road.pipeline.silence, now=utc_now, warn=observers.on_warning
        )
        self._control = self._controlled(data_dir)
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

    def _supervised(self) -> Sources:
        return Sources(
            self._intake,
            recall=self._road.recall,
            log=self._observers.on_notice,
            warn=self._observers.on_warning,
            on_refused=self._observers.on_refused,
            on_failure=self._observers.on_failure,
        )

    def _hub_host(self) -> Hosting:
        opener = source_opener(self._sources, self._kept, self._observers.on_notice)
        return Hosting(opener, os.environ, self._observers.on_failure)

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            now=utc_now,
            on_commit=self._committed,
            lookups=self._apis.lookups,
            tell=self._intake.tell,
            hold=self._intake.hold,
            claim=self._claim,
            give_back=self._give_back,
        )

    def _parts(self) -> Parts:
        return Parts(
            is_started=self._started.is_set,
            statuses=self.statuses,
            waiting=self._intake.__len__,
            parked=lambda: self._road.pipeline.parked,
            keys=lambda: self._road.pipeline.keys,
            timers=lambda: self._road.pipeline.timers,
            pipeline=self._road.pipeline.pulse,
            dispatcher=self._dispatcher.pulse,
            paused=lambda: self._dispatcher.paused,
            addressed=lambda: addressed(self._ruleset, ACTIONS),
            writer=self._road.writer,
            reserve=self._reserve,
            retention=self._retention,
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

    def _controlled(self, data_dir: Path) -> ControlServer:
        answers = Answers(
            self._road, self._dispatcher, self._vitals, self._silencing, self._intake.tell
        )
        return ControlServer(data_dir, answers.answer)

    def start(self) -> None:
        """Start everything, the sources last: then nothing that comes in has to wait."""
        fail = self._observers.on_failure
        self._host()
        if not self._reserve.make():
            self._observers.on_warning(NO_RESERVE)
        self._silencing.look()
        self._tell_ended()
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

    def _host(self) -> None:
        """Before anything is begun: what is wrong with the hub is a reason not to start."""
        try:
            self._hosting.adopt(self._ruleset)
        except ReactorError:
            self.stop()
            raise

    def _forget(self) -> None:
        """The chore: what is not forgotten now is a minute later, or after the next start."""
        with suppress(JournalUnavailable):
            self._road.pipeline.forget()
            self._silencing.look()
            self._retention.work(self._ruleset.keep)
            self._reserve.make()

    def _tell_ended(self) -> None:
        """Deliveries that firings wait for may have ended without a word: while nobody ran, or by
        a reload."""
        with closing(self._road.reader()) as reader:
            for identity, source in over(reader):
                self._intake.tell(DeliveryEnded(identity, source))

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

    @property
    def hub_address(self) -> tuple[str, int] | None:
        """Where the hub is served."""
        return self._hosting.address

    @property
    def deciding(self) -> Pulse:
        """Beats while something is being decided."""
        return self._road.inflight.deciding

    def statuses(self) -> list[SourceStatus]:
        """How each source stands."""
        return self._sources.statuses()

    @property
    def was_connected(self) -> bool:
        """Whether any source ever was, of these rules or of those before a reload."""
        return self._sources.was_connected

    def _claim(self, promised: tuple[Delivery, ...]) -> tuple[Delivery, ...]:
        """Asked of a dispatcher that is made after the pipeline."""
        return self._dispatcher.claim(promised)

    def _give_back(self, promised: tuple[Delivery, ...]) -> None:
        self._dispatcher.give_back(promised)

    def _committed(self, committed: Committed) -> None:
        """Only now may anything be sent."""
        if committed.deliveries:
            self._dispatcher.hand_over(committed.deliveries)
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
        with self._hosting.adopting(ruleset):
            lookups = self._apis.adopt(ruleset.sources.values())
            adopt = self._road.pipeline.adopt
            adopted = adopt(ruleset, lookups, lambda: self._dispatcher.adopt(ruleset))
        self._tell_ended()
        self._apis.retire()
        self._sources.adopt(ruleset.sources.values())
        self._ruleset = ruleset
        self._tally.adopt(ruleset)
        self._heart.adopt(ruleset.heartbeat)
        return (
            f"{len(ruleset.rules)} rules, ruleset {ruleset.hash}; {_dropped(adopted.forgotten)},"
            f" {adopted.buried} deliveries to removed destinations buried"
        )

    def refuse_reload(self) -> None:
        """What was to be reloaded is wrong; the rules stay, and whoever asks is told so."""
        self._tally.refuse_reload()

    def stop(self) -> None:
        """Stop the sources, decide what was accepted, let running attempts end, close."""
        self._sources.stop()
        self._dispatcher.stop()
        self._retention.stop()
        self._control.close()
        self._heart.stop()
        self._hosting.stop()
        self._kept.close()
        if self._web:
            self._web.stop()
        if self._chores.running:
            self._chores.shutdown(wait=False)
        for thread in self._threads:
            thread.join(PATIENCE)
        self._road.close()
        for thread in self._threads:
            thread.join(PARTING)  # who waited for the journal gives back what he had claimed
        self._apis.close()  # a call that ends late would wake the transport
        self._dispatcher.transport.close()
        self._calling.close()


def _dropped(forgotten: Iterable[Forgotten]) -> str:
    """What a reload forgot: `dropped 3 memories of rule 'x' (for, throttle)`."""
    counts, gates = Counter[str](), defaultdict[str, set[str]](set)
    for each in forgotten:
        counts[each.rule] += each.count
        gates[each.rule].add(each.gate)
    parts = [
        f"{_memories(count)} of {_named(rule)} ({', '.join(sorted(gates[rule]))})"
        for rule, count in counts.items()
    ]
    return f"dropped {', '.join(parts) or 'no memory'}"


def _memories(count: int) -> str:
    return "1 memory" if count == 1 else f"{count} memories"


def _named(rule: str) -> str:
    return f"rule '{rule}'" if rule else "all rules"


def _refuse_hooks(ruleset: Ruleset) -> None:
    """Raises ReactorError for a source that nobody could reach."""
    for name, spec in ruleset.sources.items():
        if spec.type == "webhook":
            raise ReactorError(
                f"the source '{name}' is of type webhook, and with --http off nobody can reach it: "
                "give --http HOST:PORT, or take the source out"
            )
