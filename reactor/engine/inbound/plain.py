"""Any sender of JSON: an object is an event, a list of objects several."""

from datetime import datetime

from reactor.engine.inbound.body import json_body, json_objects
from reactor.engine.inbound.fields import delivery_id, pick_text
from reactor.engine.inbound.values import Inbound, Refused, Telling, Told


def tell_plain(inbound: Inbound, now: datetime) -> Telling:
    """What the body holds. A sender that repeats itself names each event by a `uuid`, or its
    delivery by `webhook-id` or `Idempotency-Key`, under which the events are numbered."""
    documents = json_objects(json_body(inbound))
    if isinstance(documents, Refused):
        return documents
    delivery = delivery_id(inbound, now, "webhook-id", "idempotency-key")
    return tuple(
        Told(id=pick_text(document.data, "uuid") or f"{delivery}/{number}", raw=document.raw)
        for number, document in enumerate(documents, start=1)
    )
