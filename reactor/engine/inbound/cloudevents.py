"""CloudEvents 1.0 over HTTP, in its three content modes.

Whatever the mode, rules see the event in its JSON format: the attributes, and the payload under
`data`. https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md
and https://github.com/cloudevents/spec/blob/main/cloudevents/formats/json-format.md
"""

import base64
import re
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import unquote_to_bytes

from reactor.engine.inbound.body import (
    Document,
    is_json,
    is_json_value,
    json_object,
    json_objects,
    media_type,
    not_taken,
)
from reactor.engine.inbound.fields import Table, digest, facts_of, moment, pick_text
from reactor.engine.inbound.values import Ground, Inbound, Refused, Telling, Told
from reactor.engine.normalize import canonical

_FACTS: Table = {"type": ("type",), "source": ("source",)}

_ATTRIBUTE = re.compile(r"ce-([a-z0-9]+)", re.ASCII)
_QUOTED = re.compile(r'"(.*)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_OF_THE_BODY = {"data", "datacontenttype"}
"""Attributes that the binary mode takes from the body and its media type, never from `ce-`."""


def tell_cloudevents(inbound: Inbound, _: datetime) -> Telling:
    """The events of a request; a batch may be empty."""
    media = media_type(inbound)
    if media == "application/cloudevents+json":
        return _all_told(json_object(inbound.body))
    if media == "application/cloudevents-batch+json":
        return _all_told(json_objects(inbound.body))
    if media.startswith("application/cloudevents"):
        return not_taken(media, "a CloudEvent in JSON")
    return _all_told(_from_binary(inbound, media))


def _all_told(documents: Document | Iterable[Document] | Refused) -> Telling:
    if isinstance(documents, Refused):
        return documents
    told = []
    for document in (documents,) if isinstance(documents, Document) else documents:
        event = _told(document)
        if isinstance(event, Refused):
            return event
        told.append(event)
    return tuple(told)


def _told(document: Document) -> Told | Refused:
    """An event is named by source and id together (CloudEvents §3.1.1)."""
    identity, source = pick_text(document.data, "id"), pick_text(document.data, "source")
    if not (identity and source and pick_text(document.data, "type")):
        return _no_event("it lacks its id, source or type")
    if document.data.get("specversion") != "1.0":
        return _no_event("its specversion is not 1.0")
    subject = pick_text(document.data, "subject")
    return Told(
        id=digest(source, identity),
        raw=document.raw,
        subject=f"{source}/{subject}" if subject else source,
        time=moment(pick_text(document.data, "time")),
        facts=facts_of(document.data, _FACTS),
    )


def _from_binary(inbound: Inbound, media: str) -> Document | Refused:
    """The JSON format of an event whose attributes are headers and whose payload is the body."""
    attributes = _attributes(inbound)
    if isinstance(attributes, Refused):
        return attributes
    payload = _payload(inbound.body, media)
    if payload is None:
        return _no_event(f"its body is no JSON, and says that it is {media}")
    if media:
        attributes["datacontenttype"] = inbound.only("content-type") or media
    return json_object(canonical(attributes).encode()[:-1] + payload + b"}")


def _attributes(inbound: Inbound) -> dict[str, str] | Refused:
    attributes: dict[str, str] = {}
    for name, value in inbound.headers:
        attribute = _ATTRIBUTE.fullmatch(name)
        if attribute is None:
            continue
        text = _decoded(value)
        if text is None or attribute[1] in attributes or attribute[1] in _OF_THE_BODY:
            return _no_event(f"its header {name} is repeated, not UTF-8, or belongs to the body")
        attributes[attribute[1]] = text
    if not attributes:
        return _no_event("it has neither ce- headers nor a media type of CloudEvents")
    return attributes


def _decoded(value: str) -> str | None:
    """The text of an attribute in a header: quotes and backslashes undone, as older senders used
    them, then percent-encoding (HTTP binding §3.1.3.2)."""
    quoted = _QUOTED.fullmatch(value)
    text = _ESCAPED.sub(r"\1", quoted[1]) if quoted else value
    try:
        return unquote_to_bytes(text.encode("latin-1", "backslashreplace")).decode()
    except UnicodeDecodeError:
        return None


def _payload(body: bytes, media: str) -> bytes | None:
    """The members that hold the payload (JSON format §3.1.1): JSON as it came, text, or base64.
    None for what only says that it is JSON."""
    if not body:
        return b""
    if is_json(media):
        return b',"data":' + body if is_json_value(body) else None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return b',"data_base64":"' + base64.b64encode(body) + b'"'
    return b',"data":' + canonical(text).encode()


def _no_event(reason: str) -> Refused:
    return Refused(422, Ground.NO_EVENT, f"it is no CloudEvent: {reason}")
