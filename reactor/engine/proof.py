"""What proves a cause, in sentences for people: the events of a run in order, and the answers."""

from collections.abc import Iterator
from datetime import UTC, datetime
from operator import itemgetter

from reactor.engine.exits import SIGKILLED, is_exit_code, signal_words
from reactor.engine.runs import SHORT, Found, Kill, Run
from reactor.model.cause import Cause

_KILLS_TOLD = 3  # a stop asks for two
_CUT = "the connection was lost before a stop could be told"
_Moment = tuple[datetime, str]


def clock_time(at: datetime) -> str:
    """`13:20:22.285`, in UTC."""
    return at.astimezone(UTC).time().isoformat("milliseconds")


def proof(run: Run, cause: Cause) -> tuple[str, ...]:
    """The events around the end of the run, oldest first, then what did not come."""
    moments = [*_events(run)]
    if cause is Cause.DEPLOY:
        moments += _replacement(run)
    if cause is Cause.HOST_DOWN and run.loss is not None:
        moments.append(_event(run.loss.at, run.loss.how))
    told = (sentence for _, sentence in sorted(moments, key=itemgetter(0)))
    return (*told, *(_remarks_of_loss(run) if cause is Cause.HOST_DOWN else _remarks(run)))


def _events(run: Run) -> Iterator[_Moment]:
    for kill in _kills(run):
        yield _event(kill.at, f"kill, {signal_words(kill.signal)}")
    if run.oom_at is not None and run.is_oom:
        yield _event(run.oom_at, "oom")
    if run.died_at is not None:
        yield _event(run.died_at, f"die, {_exit_code(run.exit_code)}")
    for at, action in (
        (run.stopped_at, "stop"),
        (run.destroyed_at, "destroy"),
        (run.restarted_at, "restart"),
    ):
        if at is not None and run.belongs(at):
            yield _event(at, action)


def _kills(run: Run) -> tuple[Kill, ...]:
    """Those shortly before the end; the last of all where a stop proves that it was meant."""
    last = run.last_requests[-_KILLS_TOLD:]
    return last or (run.requests[-1:] if run.is_stopped else ())


def _event(at: datetime, words: str) -> _Moment:
    return at, f"{clock_time(at)} {words}"


def _exit_code(code: int | None) -> str:
    return f"exit code {code}" if is_exit_code(code) else "exit code not known"


def _replacement(run: Run) -> Iterator[_Moment]:
    if run.replacement is None or run.ended_at is None:
        return
    new, later = run.replacement, (run.replacement.created_at - run.ended_at).total_seconds()
    apart = f"{abs(later):.1f} s {'after' if later > 0 else 'before'} the death"
    created = f"created {clock_time(new.created_at)}: {new.name} ({new.image}), {apart}"
    yield new.created_at, created


def _remarks(run: Run) -> Iterator[str]:
    if run.ended_at is None:
        yield "no end was told"
        return
    if run.is_stopped:
        return
    if not run.last_requests:
        yield "no kill was requested"
    if run.requests or not run.tells_kills:
        yield _CUT if run.is_cut else "no stop followed within 2 s"
    if run.oom_killed is not None and (run.oom_killed or run.exit_code == SIGKILLED):
        yield "inspect: OOMKilled" if run.oom_killed else "inspect: not OOMKilled"


def _remarks_of_loss(run: Run) -> Iterator[str]:
    if run.is_left_over and run.died_at is not None:
        yield "it had run on, and the next engine ended it before it let anybody in"


def proof_of_loop(run: Run, own: Cause) -> Iterator[str]:
    """What makes a loop of the last run, which ended by a cause of its `own`."""
    lasted = "" if run.lasted is None else f" after {run.lasted.total_seconds():.1f} s"
    yield f"{own}: the container ended{lasted}"
    yield f"{run.short_runs} runs before it ended unplanned, each in less than {SHORT.seconds} s"


def proof_of_found(found: Found) -> tuple[str, ...]:
    """What listings tell of an end of which no event told."""
    return tuple(_found(found))


def _found(found: Found) -> Iterator[str]:
    if found.loss is not None:
        yield f"{clock_time(found.loss.at)} {found.loss.how}"
    if found.died_at is not None:
        yield f"inspect: died {clock_time(found.died_at)}, {_exit_code(found.exit_code)}"
    if found.is_unstarted:
        yield f"inspect: never started, {_exit_code(found.exit_code)}"
    if found.oom_killed:
        yield "inspect: OOMKilled"
    if found.restarts > 0:
        yield f"inspect: restarted {found.restarts} times by its restart policy"
    yield "no event told of the end"
