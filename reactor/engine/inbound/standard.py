"""Standard Webhooks, whoever sends them; reactor's own `webhook` action is one.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from datetime import datetime

from reactor.engine.inbound.body import json_body, json_object
from reactor.engine.inbound.fields import Table, delivery_id, facts_of, moment, unix_moment
from reactor.engine.inbound.proofs import STANDARD_ID, STANDARD_STAMP
from reactor.engine.inbound.values import Inbound, Refused, Telling, Told

_FACTS: Table = {"type": ("type",)}


def tell_standard(inbound: Inbound, now: datetime) -> Telling:
    """What the sender tells. The id is the same over all attempts; the time is that of the event,
    or of the attempt where the body tells none."""
    document = json_object(json_body(inbound))
    if isinstance(document, Refused):
        return document
    attempted = unix_moment(inbound.only(STANDARD_STAMP))
    told = Told(
        id=delivery_id(inbound, now, STANDARD_ID),
        raw=document.raw,
        time=moment(document.data.get("timestamp")) or attempted,
        facts=facts_of(document.data, _FACTS),
    )
    return (told,)
