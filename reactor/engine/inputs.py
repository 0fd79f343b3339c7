"""Each kind of input, the function that decides it, and how the journal writes it down."""

from collections.abc import Mapping
from datetime import datetime

from reactor.duration import format_time, parse_time
from reactor.engine.draft import Decision, Situation
from reactor.engine.later import call_began, come_due, delivery_ended, linked, rechecked, started
from reactor.engine.plan import decide
from reactor.model.event import Event
from reactor.model.journal import Input, InputKind
from reactor.model.memory import MemoryKey
from reactor.model.signal import CallBegan, DeliveryEnded, Linked, Rechecked, Signal, Started

Taken = Event | MemoryKey | Signal
"""An event; the memory whose timer came due; a signal."""


def decision_on(taken: Taken, situation: Situation, now: datetime) -> Decision:
    """What it means at `now`."""
    if isinstance(taken, Event):
        return decide(taken, situation, now)
    if isinstance(taken, MemoryKey):
        return come_due(taken, situation, now)
    return _on_signal(taken, situation, now)


def _on_signal(signal: Signal, situation: Situation, now: datetime) -> Decision:
    match signal:
        case Started(alive_at):
            return started(situation, now, alive_at)
        case Linked(source, is_connected):
            return linked(situation, now, source=source, is_connected=is_connected)
        case CallBegan(delivery, source, uri):
            return call_began(situation, now, delivery=delivery, source=source, uri=uri)
        case DeliveryEnded(delivery, source, action_uri):
            return delivery_ended(
                situation, now, delivery=delivery, source=source, action_uri=action_uri
            )
        case Rechecked(key, found):
            return rechecked(key, found, situation, now)


Written = tuple[InputKind, str, Mapping[str, object]]
"""The kind of an input that is no event, its source, and the rest of it as plain JSON."""


def written(taken: MemoryKey | Signal) -> Written:
    """An input as the journal keeps it; of signals `read` makes it again."""
    if isinstance(taken, MemoryKey):
        return InputKind.TIMER, "", taken._asdict()
    if isinstance(taken, Started):
        return InputKind.START, "", {"alive_at": format_time(taken.alive_at)}
    if isinstance(taken, Linked):
        return InputKind.LINK, taken.source, {"connected": taken.is_connected}
    if isinstance(taken, Rechecked):
        return InputKind.RECHECK, "", {**taken.key._asdict(), "object": taken.object}
    return InputKind.DELIVERY, taken.source, _of_delivery(taken)


def _of_delivery(taken: CallBegan | DeliveryEnded) -> Mapping[str, object]:
    if isinstance(taken, CallBegan):
        return {"began": taken.delivery, "uri": taken.uri}
    return {"ended": taken.delivery, "action_uri": taken.action_uri}


def read(entry: Input) -> Signal | None:
    """The signal that was written down; None for an input of another kind."""
    detail = entry.detail or {}
    match entry.kind:
        case InputKind.START:
            return Started(parse_time(str(detail.get("alive_at"))) or entry.decided_at)
        case InputKind.LINK:
            return Linked(entry.source, detail.get("connected") is True)
        case InputKind.RECHECK:
            return _rechecked(detail)
        case InputKind.DELIVERY:
            return _delivery(entry.source, detail)
    return None


def _rechecked(detail: Mapping[str, object]) -> Rechecked:
    found = detail.get("object")
    key = MemoryKey(*(str(detail.get(name)) for name in MemoryKey._fields))
    return Rechecked(key, found if isinstance(found, Mapping) else None)


def _delivery(source: str, detail: Mapping[str, object]) -> CallBegan | DeliveryEnded:
    if "began" in detail:
        return CallBegan(str(detail["began"]), source, str(detail.get("uri")))
    action = detail.get("action_uri")
    return DeliveryEnded(str(detail.get("ended")), source, str(action) if action else None)
