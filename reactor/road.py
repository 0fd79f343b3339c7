"""What a service and a single command have in common: a journal with its writer, the pipeline that
decides into it, and the dispatcher that empties it."""

import random
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from reactor.actions import ACTIONS
from reactor.clock import utc_now
from reactor.delivery.dispatcher import Begun, Dispatcher
from reactor.delivery.retry import Decision
from reactor.delivery.transport import Transport
from reactor.inflight import Inflight
from reactor.journal.database import Connection, open_reader, open_writer
from reactor.journal.lock import Lock
from reactor.journal.moves import Release, Renew
from reactor.journal.reserve import Reserve
from reactor.journal.sources import recall
from reactor.journal.summary import counts
from reactor.journal.writer import Writer
from reactor.model.delivery import Attempt, Delivery, State
from reactor.model.request import LogLine
from reactor.model.rule import Ruleset
from reactor.model.signal import Signal
from reactor.pipeline import Pipeline
from reactor.running import PATIENCE, Apis, ignore, started
from reactor.sources.supervise import SourceStatus
from reactor.transaction import Committed, Surroundings


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
        reserve: Reserve | None = None,
    ) -> None:
        around = around or Surroundings(now=utc_now, on_commit=observers.on_commit)
        self._lock = Lock.acquire(data_dir, what)
        self._data_dir = data_dir
        self.writer = Writer(open_writer(data_dir), observers.on_warning, reserve)
        self._thread = started("writer", self.writer.run, observers.on_failure)
        self.writer.submit(Release(at=around.now()), is_patient=False).result()
        self.inflight = Inflight(data_dir, observers.on_warning)
        self.pipeline = Pipeline(
            ruleset=ruleset,
            actions=ACTIONS,
            writer=self.writer,
            reader=self.reader(),
            inflight=self.inflight,
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

    def dispatcher(
        self,
        ruleset: Ruleset,
        apis: Apis,
        observers: Observers,
        signal: Callable[[Signal], None] = ignore,
    ) -> Dispatcher:
        """A dispatcher for this journal; its `run` is for a thread of its own. `signal` brings the
        pipeline what it may decide something by."""
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
            tell=observers.on_warning,
            signal=signal,
        )

    def __enter__(self) -> "Road":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what waits, close the journal and let the next process in."""
        self.writer.close()
        self._thread.join(PATIENCE)
        self.inflight.close()
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
