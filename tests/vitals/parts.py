"""The parts of a service that are looked at, each in the state that a test is about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from reactor.journal.database import Connection
from reactor.journal.retention import Swept
from reactor.journal.standing import SourceTotals, Standing
from reactor.model.journal import Pause
from reactor.model.match import Reason
from reactor.model.rule import Ruleset, SourceSpec
from reactor.observe.pulse import Pulse
from reactor.sources.supervise import SourceState, SourceStatus
from reactor.vitals.health import Parts
from tests.builders import NOON, PLACE, a_destination, a_ruleset, replace


class Loop(Pulse):
    """A pulse that is overdue by as much as it is told."""

    def __init__(self, overdue: float = 0.0) -> None:
        super().__init__(lambda: 0.0)
        self._overdue = overdue

    def overdue(self) -> float:
        return self._overdue


@dataclass(frozen=True, slots=True)
class Writing:
    """A writer, as far as it is looked at."""

    trouble: str | None = None
    pulse: Pulse = Loop()  # noqa: RUF009 -- it never changes


@dataclass(frozen=True, slots=True)
class Room:
    """A reserve, as far as it is looked at."""

    is_there: bool = True


@dataclass(frozen=True, slots=True)
class Sweeping:
    """A retention, as far as it is looked at."""

    last: Swept | None = None


LOCAL = SourceStatus(
    name="local", type="file", state=SourceState.CONNECTED, since=NOON, connections=3
)
PAUSE = Pause(
    since=NOON, why="503 Busy", failures=9, probes=4, probe_at=NOON + timedelta(minutes=1)
)
TOTALS = SourceTotals(events=5, duplicates=2, rejected=1)
STANDING = Standing(
    sources={"local": TOTALS, "gone": TOTALS},
    evaluations={
        ("every event", "log", Reason.FIRED): 4,
        ("every event", "gone", Reason.FIRED): 9,
        ("gone", "log", Reason.FIRED): 9,
        ("every event", "log", Reason.WAITING): 6,
    },
    timers={("every event", "log", Reason.FIRED): 8, ("gone", "log", Reason.FIRED): 9},
    incidents=3,
    silences=(NOON, NOON + timedelta(minutes=1)),
    last_event=None,
    undecided=0,
    quarantined=2,
    pending=7,
    oldest=NOON - timedelta(minutes=2),
    dead=3,
    paused={},
    bytes=4096,
)


def _no_journal() -> Connection:
    raise AssertionError("this test has no journal")


def parts(
    *,
    source: SourceStatus = LOCAL,
    pipeline: float = 0.0,
    dispatcher: float = 0.0,
    writer: Writing | None = None,
    is_started: bool = True,
    paused: Mapping[str, Pause] | None = None,
    has_reserve: bool = True,
    swept: Swept | None = None,
    keys: Mapping[str, int] | None = None,
    reader: Callable[[], Connection] = _no_journal,
) -> Parts:
    """A service that works, but for what is given; loops by how many seconds they are overdue."""
    return Parts(
        is_started=lambda: is_started,
        statuses=lambda: [source],
        waiting=lambda: 0,
        parked=lambda: 0,
        keys=lambda: keys or {},
        timers=lambda: 5,
        pipeline=Loop(pipeline),
        dispatcher=Loop(dispatcher),
        paused=lambda: paused or {},
        addressed=lambda: {"ops", "audit"},
        writer=writer or Writing(),  # type: ignore[arg-type]  # only this much of it is asked for
        reserve=Room(has_reserve),  # type: ignore[arg-type]  # likewise
        retention=Sweeping(swept),  # type: ignore[arg-type]  # likewise
        reader=reader,
    )


def rules(source: str = "local", destination: str = "ops") -> Ruleset:
    """One rule that logs every event, with a source and a destination of these names."""
    spec = SourceSpec(name=source, type="file", options={}, place=PLACE)
    ruleset = a_ruleset(destinations=(a_destination(name=destination),))
    return replace(ruleset, sources={source: spec})
