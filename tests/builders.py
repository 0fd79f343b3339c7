"""Valid values by default; override what a test is about by keyword."""

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec

from reactor.engine.normalize import Refusal, normalize
from reactor.model.delivery import Delivery, RetryPolicy, State
from reactor.model.event import Arrival, Event, Record
from reactor.model.lookup import Reference
from reactor.model.match import Evaluation, Reason, Truth
from reactor.model.problem import Place
from reactor.model.request import StoredRequest
from reactor.model.rule import ActionSpec, Destination, Rule, Ruleset
from reactor.model.secret import Secret, Vault
from reactor.model.silence import StoredSilence

Kind = TypeVar("Kind")

NOON = datetime(2031, 5, 6, 10, 20, 30, tzinfo=UTC)
"""A time in the future and not a full hour, so that accidental real time shows."""

NO_SECRETS = Vault("no-secrets", {})

PLACE = Place("rules.yaml", 1, 1)


def replace(value: Kind, /, **changes: object) -> Kind:
    """The same value but for these fields, whether it is a dataclass or a struct of msgspec."""
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.replace(value, **changes)
    return dataclasses.replace(value, **changes)  # type: ignore[type-var]


class Says:
    """A condition with a fixed answer, or one that is read from a field of the record."""

    def __init__(
        self,
        truth: Truth = True,
        field: str | None = None,
        speaks_of: tuple[Reference, ...] = (),
    ) -> None:
        self.truth, self.field, self.speaks_of = truth, field, speaks_of

    def evaluate(self, record: Record) -> Truth:
        if self.field is None:
            return self.truth
        value = record.fields.get(self.field)
        return value if isinstance(value, bool) else None

    def lacks(self, record: Record) -> bool:
        return self.evaluate(record) is None and bool(record.unknown)

    def may_be(self, record: Record, *, wanted: bool) -> bool:
        return self.evaluate(record) is wanted or self.lacks(record)

    def references(self) -> Iterator[Reference]:
        return iter(self.speaks_of)


def an_event(
    *,
    at: datetime = NOON,
    source: str = "local",
    platform: bool = False,
    facts: Mapping[str, object] | None = None,
    identity: str = "line-1",
    **frame: object,
) -> Event:
    """An event whose frame has the given fields."""
    arrival = Arrival(
        source=source,
        raw=msgspec.json.encode(frame),
        identity=identity,
        platform=platform,
        facts=facts or {},
    )
    event = normalize(arrival, at)
    assert not isinstance(event, Refusal)
    return event


def an_action(**changes: object) -> ActionSpec:
    """A `log` action without parameters."""
    fields: dict[str, object] = {
        "name": "log",
        "type": "log",
        "value": "info",
        "destination": None,
        "parameters": {},
    }
    return ActionSpec(**(fields | changes))  # type: ignore[arg-type]  # fields by name


def a_rule(**changes: object) -> Rule:
    """A rule that matches every event and has one `log` action."""
    fields: dict[str, object] = {
        "name": "every event",
        "place": PLACE,
        "match": Says(True),
        "actions": (an_action(),),
    }
    return Rule(**(fields | changes))  # type: ignore[arg-type]  # fields by name


def a_destination(**changes: object) -> Destination:
    """A webhook destination on a port where nobody listens."""
    fields: dict[str, object] = {
        "name": "ops",
        "type": "webhook",
        "url": Secret("http://127.0.0.1:9/hook"),
        "place": PLACE,
    }
    return Destination(**(fields | changes))  # type: ignore[arg-type]  # fields by name


def a_ruleset(*rules: Rule, destinations: tuple[Destination, ...] = ()) -> Ruleset:
    """The given rules, or one that matches every event."""
    return Ruleset(
        hash="ruleset-1",
        text="rules: []\n",
        rules=rules or (a_rule(),),
        sources={},
        destinations={destination.name: destination for destination in destinations},
        vault=NO_SECRETS,
    )


def a_delivery(**changes: object) -> Delivery:
    """A pending webhook to `ops`, due at NOON."""
    fields: dict[str, object] = {
        "id": "delivery-1",
        "event_id": "event-1",
        "source": "local",
        "rule": "every event",
        "action": "webhook",
        "type": "webhook",
        "destination": "ops",
        "lane": "ops",
        "order_key": None,
        "state": State.PENDING,
        "request": StoredRequest(method="POST", body=("{}",)),
        "timeout": timedelta(seconds=10),
        "retry": RetryPolicy(),
        "created_at": NOON,
        "promised_at": NOON,
        "due_at": NOON,
    }
    return Delivery(**(fields | changes))  # type: ignore[arg-type]  # fields by name


def a_silence(**changes: object) -> StoredSilence:
    """One that holds for an hour from NOON on, for the service `web`."""
    fields: dict[str, object] = {
        "id": "5f0c12ab",
        "text": "service.name=web",
        "author": "alice",
        "comment": "we deploy",
        "created_at": NOON,
        "expires_at": NOON + timedelta(hours=1),
    }
    return StoredSilence(**(fields | changes))  # type: ignore[arg-type]  # fields by name


def an_evaluation(**changes: object) -> Evaluation:
    """A firing, decided at NOON."""
    fields: dict[str, object] = {
        "event_id": "event-1",
        "source": "local",
        "rule": "every event",
        "action": "log",
        "reason": Reason.FIRED,
        "at": NOON,
        "key": "[]",
    }
    return Evaluation(**(fields | changes))  # type: ignore[arg-type]  # fields by name
