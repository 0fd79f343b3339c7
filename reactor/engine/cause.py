"""Why a container ended, by what its engine told of the run: one row per sequence of events.

The sequences are measured (`reference/integrations.md` §3.1); docs/docker.md tells them to users.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from reactor.engine.exits import LOST, SIGINTED, SIGKILLED, SIGTERMED, is_exit_code
from reactor.engine.proof import clock_time, proof, proof_of_found, proof_of_loop
from reactor.engine.runs import SETTLING, Found, Run
from reactor.model.cause import Cause, Judgement

_LOOP = 3  # so many short unplanned runs in a row
_SHUTDOWN = timedelta(seconds=15)  # how long a daemon gives its containers before it goes
_STEPS = {Cause.CRASH, Cause.OOM, Cause.KILLED}  # of a crash loop, where they are not planned
_FINAL = {Cause.DEPLOY, Cause.HOST_DOWN}
_SHOWS_NOTHING = {0, SIGINTED, SIGKILLED, SIGTERMED, LOST}  # may be a stop's, or nobody knows it


@dataclass(frozen=True, slots=True)
class Row:
    """The cause of every run that `fits`, once nothing more `may_come` that tells otherwise."""

    fits: Callable[[Run], bool]
    cause: Cause
    planned: bool | None
    may_come: Callable[[Run], bool]


def _lost(run: Run) -> bool:
    return run.ended_at is None and run.loss is not None


def _running(run: Run) -> bool:
    return run.ended_at is None


def _left_over(run: Run) -> bool:
    """Nobody else can have ended it: an engine lets nobody in before it has ended what it found."""
    return run.is_left_over and run.loss is not None


def _removed(run: Run) -> bool:
    """Nobody can have taken its place then."""
    return run.is_removal


def _replaced(run: Run) -> bool:
    return run.is_stopped and run.is_replaced


def _stopped_with_host(run: Run) -> bool:
    return run.is_stopped and run.restarted_at is None and _went_with_host(run)


def _stopped(run: Run) -> bool:
    return run.is_stopped


def _killed(run: Run) -> bool:
    return run.is_killed


def _untold(run: Run) -> bool:
    return not is_exit_code(run.exit_code)


def _oom(run: Run) -> bool:
    if run.is_oom and run.exit_code == SIGKILLED:
        return True
    return run.oom_killed is True and run.exit_code != 0  # with 0 the main process outlived it


def _sigkilled(run: Run) -> bool:
    return run.exit_code == SIGKILLED


def _signalled_untold(run: Run) -> bool:
    """Podman tells neither kill nor stop of a `stop` with a grace: these codes may be its."""
    return not run.tells_kills and run.exit_code in (SIGKILLED, SIGTERMED)


def _finished(run: Run) -> bool:
    return run.exit_code == 0


def _always(_: Run) -> bool:
    return True


def _nothing(_: Run) -> bool:
    return False


def _a_replacement(run: Run) -> bool:
    return run.has_service and run.restarted_at is None


def _a_stop(run: Run) -> bool:
    """Whatever was sent and when: any signal may be the STOPSIGNAL, the grace may be long."""
    return bool(run.requests) or not run.tells_kills


def _an_oom(_: Run) -> bool:
    """Docker tells one death in twenty for lack of memory before the `oom`, by up to 150 ms, and
    then an inspect says that there was none (measured on 20.10)."""
    return True


def _a_stop_or_inspect(run: Run) -> bool:
    return _a_stop(run) or (run.is_oom and run.oom_killed is None)


_PLANNED, _UNPLANNED, _NOBODY_KNOWS = True, False, None

TABLE = (  # the first row that fits holds
    # nothing was told: its engine was lost while it ran, or it still runs
    Row(_lost, Cause.HOST_DOWN, _UNPLANNED, _nothing),
    Row(_running, Cause.UNKNOWN, _NOBODY_KNOWS, _nothing),
    # kill [kill] die stop, told by the engine that was started after one that was killed
    Row(_left_over, Cause.HOST_DOWN, _UNPLANNED, _nothing),
    # destroy alone
    Row(_removed, Cause.PLANNED_STOP, _PLANNED, _nothing),
    # create (of the new one) kill die stop
    Row(_replaced, Cause.DEPLOY, _PLANNED, _nothing),
    # kill [kill] die stop, and the engine is gone, or lets nobody in any more
    Row(_stopped_with_host, Cause.HOST_DOWN, _UNPLANNED, _nothing),
    # kill [kill] die stop, kill stop die, kill die stop start restart, kill die destroy; died stop
    # (Podman); a stop alone, between two runs
    Row(_stopped, Cause.PLANNED_STOP, _PLANNED, _a_replacement),
    # kill die, at once or with the signal's code or 0: a swarm replaces what was killed, so that a
    # new container proves nothing here
    Row(_killed, Cause.KILLED, _PLANNED, _a_stop),
    # die without an exit code that a process can have
    Row(_untold, Cause.UNKNOWN, _NOBODY_KNOWS, _a_stop),
    # oom die, or die and inspect says OOMKilled
    Row(_oom, Cause.OOM, _UNPLANNED, _a_stop),
    # died with 137 or 143 (Podman)
    Row(_signalled_untold, Cause.UNKNOWN, _NOBODY_KNOWS, _a_stop),
    # die with 137
    Row(_sigkilled, Cause.KILLED, _UNPLANNED, _an_oom),
    # die with 0
    Row(_finished, Cause.COMPLETED, _PLANNED, _a_stop),
    # die; kill, and later die with a code of its own: a swarm replaces what crashed, and a scale-up
    # may come before a crash, so again a new container proves nothing
    Row(_always, Cause.CRASH, _UNPLANNED, _a_stop_or_inspect),
)


def judge(run: Run, now: datetime) -> Judgement | datetime:
    """Why the run ended. While something may still come that tells otherwise: when to ask again at
    the latest, two seconds after the end; asked then, there is always a judgement. `now` is by
    the clock of the run's times."""
    if run.ended_at is None or run.loss is not None or not _row(run).may_come(run):
        return _last_word(run)
    settled_at = run.ended_at + SETTLING
    return settled_at if now < settled_at else _last_word(run)


