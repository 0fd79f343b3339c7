"""What the pipeline is told beside frames: it may decide something, and none of it is an event."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from reactor.model.memory import MemoryKey


@dataclass(frozen=True, slots=True)
class Started:
    """A new process; the one before was last known to be alive at `alive_at`."""

    alive_at: datetime


@dataclass(frozen=True, slots=True)
class Linked:
    """A source connected, or lost its connection."""

    source: str
    is_connected: bool


@dataclass(frozen=True, slots=True)
class CallBegan:
    """An attempt of a call back begins; `uri` is the object that it goes to."""

    delivery: str
    source: str
    uri: str


@dataclass(frozen=True, slots=True)
class DeliveryEnded:
    """A delivery succeeded, or is dead or cancelled. `action_uri` is the platform's action that a
    call became."""

    delivery: str
    source: str
    action_uri: str | None = None


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What the object of a timer that came due while reactor was down is like now: as its API has
    it, or None when that could not be learned."""

    key: MemoryKey
    object: Mapping[str, object] | None


Signal = Started | Linked | CallBegan | DeliveryEnded | Rechecked
