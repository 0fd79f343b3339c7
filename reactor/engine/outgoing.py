"""The HTTP request of one attempt: a stored request with its address and its secrets joined.

Pure, and shared by the actions, which do not know each other.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import quote

from reactor import __version__
from reactor.engine.signature import sign_all
from reactor.model.delivery import Delivery
from reactor.model.errors import DestinationRemoved, RenderFailed
from reactor.model.request import PLAIN, HttpRequest
from reactor.model.rule import Destination
from reactor.model.secret import Joint, Parts, SecretRef, Vault

JSON_TYPE = "application/json"
TEXT_TYPE = "text/plain; charset=utf-8"

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)  # RFC 9110 §5.6.2
_PRINTABLE = re.compile(r"[\t\x20-\x7e]*", re.ASCII)


def _in_json(value: str) -> str:
    return json.dumps(value)[1:-1]


def _in_url(value: str) -> str:
    """A variable is written into a URL as its text, like everywhere in the rule file: what
    separates parts of a URL stays; only what no URL may hold is encoded."""
    return quote(value, safe="/?&=%:@!$'()*+,;~[]")


def _as_it_is(value: str) -> str:
    return value


ENCODERS: Mapping[Joint, Callable[[str], str]] = {
    Joint.PLAIN: _as_it_is,
    Joint.JSON: _in_json,
    Joint.URL: _in_url,
}


def http_request(
    delivery: Delivery, destination: Destination | None, vault: Vault, now: datetime
) -> HttpRequest:
    """The request of an attempt that begins at `now`, with the delivery's id on it, and signed
    when the destination has a secret.

    Raises DestinationRemoved, and RenderFailed when a secret is gone or a header cannot be sent.
    """
    stored, timestamp = delivery.request, int(now.timestamp())
    if stored.url is not None:
        destination = None  # what belongs to a destination goes to its address, and to no other
    body = joined(stored.body, vault).encode()
    headers = dict(_given_headers(stored.headers, destination, vault))
    headers |= {
        "webhook-id": delivery.id,
        "idempotency-key": delivery.id,
        "webhook-timestamp": str(timestamp),
        "user-agent": f"reactor/{__version__}",
    }
    if destination is not None and destination.secret:
        secrets = [secret.value for secret in destination.secret]
        headers["webhook-signature"] = sign_all(secrets, delivery.id, timestamp, body)
    return HttpRequest(
        method=stored.method,
        url=_address(delivery, destination, vault),
        headers=headers,
        body=body,
        timeout=delivery.timeout,
        route=PLAIN if destination is None else destination.route,
        secrets=_secrets(stored.body, vault),
    )


def joined(parts: Parts, vault: Vault) -> str:
    """The text with its secrets. Raises RenderFailed when the rules no longer hold one of them."""
    try:
        return vault.join(parts, ENCODERS)
    except KeyError as gone:
        raise RenderFailed(f"{gone.args[0]} is no longer in the rule file") from None


def _secrets(body: Parts, vault: Vault) -> tuple[str, ...]:
    """What the body holds that nobody may see, as it is and as it is written there."""
    refs = [part for part in body if isinstance(part, SecretRef)]
    if not refs:
        return ()
    found = [(ref, vault.values[ref.reference]) for ref in refs]
    return tuple(text for ref, value in found for text in {value, ENCODERS[ref.joint](value)})


def summary(names: Mapping[str, object]) -> str:
    """What is said where the rule says nothing, of what is known without a lookup of its own:
    "web crashed: shop-web-1 Stopped, exit code 7"."""
    event, state, code = names["event"], names.get("state"), _part(names, "container", "exit_code")
    subject = event["subject"] if isinstance(event, Mapping) else event
    who = _part(names, "container", "name") or _part(names, "service", "name") or subject
    told = f" {state}" if isinstance(state, str) else ""
    ended = f", exit code {code}" if isinstance(code, int) else ""
    return f"{names['rule']}: {who}{told}{ended}"


def _part(names: Mapping[str, object], thing: str, name: str) -> object:
    known = names.get(thing)
    return known.get(name) if isinstance(known, Mapping) else None


def _address(delivery: Delivery, destination: Destination | None, vault: Vault) -> str:
    if delivery.request.url is not None:
        return joined(delivery.request.url, vault)
    if destination is None:
        raise DestinationRemoved(f"destination '{delivery.destination}' is not in the rule file")
    return destination.url.value


def _given_headers(
    stored: Mapping[str, Parts], destination: Destination | None, vault: Vault
) -> Mapping[str, str]:
    """Headers from the rule file by lower-case name; the action's win over the destination's."""
    written = {} if destination is None else {n: s.value for n, s in destination.headers.items()}
    written |= {name: joined(parts, vault) for name, parts in stored.items()}
    for name, value in written.items():
        if not _TOKEN.fullmatch(name):
            raise RenderFailed("a header's name holds characters that HTTP does not allow")
        if not ((value.isascii() and value.isprintable()) or _PRINTABLE.fullmatch(value)):
            raise RenderFailed(f"header '{name}' holds more than printable ASCII characters")
    return {name.lower(): value for name, value in written.items()}
