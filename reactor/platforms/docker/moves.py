"""What an event of the engine changes of a container: one row per event. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from msgspec import structs

from reactor.engine.runs import Kill, Run
from reactor.platforms.docker.events import EngineEvent
from reactor.platforms.docker.known import (
    RUNNING,
    STARTING,
    STOPPED,
    STOPPING,
    TERMINATED,
    Known,
)

STATE_EVENTS = frozenset({"create", "start", "kill", "die", "destroy"})
"""Those that can move a container to another state."""

_MOST_KILLS = 10
"""Of those that a run survives, such as a daily SIGHUP, the last ones."""

_TERMINATING = {2, 3, 9, 15}  # SIGINT, SIGQUIT, SIGKILL, SIGTERM


def moved(known: Known, event: EngineEvent) -> Known:
    """The container after the event; most events change nothing. Of one that is removed events may
    yet be told, as the `stop` that ended it: they do not bring it back."""
    move = _MOVES.get(event.action)
    after = move(known, event) if move else known
    return structs.replace(after, state=TERMINATED) if known.state == TERMINATED else after


def state_told(event: EngineEvent) -> str | None:
    """The state that the event moves the container to: one crash is one frame Stopped."""
    if event.action == "kill" and event.number("signal") not in _TERMINATING:
        return None
    return _STATES.get(event.action)


def run_after(run: Run, event: EngineEvent) -> Run:
    """The run with what the event tells of it; events may come twice."""
    at = event.at
    if event.action == "kill":
        kill = Kill(signal=event.number("signal") or 0, at=at)
        kills = (*run.kills, kill)[-_MOST_KILLS:]
        return run if kill in run.kills else replace(run, kills=kills)
    noted = _NOTED.get(event.action)
    return noted(run, at) if noted else run


def _created(known: Known, event: EngineEvent) -> Known:
    return structs.replace(known, state=STARTING, created_at=event.at)


def _started(known: Known, event: EngineEvent) -> Known:
    return structs.replace(
        known,
        state=RUNNING,
        run=Run(started_at=event.at),
        exit_code=None,
        finished_at=None,
        restart_count=None,  # its policy may have started it, or somebody
        oom_killed=None,
        health=None,
    )


def _killed(known: Known, event: EngineEvent) -> Known:
    known = structs.replace(known, run=run_after(known.run, event))
    is_told = state_told(event) is not None and not known.has_ended
    return structs.replace(known, state=STOPPING) if is_told else known


def _died(known: Known, event: EngineEvent) -> Known:
    code, at = event.number("exitCode"), event.at
    seconds = event.number("execDuration")
    started = known.run.started_at
    if started is None and seconds is not None:
        started = at - timedelta(seconds=seconds)
    run = replace(known.run, started_at=started, died_at=at, exit_code=code)
    return structs.replace(known, state=STOPPED, finished_at=at, exit_code=code, run=run)


def _told_of_run(known: Known, event: EngineEvent) -> Known:
    return structs.replace(known, run=run_after(known.run, event))


def _destroyed(known: Known, event: EngineEvent) -> Known:
    return structs.replace(known, state=TERMINATED, run=run_after(known.run, event))


def _probed(known: Known, event: EngineEvent) -> Known:
    return structs.replace(known, health=event.health)


def _renamed(known: Known, event: EngineEvent) -> Known:
    return structs.replace(known, name=event.attributes.get("name", known.name))


_MOVES: Mapping[str, Callable[[Known, EngineEvent], Known]] = {
    "create": _created,
    "start": _started,
    "kill": _killed,
    "die": _died,
    "oom": _told_of_run,
    "stop": _told_of_run,
    "destroy": _destroyed,
    "health_status": _probed,
    "rename": _renamed,
}
_NOTED: Mapping[str, Callable[[Run, datetime], Run]] = {
    "oom": lambda run, at: replace(run, oom_at=at),
    "stop": lambda run, at: replace(run, stopped_at=at),
    "restart": lambda run, at: replace(run, restarted_at=at),
    "destroy": lambda run, at: replace(run, destroyed_at=at),
}
_STATES = {
    "create": STARTING,
    "start": RUNNING,
    "kill": STOPPING,
    "die": STOPPED,
    "destroy": TERMINATED,
}
