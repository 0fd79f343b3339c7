"""What changed while nobody watched: a listing held against what was known. Pure.

Only states can be inferred, not what happened in between: a cause is told where it can be shown.
"""

from collections.abc import Container, Iterator, Mapping
from datetime import datetime, timedelta

from msgspec import structs

from reactor.duration import format_time
from reactor.engine.cause import judge_found, judge_health
from reactor.engine.runs import SETTLING, Found, Loss, Run
from reactor.model.cause import Judgement
from reactor.platforms.docker.engine import ListedContainer, Listing
from reactor.platforms.docker.known import (
    RUNNING,
    STARTING,
    STOPPED,
    STOPPING,
    TERMINATED,
    Known,
    has_run_anew,
    listed,
)
from reactor.platforms.docker.waiting import Pending

_INFERRED = {"inferred": True}
_UP = (RUNNING, STOPPING)
_BEFORE = timedelta(seconds=15)
"""An engine that stops ends its containers first, and it shows later that it is gone."""


def differences(
    known: Mapping[str, Known], listing: Listing, outage: Loss | None, told: Container[str]
) -> Iterator[Pending]:
    """A frame for every step that a container must have made since it was known, those that are
    gone first; but for those that events `told` of since the listing began. `outage` is since when
    the engine was away, if it is another process since."""
    there = {each.id for each in listing.containers}
    for before in [*known.values()]:
        if before.id not in there and before.id not in told:
            yield from _last_steps(before, outage, listing.ended_at)
    for each in listing.containers:
        if each.id not in told:
            yield from _steps(known.get(each.id), each, outage, listing.ended_at)


def is_new_run(before: Known, started_at: datetime) -> bool:
    """Whether a start is told of a container whose last run was never told to have ended. The run
    that a listing has shown already began a moment before its event."""
    known = before.run.started_at
    return before.state in _UP and known is not None and started_at - known > SETTLING


def unseen_end(before: Known, found: Found, at: datetime) -> Pending:
    """The end of a run that was followed by another one, at the latest then: of it nothing else is
    certain."""
    judged = judge_found(found)
    ended = structs.replace(before, state=STOPPED, exit_code=None, judged=judged)
    return _step(ended, STOPPED, at, judged)


def _last_steps(before: Known, outage: Loss | None, at: datetime) -> Iterator[Pending]:
    """It is gone, and has ended before, if it ran."""
    if before.state in _UP:
        end = unseen_end(before, Found(loss=outage), at)
        before = end.known
        # When that was nobody knows: found again later, it is the same end.
        yield structs.replace(end, identity=end.identity[:-1])
    yield _step(structs.replace(before, state=TERMINATED), TERMINATED, at, None)


def _steps(
    before: Known | None, each: ListedContainer, outage: Loss | None, at: datetime
) -> Iterator[Pending]:
    after = listed(each, before, at)
    judged = _judged(before, each, outage)
    if before is None:
        before = structs.replace(after, state=STARTING, health=None, run=Run())
        yield _step(before, STARTING, after.created_at or at, None)
    if has_run_anew(before, each):
        if before.state in _UP:
            found = Found(restarts=_restarts(before, each), loss=outage)
            yield unseen_end(before, found, each.started_at or at)
        before = structs.replace(after, state=RUNNING, health=None)
        yield _step(before, RUNNING, each.started_at or at, None)
    if after.state != before.state:
        is_end = after.state == STOPPED
        moment = after.finished_at if is_end else None
        yield _step(after, after.state, moment or at, judged if is_end else None)
    if after.health is not None:
        turned = judge_health(before.health, after.health, at)
        yield from (_step(after, None, at, turned),) if turned else ()


def _judged(before: Known | None, each: ListedContainer, outage: Loss | None) -> Judgement:
    """Why the run ended that the listing shows as over."""
    died = each.finished_at
    return judge_found(
        Found(
            died_at=died,
            exit_code=each.exit_code,
            oom_killed=each.oom_killed,
            restarts=_restarts(before, each),
            loss=outage if outage and died and died >= outage.at - _BEFORE else None,
            is_elsewhere=each.node_id is not None,
        )
    )


def _restarts(before: Known | None, each: ListedContainer) -> int:
    known = before.restart_count if before else 0
    return max(0, each.restart_count - (each.restart_count if known is None else known))


def _step(known: Known, state: str | None, at: datetime, judged: Judgement | None) -> Pending:
    """The same difference found again is the same frame; nothing ends twice."""
    what = state or f"health {known.health}"
    when = () if state == TERMINATED else (format_time(at),)
    return Pending(
        known=known,
        at=at,
        identity=("docker-inferred", known.id, what, *when),
        data=_INFERRED,
        action="create" if state == STARTING else "",
        state=state,
        judged=judged,
    )
