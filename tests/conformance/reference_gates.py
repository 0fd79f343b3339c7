"""The gates of the reference, in the order of rules.md §3; None lets a match pass."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from reactor.model.gates import Hours, Otherwise, Overlap, Phase
from reactor.model.match import Reason
from tests.builders import Says
from tests.conformance.reference_values import Kept, Match, Owner, Wait, Where, name_of

SILENCED = Says(field="hush")
"""What every silence asks for."""

Gate = Callable[[Kept, Owner, Match], Reason | None]


def _for(kept: Kept, owner: Owner, match: Match) -> Reason | None:
    span, event = kept.gates(owner).lasting, match.event
    if span is None or event is None:
        return None
    where = Where(name_of(owner), "for", match.own)
    wait = kept.waits.get(where)
    if wait is None:
        due = max(match.own_at + span, heard_out(match))
        kept.waits[where] = Wait(match=match, due=due, subjects=[event.subject])
        return Reason.WAITING
    if event.subject not in wait.subjects:
        wait.subjects.append(event.subject)
    return Reason.MERGED if wait.match else Reason.INCIDENT


def _then(kept: Kept, owner: Owner, match: Match) -> Reason | None:
    sequel = kept.rule.sequel
    if sequel is None or owner:
        return None
    where = Where("", sequel.gate, match.own)
    wait = kept.waits.get(where)
    if wait and not sequel.comes:
        return Reason.MERGED
    if wait and wait.match:
        kept.write(wait.match, None, Reason.MERGED, settles=True)
    until = match.own_at + sequel.within
    kept.waits[where] = Wait(match=match, due=max(until, heard_out(match)), until=until)
    return Reason.WAITING


def _after(kept: Kept, owner: Owner, match: Match) -> Reason | None:
    limit = kept.gates(owner).after
    if limit is None:
        return None
    seen = kept.times[Where(name_of(owner), "after", match.key)]
    seen.append(match.at)
    if len(_within(seen, match.at, limit.within)) < limit.count:
        return Reason.BELOW_COUNT
    seen.clear()
    match.count = limit.count
    return None


def during(kept: Kept, owner: Owner, match: Match) -> Reason | None:
    every = kept.gates(owner).hours
    shut = next((each for each in every if not _is_open(each, match.at)), None)
    if shut is None:
        return None
    opening = _opening(every, match.at)
    if shut.otherwise is Otherwise.DROP or opening is None:
        return Reason.OUTSIDE_TIME
    where, subject = Where(name_of(owner), every[0].gate, match.hours_key), _subject(match)
    if where in kept.waits:
        wait = kept.waits[where]
        wait.gathered += 1
        if wait.subjects and subject not in wait.subjects:
            wait.subjects.append(subject)
        return Reason.MERGED
    is_digest = any(each.otherwise is Otherwise.DIGEST for each in every)
    watched = [subject] if shut.otherwise is Otherwise.HOLD else []
    kept.waits[where] = Wait(match=match, due=opening, subjects=watched, is_digest=is_digest)
    return Reason.WAITING


def heard_out(match: Match) -> datetime:
    """What came late is waited with for five seconds: what ended it may come behind it."""
    event = match.event
    if event and event.arrival - match.own_at > timedelta(seconds=1):
        return event.arrival + timedelta(seconds=5)
    return match.own_at


def _subject(match: Match) -> str:
    """Whose doing ends it; nobody's where there is no event, or that is an end itself."""
    return match.event.subject if match.event and match.phase is not Phase.RESOLVED else ""


def silence(kept: Kept, _: Owner, match: Match) -> Reason | None:
    is_meant = SILENCED.evaluate(match.record) is True
    is_silent = any(until > kept.now for until in kept.silenced_until)
    return Reason.SILENCED if is_meant and is_silent else None


def _throttle(kept: Kept, owner: Owner, match: Match) -> Reason | None:
    rate = kept.gates(owner).throttle
    if rate is None:
        return None
    passed = kept.times[Where(name_of(owner), "throttle", match.key)]
    if len(_within(passed, match.at, rate.per)) >= rate.count:
        return Reason.THROTTLED
    passed.append(match.at)
    return None


def _mode(kept: Kept, owner: Owner, match: Match) -> Reason | None:
    mode, where = kept.gates(owner).mode, Where(name_of(owner), "mode", match.key)
    if mode is None:
        return None
    side_by_side = mode.most if mode.overlap is Overlap.PARALLEL else 1
    if len(kept.firings[where]) < side_by_side:
        return None
    if mode.overlap is Overlap.QUEUED and len(kept.queues[where]) < mode.most:
        kept.queues[where].append(match)
        return Reason.WAITING
    return Reason.MODE


ORDER: tuple[tuple[tuple[str, ...], Gate], ...] = (
    (("for",), _for),
    (("then", "not_then", "absent"), _then),
    (("after",), _after),
    (("during", "not_during"), during),
    (("silence",), silence),
    (("throttle",), _throttle),
    (("mode",), _mode),
)


def held_by(kept: Kept, owner: Owner, match: Match, behind: str | None) -> Reason | None:
    """Why a match is held back, if it is, by the gates behind the one that kept it until now."""
    is_to_come = behind is None
    for names, gate in ORDER:
        if is_to_come and (reason := gate(kept, owner, match)):
            return reason
        is_to_come = is_to_come or behind in names
    return None


def _within(moments: Sequence[datetime], at: datetime, span: timedelta) -> Sequence[datetime]:
    """Those in (at - span, at]."""
    return [moment for moment in moments if at - span < moment <= at]


def _is_open(hours: Hours, at: datetime) -> bool:
    """Intervals here are of every day, in UTC, and end on the day on which they begin."""
    inside = any(each.begin <= at.time() < each.end for each in hours.intervals.values())
    return inside is hours.inside


def _opening(every: Sequence[Hours], at: datetime) -> datetime | None:
    """The first moment at which all are open: some interval begins or ends then."""
    edges = {
        datetime.combine(at.date() + timedelta(days=day), edge, UTC)
        for hours in every
        for interval in hours.intervals.values()
        for edge in (interval.begin, interval.end)
        for day in range(2)
    }
    later = sorted(edge for edge in edges if edge > at)
    return next((edge for edge in later if all(_is_open(each, edge) for each in every)), None)
