"""Docker Hub's webhooks: pushes, of which it tells repository and tag but no digest.

It signs nothing and can send no header: what guards such a hook is a token in its URL.
https://docs.docker.com/docker-hub/repos/manage/webhooks/
"""

from datetime import datetime

from reactor.engine.inbound.body import json_body, json_object
from reactor.engine.inbound.fields import (
    Table,
    delivery_id,
    digest,
    facts_of,
    moment,
    pick,
    pick_text,
)
from reactor.engine.inbound.values import Inbound, Refused, Telling, Told

_FACTS: Table = {
    "repository": ("repository.repo_name",),
    "tag": ("push_data.tag",),
    "sender": ("push_data.pusher",),
}


def tell_dockerhub(inbound: Inbound, now: datetime) -> Telling:
    """What Docker Hub tells. Each body holds the second of its push, so it can name it."""
    document = json_object(json_body(inbound))
    if isinstance(document, Refused):
        return document
    pushed = moment(pick(document.data, "push_data.pushed_at"))
    told = Told(
        id=digest(inbound.body) if pushed else delivery_id(inbound, now),
        raw=document.raw,
        subject=pick_text(document.data, "repository.repo_name"),
        time=pushed,
        facts={"action": "push"} | facts_of(document.data, _FACTS),
    )
    return (told,)
