"""A dispatcher with a real journal, for tests that move its clock."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread

from reactor.actions import ACTIONS
from reactor.delivery.dispatcher import Begun, Dispatcher
from reactor.delivery.retry import Decision
from reactor.delivery.transport import Transport
from reactor.journal import deliveries
from reactor.journal.database import Connection, open_reader, open_writer
from reactor.journal.writer import Writer
from reactor.model.delivery import Attempt, Delivery, State
from reactor.model.request import LogLine
from reactor.model.rule import Ruleset
from reactor.model.secret import Secret
from reactor.model.signal import Signal
from reactor.platforms.calls import Calls
from tests.builders import NOON, a_destination, a_ruleset

SECOND, NOW = timedelta(seconds=1), timedelta()


@dataclass
class World:
    """A dispatcher with its journal. `now` stands still unless a test moves it. `connect` makes
    the transport, which is given the clock."""

    path: Path
    now: datetime = NOON
    connect: Callable[[Callable[[], datetime]], Transport[Begun]] = Transport
    told: list[tuple[Delivery, Attempt, Decision]] = field(default_factory=list)
    lines: list[LogLine] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.db = open_writer(self.path)
        self.writer = Writer(self.db, lambda _sentence: None)
        self.writing = Thread(target=self.writer.run)
        self.writing.start()
        self.reader = open_reader(self.path)
        self.transport = self.connect(lambda: self.now)
        self.calls: Calls[Begun] = Calls(self.transport.wake)
        self.dispatcher = self._dispatcher(a_ruleset())

    def _dispatcher(self, ruleset: Ruleset) -> Dispatcher:
        return Dispatcher(
            ruleset=ruleset,
            actions=ACTIONS,
            writer=self.writer,
            reader=open_reader(self.path),
            transport=self.transport,
            calls=self.calls,
            now=lambda: self.now,
            jitter=lambda: 0.5,
            write_line=self.lines.append,
            on_attempt=lambda *told: self.told.append(told),
            tell=self.sentences.append,
            signal=self.signals.append,
            grace=SECOND / 5,
        )

    def restart(self) -> None:
        """Go on with a dispatcher that knows only what the journal does."""
        before = self.dispatcher
        self.dispatcher = self._dispatcher(before.ruleset)
        self.dispatcher.wake(before.ruleset.destinations)
        before.reader.close()

    def promise(self, *promised: Delivery) -> None:
        """Have these in the journal, and the dispatcher know."""
        self.writer.submit(Promise(promised)).result(10)
        self.dispatcher.wake({delivery.lane for delivery in promised})

    def promise_claimed(self, *promised: Delivery) -> tuple[Delivery, ...]:
        """The same by the short way; returns them as they were committed."""
        claimed = self.dispatcher.claim(promised)
        self.writer.submit(Promise(claimed)).result(10)
        self.dispatcher.hand_over(claimed)
        return claimed

    def send_to(self, **destinations: str | Mapping[str, object]) -> None:
        """Adopt destinations by name: a URL, or a mapping of the destination's fields."""
        made = [
            a_destination(
                name=name, **({"url": Secret(given)} if isinstance(given, str) else given)
            )
            for name, given in destinations.items()
        ]
        self.dispatcher.adopt(a_ruleset(destinations=tuple(made)))

    def until(self, holds: Callable[[], object]) -> None:
        """Step until it holds."""
        for _ in range(2_000):
            if holds():
                return
            self.dispatcher.step(SECOND / 10)
        raise AssertionError("it does not come to that")

    def rest(self) -> None:
        """Step until nothing is due at this moment, or under way."""
        for _ in range(10_000):
            self.dispatcher.step(SECOND / 1000)
            is_busy = self.dispatcher._is_unfinished() or self.dispatcher._patience(self.now) <= NOW
            if not is_busy:
                return
        raise AssertionError("there is always something to do")

    def states(self) -> Counter[State]:
        """How many deliveries are in which state."""
        return Counter(row.state for row in deliveries.list_deliveries(self.reader))

    def settle(self, **counts: int) -> None:
        """Step until so many deliveries are in these states."""
        self.until(lambda: all(self.states()[State(name)] == n for name, n in counts.items()))

    def delivery(self, identity: str = "delivery-1") -> Delivery | None:
        """As the journal has it."""
        return deliveries.get(self.reader, identity)

    def attempts(self, identity: str = "delivery-1") -> list[Attempt]:
        """All that were recorded."""
        return deliveries.attempts_of(self.reader, identity)

    def close(self) -> None:
        """End every thread and close every file."""
        self.writer.close()
        self.writing.join(10)
        self.calls.close()
        self.transport.close()
        self.reader.close()
        self.dispatcher.reader.close()


@dataclass(frozen=True)
class Promise:
    """A write that only adds deliveries."""

    promised: tuple[Delivery, ...]

    def apply(self, db: Connection) -> None:
        """Add them."""
        deliveries.insert_deliveries(db, self.promised)


@dataclass(frozen=True)
class Statement:
    """A write that is one statement."""

    text: str

    def apply(self, db: Connection) -> None:
        """Execute it."""
        db.execute(self.text)
