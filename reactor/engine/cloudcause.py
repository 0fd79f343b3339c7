"""Why a container of Docker Cloud or Tutum ended: by the platform's actions and its exit code.

Pure. Its frame tells neither: a crash is `Stopped` as a stop is (docs/platforms.md §1). So it and
its node are asked for, and what was done lately to it, its service and its stack.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from reactor.engine.actions import PlatformAction, actions_of
from reactor.engine.gates.clock import event_clock
from reactor.engine.normalize import platform_time
from reactor.model.cause import Cause, Judgement
from reactor.model.event import CAUSE, Event
from reactor.model.lookup import NOT_ASKED, Found, Reference
from reactor.model.uri import parse_uri

ASKED = (Reference("container", "exit_code"), Reference("node", "state"))
"""What has to be known of objects."""

ACTED_ON = ("container", "service", "stack")
"""The kinds of the objects whose actions have to be known. Of a node its state tells enough."""

GATHERED = "actions"
"""The fact under which those actions are, by kind, until the event is judged. Rules never see it.
Of a kind whose actions could not be had it has the reason, a text."""

LOOKED_BACK = timedelta(hours=6)
"""How long before an event actions are asked for: a container that ended while nobody was connected
is told of when somebody is again."""

LONGEST = timedelta(hours=1)
"""How long an action that does not end may be a cause: one that hangs for ever explains nothing."""

AFTERMATH = timedelta(seconds=60)
"""How long after its end an action may be a cause."""

_CAUSES: Mapping[str, Cause] = {
    "redeploy": Cause.DEPLOY,
    "stop": Cause.PLANNED_STOP,
    "scale": Cause.PLANNED_STOP,
    "terminate": Cause.PLANNED_STOP,
}
_ENDS = ("Stopped", "Terminated")
_KILLED = 137
"""128 and SIGKILL, which no program sends itself."""


def opened(event: Event) -> Event:
    """The event as it came, its objects unknown: with its cause if that is certain, or with that
    unknown too if there is one to be asked for."""
    own, state = parse_uri(event.subject), event.data.get("state")
    if own is None or CAUSE in event.facts:
        return event
    if (own.type, state) == ("node", "Unreachable"):
        lost = Judgement(cause=Cause.HOST_DOWN, planned=False, evidence=("it is Unreachable",))
        return replace(event, facts={**event.facts, **lost.facts()})
    if own.type == "container" and state in _ENDS and own.type in event.unknown:
        return replace(event, unknown={**event.unknown, CAUSE: event.unknown[own.type]})
    return event


def asked_since(event: Event) -> datetime:
    """From when on actions are asked for: the same within an hour, so that requests are shared."""
    return event_clock(event).replace(minute=0, second=0, microsecond=0) - LOOKED_BACK


def gathered(event: Event) -> Mapping[str, object]:
    """What is known by now of the actions on each of ACTED_ON."""
    told = event.facts.get(GATHERED)
    return told if isinstance(told, Mapping) else {}


def with_actions(event: Event, kind: str, uri: str, found: Found) -> Event:
    """The event with what a lookup told of the actions on its object of this kind."""
    told = actions_of(uri, found)
    return replace(event, facts={**event.facts, GATHERED: {**gathered(event), kind: told}})


def concluded(event: Event) -> Event:
    """The event with its cause, if that was asked for. What was gathered for it goes."""
    told = gathered(event)
    if not told:
        return event
    facts = {name: value for name, value in event.facts.items() if name != GATHERED}
    unknown = {kind: why for kind, why in event.unknown.items() if kind != CAUSE}
    judged = _judged(event, told)
    if isinstance(judged, Judgement):
        return replace(event, facts={**facts, **judged.facts()}, unknown=unknown)
    return replace(event, facts=facts, unknown={**unknown, CAUSE: judged})


@dataclass(frozen=True, slots=True, kw_only=True)
class _End:
    """The end of a run. `at` None: nobody knows when. `started_at`: of that run, if it is known."""

    state: object
    at: datetime | None
    started_at: datetime | None
    exit_code: object


def _judged(event: Event, told: Mapping[str, object]) -> Judgement | str:
    """Why it ended, or why that cannot be known."""
    end, failures = _end_of(event), [*_failures(event, told)]
    # What is Stopped and could not be asked may have been started after the action.
    is_vague = end.state == "Stopped" and "container" in event.unknown
    cause = None if is_vague else _by_action(end, told)
    cause = cause or _by_node(event)
    if cause is None and failures:
        return failures[0]
    return cause or _by_exit_code(end, asked_since(event))


def _end_of(event: Event) -> _End:
    container, state = _known(event, "container"), event.data.get("state")
    told = container.get("stopped_datetime" if state == "Stopped" else "destroyed_datetime")
    # What was missed is told later than it happened.
    otherwise = None if event.data.get("inferred") is True else event_clock(event)
    at = _moment(told) or otherwise
    started_at = _moment(container.get("started_datetime") or container.get("deployed_datetime"))
    is_later = started_at is not None and at is not None and started_at > at
    return _End(
        state=state,
        at=at,
        started_at=None if is_later else started_at,
        exit_code=container.get("exit_code"),
    )


def _known(event: Event, kind: str) -> Mapping[str, object]:
    known = event.facts.get(kind)
    return known if isinstance(known, Mapping) else {}


def _moment(text: object) -> datetime | None:
    return platform_time(text) if isinstance(text, str) else None


def _failures(event: Event, told: Mapping[str, object]) -> Iterator[str]:
    """What should have been told and was not, in words."""
    for reference in ASKED:
        if reference.kind in event.unknown:
            yield f"{reference.kind}: {event.unknown[reference.kind]}"
    for kind in ACTED_ON:
        otherwise = event.unknown.get(kind, NOT_ASKED if kind in event.facts else None)
        actions = told.get(kind, otherwise)
        if isinstance(actions, str):
            yield f"actions on the {kind}: {actions}"


def _by_action(end: _End, told: Mapping[str, object]) -> Judgement | None:
    """By the latest of the actions that explain the end."""
    actions = [action for each in told.values() if isinstance(each, list) for action in each]
    found = [each for each in map(PlatformAction.read, actions) if each and _explains(each, end)]
    if end.at is None or not found:
        return None
    latest = max(found, key=lambda action: action.started_at)
    return Judgement(cause=_CAUSES[latest.verb], planned=True, evidence=(latest.told(end.at),))


def _explains(action: PlatformAction, end: _End) -> bool:
    """Whether the end may be its work: it began before, and after the run did, and was not long
    over. REST tells whole seconds of all of these."""
    if action.verb not in _CAUSES or end.at is None or action.started_at > end.at:
        return False
    if action.verb == "scale" and end.state != "Terminated":  # what it takes away is terminated
        return False
    if end.started_at is not None and end.started_at > action.started_at:
        return False
    if action.ended_at is None:
        return end.at - action.started_at <= LONGEST
    return end.at - action.ended_at <= AFTERMATH


def _by_node(event: Event) -> Judgement | None:
    node = _known(event, "node")
    state = node.get("state")
    evidence = (f"its node {node.get('name') or node.get('uri')} is {state}",)
    if state == "Unreachable":
        return Judgement(cause=Cause.HOST_DOWN, planned=False, evidence=evidence)
    if state in ("Terminating", "Terminated"):
        return Judgement(cause=Cause.PLANNED_STOP, planned=True, evidence=evidence)
    return None


def _by_exit_code(end: _End, since: datetime) -> Judgement:
    """What no action explains."""
    code = end.exit_code
    if not isinstance(code, int) or isinstance(code, bool):
        return _nobody_knows("no exit code was told")
    if end.at is None or end.at - since < LONGEST:
        return _nobody_knows(f"exit code {code}, and nobody was connected when it ended")
    told = (f"exit code {code}, and no Redeploy, Stop, Scale or Terminate explains it",)
    if code == 0:
        return Judgement(cause=Cause.COMPLETED, planned=True, evidence=told)
    cause = Cause.KILLED if code == _KILLED else Cause.CRASH
    return Judgement(cause=cause, planned=False, evidence=told)


def _nobody_knows(why: str) -> Judgement:
    return Judgement(cause=Cause.UNKNOWN, planned=None, evidence=(why,))
