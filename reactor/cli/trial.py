"""The event that a rule is tried on, and how the trial is told."""

import sys
from collections.abc import Iterator
from pathlib import Path

from msgspec import structs

from reactor.cli.output import (
    attempt_fields,
    data,
    delivery_fields,
    evaluation_fields,
    json_line,
    talk,
)
from reactor.cli.recording import Recording
from reactor.cli.story import delivered, evaluated
from reactor.clock import utc_now
from reactor.delivery.retry import Decision
from reactor.duration import format_time
from reactor.engine.normalize import Refusal, described, normalize
from reactor.model.delivery import Attempt, Delivery, State
from reactor.model.errors import ReactorError
from reactor.model.event import Event
from reactor.model.match import Reason
from reactor.model.rule import Rule
from reactor.model.secret import masked
from reactor.transaction import Committed

STDIN = "-"

WHY = {
    Reason.DISABLED: "it is switched off",
    Reason.OTHER_SOURCE: "it listens to other sources",
    Reason.CONDITION_FALSE: "its condition is false",
    Reason.FIELD_MISSING: "a field that it asks for is not in the event",
    Reason.LOOKUP_FAILED: "a fact that it asks for is not known",
    Reason.CONDITION_ERROR: "its condition cannot be evaluated",
}
"""The reasons of rules that did not match, in words."""

_INDENT = " " * 11
"""Under the first letter of the rule's name in a line of the story."""


def event_in(path: str, source: str) -> Event:
    """The one event that a file holds as JSON, or standard input: a frame, or
    {"event": FRAME, "facts": {...}}, of `source` unless it says so itself. It arrives now. Raises
    ReactorError."""

    def refuse(_: int, why: str) -> None:
        raise ReactorError(f"{path}: {why}; expected one event as JSON")

    recording = Recording([_content(path)], path=path, source=source, on_bad=refuse)
    for arrival in recording:
        event = normalize(arrival, utc_now())
        if isinstance(event, Refusal):
            raise ReactorError(f"{path}: {event.sentence}")
        return event
    raise ReactorError(f"{path} is empty, expected one event as JSON")


def _content(path: str) -> bytes:
    if path == STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as fault:
        raise ReactorError(f"{path} cannot be read: {fault.strerror}") from fault


class Report:
    """Tells a trial, as one object a line or for people."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json

    def event(self, event: Event) -> None:
        """What the rule is tried on."""
        if self._as_json:
            data(json_line({"kind": "event", **described(event)}))
        else:
            data(f"event      {event.id} of {event.source}, {format_time(event.time)}")

    def missed(self, rule: Rule, event: Event, reason: Reason) -> None:
        """The rule does not match."""
        if not self._as_json:
            data(f"no match   {rule.name}: {reason}, {WHY[reason]}")
            return
        fields = {
            "kind": "evaluation",
            "event_id": event.id,
            "source": event.source,
            "rule": rule.name,
            "action": None,
            "reason": reason,
        }
        data(json_line(fields))

    def decided(self, committed: Committed) -> None:
        """What becomes of the match for each action, and what is to be sent."""
        promised = {delivery.id: delivery for delivery in committed.deliveries}
        for text in committed.notices:
            talk(text)
        for row in committed.rows:
            data(json_line(evaluation_fields(row)) if self._as_json else evaluated(row))
            if delivery := promised.get(row.delivery_id or ""):
                self._planned(delivery)

    def _planned(self, delivery: Delivery) -> None:
        if self._as_json:
            data(json_line(delivery_fields(delivery)))
            return
        for line in _request(delivery):
            data(_INDENT + line)

    def attempted(self, delivery: Delivery, attempt: Attempt, decision: Decision) -> None:
        """How the one attempt ended; called from the dispatcher's thread."""
        if self._as_json:
            data(json_line(attempt_fields(delivery, attempt)))
        else:
            data(delivered(delivery, attempt, structs.replace(decision, reason=attempt.detail)))


def _request(delivery: Delivery) -> Iterator[str]:
    """What would be sent, secrets masked."""
    request = delivery.request
    yield f"{request.method} {request.shown_url or ''}".rstrip()
    for name, value in request.headers.items():
        yield f"{name}: {masked(value)}"
    yield from masked(request.body).splitlines()
    if delivery.state is State.DEAD:
        yield f"cannot be sent: {delivery.reason}"
