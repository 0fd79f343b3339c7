"""Notifications of a Distribution registry (the open-source Docker registry).

https://distribution.github.io/distribution/about/notifications/
"""

from datetime import datetime

from reactor.engine.inbound.body import Document, json_body, json_object, list_under
from reactor.engine.inbound.fields import Table, digest, facts_of, moment, pick_text
from reactor.engine.inbound.values import Inbound, Refused, Telling, Told

_FACTS: Table = {
    "action": ("action",),
    "repository": ("target.repository",),
    "tag": ("target.tag",),
    "digest": ("target.digest",),
    "media_type": ("target.mediaType",),
    "url": ("target.url",),
    "sender": ("actor.name",),
}

_IMAGE_TYPES = ("manifest", "image.index")
"""What is in the media types of images, and not in those of their layers and configurations."""


def tell_registry(inbound: Inbound, _: datetime) -> Telling:
    """The pushes, pulls and deletions of images. A push also tells of every layer: these are
    parts of the same happening and no events, so a body may hold none at all."""
    envelope = json_object(json_body(inbound))
    if isinstance(envelope, Refused):
        return envelope
    events = list_under(envelope, "events")
    if isinstance(events, Refused):
        return events
    return tuple(_told(event) for event in events if _is_of_an_image(event))


def _is_of_an_image(event: Document) -> bool:
    """A deletion tells no media type, and may be that of a layer too."""
    kind = pick_text(event.data, "target.mediaType")
    return kind is None or any(part in kind for part in _IMAGE_TYPES)


def _told(event: Document) -> Told:
    return Told(
        id=pick_text(event.data, "id") or digest(event.raw),
        raw=event.raw,
        subject=pick_text(event.data, "target.repository"),
        time=moment(event.data.get("timestamp")),
        facts=facts_of(event.data, _FACTS),
    )
