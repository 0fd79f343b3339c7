"""Calls back to the platform's objects: the grammar of what may be called, stored and built again.

Pure, and shared by the actions, which do not know each other. What no table here holds gets no
request: events are written by strangers (docs/platforms.md §1).
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from reactor.engine.outgoing import joined
from reactor.model.delivery import Delivery
from reactor.model.errors import RenderFailed
from reactor.model.request import CallStep, ObjectCall, StoredRequest
from reactor.model.secret import Parts, Vault, masked
from reactor.model.uri import ObjectUri, object_uri, read_uri, stable_uuid

METHODS = ("POST", "PATCH", "DELETE")
"""POST takes a verb, the others are made on the object itself."""

VERBS: Mapping[str, tuple[str, ...]] = {
    "container": ("start", "stop", "restart", "redeploy"),
    "service": ("start", "stop", "restart", "redeploy", "scale"),
    "stack": ("start", "stop", "restart", "redeploy"),
    "node": ("docker-upgrade", "health-check"),
    "nodecluster": ("deploy",),
    "action": ("cancel", "retry"),
}
"""What may be POSTed beneath an object of each type; `restart` is known to Docker sources alone."""

SELF = "self"
"""How a rule names the object that the event itself is about."""

OBJECTS = ("container", "service", "stack", "node", SELF)
"""The objects that a rule can name (rules.md §4)."""

_METHODS = f"{', '.join(METHODS[:-1])} or {METHODS[-1]}"
_LONGEST = 500  # characters: a URI has at most 130, a query a few words
_PAIR = r"[a-z_]+=[A-Za-z0-9_.-]*"
_BEHIND = re.compile(rf"(?:(?P<verb>[a-z-]+)/(?:\?(?P<query>{_PAIR}(?:&{_PAIR})*))?)?")
_SHOWN = 80  # characters of what was found


def parse_call(text: str) -> tuple[ObjectUri, CallStep]:
    """The object and the request that `text` writes to the letter, such as
    "POST /api/app/v1/service/UUID/redeploy/?reuse_volumes=false"; a query only follows a verb.

    Raises RenderFailed for whatever else it is.
    """
    method, _, address = text.partition(" ")
    if method not in METHODS:
        raise RenderFailed(f"expected {_METHODS} and a path, found {_shown(text)}")
    found = read_uri(address) if len(text) <= _LONGEST else None
    if found is None:
        expected = "the URI of an object such as /api/app/v1/service/UUID/"
        raise RenderFailed(f"expected {expected}, found {_shown(address)}")
    uri, rest = found
    behind = _BEHIND.fullmatch(rest)
    if behind is None or (behind["verb"] or "") not in _verbs(method, uri):
        raise RenderFailed(f"expected {_expected(method, uri)}, found {_shown(rest)}")
    return uri, CallStep(method, verb=behind["verb"] or "", query=behind["query"] or "")


def tail_fault(method: str, tail: str) -> str | None:
    """What is wrong with what is written behind the URI of an object, whichever it is; None if it
    fits an object of some type."""
    texts = (f"{method} {object_uri(kind, stable_uuid(kind))}{tail}" for kind in VERBS)
    for text in texts:
        with suppress(RenderFailed):
            parse_call(text)
            return None
    verbs = sorted({f"{verb}/" for each in VERBS.values() for verb in each})
    expected = f"one of {', '.join(verbs)}" if method == "POST" else "nothing"
    return f"expected {expected} behind the URI for {method}, found {_shown(tail)}"


def _verbs(method: str, uri: ObjectUri) -> tuple[str, ...]:
    return VERBS[uri.type] if method == "POST" else ("",)


def _expected(method: str, uri: ObjectUri) -> str:
    verbs = " or ".join(f"{verb}/" for verb in _verbs(method, uri) if verb)
    return f"{verbs or 'nothing'} behind the URI of the {uri.type} for {method}"


def _shown(text: str) -> str:
    """As an error shows it: short, and in printable ASCII whatever an event brought. Dots behind it
    stand for what was left out."""
    return ascii(text[:_SHOWN]) + ("..." if len(text) > _SHOWN else "")


def address_of(name: str, names: Mapping[str, object]) -> str:
    """The URI of one of OBJECTS, as the event or its facts have it. Raises RenderFailed."""
    if name == SELF:
        uri, missing = names.get("resource_uri"), "the event has no resource_uri"
    else:
        known = names.get(name)
        if not isinstance(known, Mapping):
            raise RenderFailed(f"no {name} of the event is known")
        uri, missing = known.get("uri"), f"'{name}' is known by no URI"
    if not isinstance(uri, str):
        raise RenderFailed(missing)
    return uri


def stored_call(text: str, body: Parts = ()) -> StoredRequest:
    """What a delivery keeps of a call that is written as for `parse_call`. Raises RenderFailed."""
    parse_call(text)
    method, _, path = text.partition(" ")
    return StoredRequest(method=method, url=(path,), shown_url=path, body=body)


def object_call(delivery: Delivery, vault: Vault) -> ObjectCall:
    """The call of one attempt, in one step. It is read by the grammar again: no other request than
    those can be made of what is stored, whoever wrote it.

    Raises RenderFailed, also when a secret is gone.
    """
    stored = delivery.request
    if stored.url is None:
        raise RenderFailed("there is no call to make: its address could not be rendered")
    uri, step = parse_call(f"{stored.method} {masked(stored.url)}")
    return ObjectCall(
        source=delivery.source,
        target=uri,
        steps=(replace(step, body=joined(stored.body, vault).encode()),),
        delivery_id=delivery.id,
        is_repeated=delivery.attempts > 1,
        is_renewed=delivery.promised_at > delivery.created_at,
        promised_at=delivery.promised_at,
        timeout=delivery.timeout,
    )