def _row(run: Run) -> Row:
    return next(row for row in TABLE if row.fits(run))


def _last_word(run: Run) -> Judgement:
    row = _row(run)
    if run.ended_at is not None and run.loss is not None and row.may_come(run):
        # What may come does not come from an engine that is gone.
        return _judgement(run, Cause.HOST_DOWN, planned=False)
    return _judgement(run, row.cause, planned=row.planned)


def _judgement(run: Run, cause: Cause, *, planned: bool | None) -> Judgement:
    judgement = Judgement(cause=cause, planned=planned, evidence=proof(run, cause))
    if next_short_runs(run, judgement) < _LOOP:
        return judgement
    return Judgement(
        cause=Cause.CRASH_LOOP,
        planned=False,
        evidence=(*proof_of_loop(run, cause), *judgement.evidence),
        own=cause,
    )


def next_short_runs(run: Run, judgement: Judgement) -> int:
    """How many short unplanned runs in a row there have been at the end of this one, for the
    `short_runs` of the container's next run."""
    own = judgement.own or judgement.cause
    is_step = own in _STEPS and judgement.planned is False and run.is_short
    return run.short_runs + 1 if is_step else 0


def judge_found(found: Found) -> Judgement:
    """Why a container ended of which no event told: the engine or its stream was away. Nobody's
    stop, and no lost connection, makes a program end with a code of its own."""
    cause = _cause_found(found)
    planned = None if cause is Cause.UNKNOWN else False
    return Judgement(cause=cause, planned=planned, evidence=proof_of_found(found))


def _cause_found(found: Found) -> Cause:
    if found.oom_killed:
        return Cause.OOM
    if found.is_unstarted:
        return Cause.CRASH
    if found.restarts > 0 and is_exit_code(found.exit_code) and found.exit_code != 0:
        return Cause.CRASH
    if found.loss is not None:
        return Cause.HOST_DOWN
    is_own = is_exit_code(found.exit_code) and found.exit_code not in _SHOWS_NOTHING
    return Cause.CRASH if is_own and not found.is_elsewhere else Cause.UNKNOWN


def judge_health(before: str | None, after: str, at: datetime) -> Judgement | None:
    """What it means that health turned from `before` (None: not known) to `after`, each of them
    "starting", "healthy" or "unhealthy". None if nothing: a probe that succeeds at first."""
    cause = _TURNS.get((before == "unhealthy", after))
    if cause is None:
        return None
    was = "" if before is None else f" from {before}"
    turn = f"{clock_time(at)} health turned{was} to {after}"
    return Judgement(cause=cause, planned=False, evidence=(turn,))


_TURNS = {(False, "unhealthy"): Cause.UNHEALTHY, (True, "healthy"): Cause.RECOVERED}


def is_revisable(judgement: Judgement, run: Run) -> bool:
    """Whether what comes after an end may yet tell that it was another one: after a planned stop,
    and where the connection was lost before all was told."""
    if judgement.cause in _FINAL or run.is_removal or run.restarted_at is not None:
        return False
    return judgement.cause is Cause.PLANNED_STOP or run.is_cut


def revision(judgement: Judgement, run: Run) -> Judgement | None:
    """The better judgement of an end, by what came after it: a replacement of what was stopped,
    slow to come (within a minute), or the end of the engine, which stops its containers before it
    goes. None as long as the old one holds."""
    if not is_revisable(judgement, run):
        return None
    if judgement.cause is Cause.PLANNED_STOP and run.is_replaced_late:
        return _judgement(run, Cause.DEPLOY, planned=True)
    better = _last_word(run) if _went_with_host(run) else judgement
    return better if better.cause is Cause.HOST_DOWN else None


def _went_with_host(run: Run) -> bool:
    """In either order: the engine's clock tells of the end, ours of the loss."""
    if run.loss is None or run.ended_at is None:
        return False
    return abs(run.loss.at - run.ended_at) <= _SHUTDOWN
