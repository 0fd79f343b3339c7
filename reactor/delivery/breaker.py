"""Whether a destination takes deliveries: what its answers say of it, and when it is tried. Pure.

It delays deliveries and decides nothing about them.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reactor.delivery.retry import doubled
from reactor.model.journal import Pause
from reactor.model.request import Outcome, Verdict

FAILURES = 5
"""Failed attempts in a row after which only probes go out."""

PATIENCE = timedelta(seconds=10)
"""How long a destination fails before it is called paused: a restart of it is nobody's business."""

FIRST_PROBE = timedelta(seconds=1)
LONGEST_PROBE = timedelta(minutes=1)
"""Probes are so far apart: doubling, each between half of that and all of it."""

_WIDEST = 256
"""As many under way are as good as no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """What is known of a destination, or of whatever else shares a lane.

    `failures` are those in a row and `since` is when the first of them began; `why` is the last
    one. Nothing starts before `closed_until`. `probes` counts those that failed; None while no
    probing is needed. `width` is how many may be under way, None for no limit: after a silence one
    starts, and each success lets one more. `is_paused`: it is so bad that people are told.
    """

    failures: int = 0
    since: datetime | None = None
    why: str = ""
    closed_until: datetime | None = None
    probes: int | None = None
    width: int | None = None
    is_paused: bool = False


def allowed(breaker: Breaker, now: datetime) -> int | None:
    """How many may be under way at `now`, None for no limit."""
    if breaker.closed_until is not None and now < breaker.closed_until:
        return 0
    return 1 if breaker.probes is not None else breaker.width


def spared(breaker: Breaker, outcome: Outcome) -> Outcome:
    """The outcome, but that nothing is buried because a paused destination still refuses: of its
    refusals one is enough to know, and what waits for it waits on."""
    if breaker.is_paused and outcome.is_refusal:
        return replace(outcome, verdict=Verdict.RETRY)
    return outcome


def after(
    breaker: Breaker, outcome: Outcome, began: datetime, now: datetime, jitter: float
) -> Breaker:
    """What is known when an attempt that began at `began` has ended at `now`.

    An answer about the request, such as 400, shows that the destination lives. `jitter` is uniform
    in [0, 1).
    """
    if outcome.verdict is Verdict.RETRY or outcome.is_refusal:
        return _failed(breaker, outcome, began, now, jitter)
    if outcome.verdict is Verdict.BURY and outcome.status is None:
        return breaker  # it was never asked
    return _answered(breaker)


def _answered(breaker: Breaker) -> Breaker:
    if breaker.failures == 0 and breaker.width is None:
        return breaker  # as nearly always
    wider = 2 if breaker.probes is not None else (breaker.width or _WIDEST) + 1
    return Breaker(width=wider if wider < _WIDEST else None)


def _failed(
    breaker: Breaker, outcome: Outcome, began: datetime, now: datetime, jitter: float
) -> Breaker:
    count, since = breaker.failures + 1, breaker.since or began
    failed = replace(breaker, failures=count, since=since, why=outcome.detail)
    if breaker.probes is not None or count >= FAILURES or outcome.is_refusal:
        failed = _probed(failed, now, jitter)
    if outcome.retry_after is not None:
        failed = replace(_closed(failed, now + outcome.retry_after), width=1)
    is_bad = failed.probes is not None and now - since >= PATIENCE
    return replace(failed, is_paused=breaker.is_paused or is_bad or outcome.is_refusal)


def _probed(breaker: Breaker, now: datetime, jitter: float) -> Breaker:
    """Those under way when the first failed say nothing new until a probe is due."""
    if breaker.probes is None:
        probes = 0
    elif breaker.closed_until is not None and now < breaker.closed_until:
        return breaker
    else:
        probes = breaker.probes + 1
    wait = doubled(FIRST_PROBE, LONGEST_PROBE, probes) * (0.5 + jitter / 2)
    return _closed(replace(breaker, probes=probes), now + wait)


def _closed(breaker: Breaker, until: datetime) -> Breaker:
    """Closed until then, or for longer if something asked for longer."""
    return replace(breaker, closed_until=max(breaker.closed_until or until, until))


def paused(breaker: Breaker) -> Pause | None:
    """What people are told, and the journal keeps; None while it is not paused."""
    if not breaker.is_paused or breaker.since is None or breaker.closed_until is None:
        return None
    return Pause(
        since=breaker.since,
        why=breaker.why,
        failures=breaker.failures,
        probes=breaker.probes or 0,
        probe_at=breaker.closed_until,
    )


def resumed(pause: Pause) -> Breaker:
    """What was known when the journal kept it."""
    return Breaker(
        failures=pause.failures,
        since=pause.since,
        why=pause.why,
        closed_until=pause.probe_at,
        probes=pause.probes,
        width=1,
        is_paused=True,
    )


def asked_at_once(breaker: Breaker, now: datetime) -> Breaker:
    """The destination was changed: who asks it now may find it well."""
    return replace(breaker, closed_until=now) if breaker.probes is not None else Breaker()


def set_back(breaker: Breaker, by: timedelta) -> Breaker:
    """The clock was set back: nothing stays closed the longer for it."""
    since, until = breaker.since, breaker.closed_until
    return replace(breaker, since=since and since - by, closed_until=until and until - by)
