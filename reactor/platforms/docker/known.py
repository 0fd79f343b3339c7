"""What is known of a container. Values only."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct, structs

from reactor.engine.runs import SETTLING, Run
from reactor.model.cause import Judgement
from reactor.platforms.docker.engine import ListedContainer
from reactor.platforms.docker.events import labels_in
from reactor.platforms.docker.objects import slot_of_task

STARTING, RUNNING = "Starting", "Running"
STOPPING, STOPPED, TERMINATED = "Stopping", "Stopped", "Terminated"
ENDED = (STOPPED, TERMINATED)

_STOP_SECONDS = 10
"""After which an engine kills who has not heard the signal of a stop, unless told otherwise."""

_MOST_STOP_SECONDS = 3600  # also for those that are to be waited for without end

_COMPOSE_NUMBER = "com.docker.compose.container-number"


class Known(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One container. `state` is the platform's word; `run` what is known of its present or last
    run, `short_runs` how many before it were short and ended badly, and `judged` why the last one
    ended. `stop_seconds` are what a stop waits for its end, negative for ever, None if nobody said.
    `told` is the last event of it that was read, in nanoseconds since 1970. Times are the
    engine's, UTC."""

    id: str
    name: str = ""
    image: str = ""
    labels: Mapping[str, str] = {}
    state: str = ""
    node_id: str | None = None
    created_at: datetime | None = None
    finished_at: datetime | None = None
    exit_code: int | None = None
    restart_count: int | None = None
    oom_killed: bool | None = None
    health: str | None = None
    stop_seconds: int | None = None
    run: Run = Run()
    short_runs: int = 0
    judged: Judgement | None = None
    told: int = 0

    @property
    def has_ended(self) -> bool:
        """Whether its last run is over."""
        return self.state in ENDED

    @property
    def ran_for(self) -> timedelta | None:
        """How long the run lasted that is over."""
        started, died = self.run.started_at, self.run.died_at
        return max(died - started, timedelta()) if started and died else None

    @property
    def ends_by(self) -> datetime | None:
        """When a run that was sent a signal has to be over, if that was a stop: an engine kills who
        has not ended after `stop_seconds`. None if it was sent nothing."""
        if not self.run.kills:
            return None
        seconds = _STOP_SECONDS if self.stop_seconds is None else self.stop_seconds
        bounded = seconds if 0 <= seconds < _MOST_STOP_SECONDS else _MOST_STOP_SECONDS
        return self.run.kills[-1].at + timedelta(seconds=bounded) + SETTLING

    @property
    def slot(self) -> str:
        """Its place in its service, which who replaces it takes: `web.2` of a swarm, the number of
        a Compose service; empty if it has none."""
        return slot_of_task(self.labels) or self.labels.get(_COMPOSE_NUMBER, "")


def first_seen(docker_id: str, attributes: Mapping[str, str], action: str = "") -> Known:
    """A container that an event tells of."""
    return Known(
        id=docker_id,
        name=attributes.get("name", ""),
        image=attributes.get("image", ""),
        labels=labels_in(attributes, action),
    )


def listed(container: ListedContainer, before: Known | None, at: datetime) -> Known:
    """A container as a listing shows it at that moment; what events told of its present run before
    stays."""
    is_same_run = before is not None and not has_run_anew(before, container)
    run = before.run if before and is_same_run else Run(started_at=container.started_at)
    known = Known(
        id=container.id,
        name=container.name,
        image=container.image,
        labels=container.labels,
        state=container.state,
        node_id=container.node_id,
        created_at=container.created_at,
        finished_at=container.finished_at,
        exit_code=container.exit_code,
        restart_count=container.restart_count,
        oom_killed=container.oom_killed,
        health=container.health,
        stop_seconds=container.stop_seconds,
        run=run,
        short_runs=before.short_runs if before else 0,
        told=before.told if before else 0,
        judged=before.judged if before and is_same_run else None,
    )
    if before and is_same_run and _is_stopping(before, known, at):
        return structs.replace(known, state=STOPPING)
    return known


def _is_stopping(before: Known, known: Known, at: datetime) -> bool:
    """Engines list no such state. Who runs on for longer has survived what it was sent."""
    if (before.state, known.state) != (STOPPING, RUNNING):
        return False
    return known.ends_by is not None and at < known.ends_by


def has_run_anew(before: Known, container: ListedContainer) -> bool:
    """Whether the listing shows a later run than the one that is known. The event of a start is a
    little later than the start itself."""
    started, known = container.started_at, before.run.started_at
    return started is not None and (known is None or started > known)
