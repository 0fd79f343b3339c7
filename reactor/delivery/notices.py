"""What the fallback of a destination is told: that it is paused, and that it is so no longer.

Pure. A notice is a delivery like any other, but that no event and no rule made it.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import structs

from reactor.duration import format_duration, format_time
from reactor.engine.promise import BODY
from reactor.model.delivery import Delivery, RetryPolicy, State
from reactor.model.journal import Pause
from reactor.model.protocols import ActionType
from reactor.model.request import shown_url
from reactor.model.rule import ActionSpec, Destination
from reactor.model.secret import Vault

OURSELVES = "(reactor)"
"""Stands where other deliveries have the name of their rule."""

TIMEOUT = timedelta(seconds=10)

MOST_WAITING = 100_000
"""Deliveries that wait are counted up to this many."""


class Kind(StrEnum):
    """What has happened to a destination."""

    PAUSED = "paused"
    RESUMED = "resumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A pause that begins or ends at `at`, with so many deliveries that wait."""

    kind: Kind
    lane: str
    pause: Pause
    at: datetime
    waiting: int


def sentence(notice: Notice) -> str:
    """The same for people."""
    pause, count = notice.pause, f"{notice.waiting:,}"
    if notice.waiting >= MOST_WAITING:
        count = f"more than {count}"
    if notice.kind is Kind.RESUMED:
        span = format_duration(timedelta(seconds=round((notice.at - pause.since).total_seconds())))
        return f"destination '{notice.lane}' takes deliveries again after {span}; waiting: {count}"
    return (
        f"destination '{notice.lane}' is paused: {pause.why}; "
        f"failing since {format_time(pause.since)}; waiting: {count}"
    )


def delivery(notice: Notice, fallback: Destination, action: ActionType, vault: Vault) -> Delivery:
    """The promise to tell `fallback`, by the action that its type is for."""
    identity = _identity(notice)
    spec = ActionSpec(
        name=notice.kind,
        type=fallback.type,
        value=fallback.name,
        destination=fallback.name,
        parameters={},
    )
    names = {
        "rule": OURSELVES,
        "event": {"subject": sentence(notice)},
        BODY: _body(notice, identity),
    }
    request = action.render(spec, names, vault)
    return Delivery(
        id=identity,
        event_id="",
        source="",
        rule=OURSELVES,
        action=notice.kind,
        type=fallback.type,
        destination=fallback.name,
        lane=fallback.name,
        order_key=None,
        state=State.PENDING,
        request=structs.replace(request, shown_url=shown_url(fallback.url.value)),
        timeout=TIMEOUT,
        retry=RetryPolicy(),
        created_at=notice.at,
        promised_at=notice.at,
        due_at=notice.at,
    )


def _identity(notice: Notice) -> str:
    parts = [OURSELVES, notice.kind, notice.lane, format_time(notice.at)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _body(notice: Notice, identity: str) -> dict[str, object]:
    """What a webhook gets."""
    return {
        "id": identity,
        "type": f"reactor.{notice.kind}",
        "timestamp": format_time(notice.at),
        "destination": notice.lane,
        "since": format_time(notice.pause.since),
        "why": notice.pause.why,
        "waiting": notice.waiting,
    }
