"""Effects: what an attempt does to the world, what came back, and what that means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network
from urllib.parse import urlsplit

from msgspec import Struct

from reactor.model.secret import Parts, Secret
from reactor.model.uri import ObjectUri


@lru_cache(maxsize=1024)  # asked for each delivery, and there are few destinations
def shown_url(url: str) -> str | None:
    """A URL as output may show it: `https://host/…`, without user, path and query (rules.md §1)."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host or not parts.scheme:
        return None
    literal = f"[{host}]" if ":" in host else host  # an IPv6 address
    return f"{parts.scheme}://{literal}{f':{port}' if port else ''}/…"


class StoredRequest(Struct, frozen=True, kw_only=True):
    """What a delivery will send, rendered once when it was planned, without secrets.

    `url` is None when the destination has it; `shown_url` is the address as output shows it,
    `https://host/…`, or for a call back the path. `method` is an HTTP method, or a log level for
    `log`.
    """

    method: str
    shown_url: str | None = None
    url: Parts | None = None
    headers: Mapping[str, Parts] = {}
    body: Parts = ()


Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How requests go out, and where they may go, beyond what their URL says.

    `ca`, `cert` and `key` are each a file or a PEM text: who must have signed the certificate of
    the other side (None: whom the system trusts), and what we show of ourselves. `proxy` is a URL.
    `allow` are private networks that a name may lead to, `deny` networks that nothing may.
    """

    ca: str | None = None
    cert: str | None = None
    key: Secret | None = None
    proxy: Secret | None = None
    allow: tuple[Network, ...] = ()
    deny: tuple[Network, ...] = ()


PEM = "-----BEGIN "
"""What tells a PEM text from the path of a file."""

PLAIN = Route()
"""Straight there, with the system's trust, to public addresses and what is written as private."""


class HttpRequest(Struct, frozen=True, kw_only=True):
    """One HTTP exchange. `body` is bytes as sent. `timeout` covers it whole, DNS to last byte.

    `secrets` are those that its body holds; all headers but our own, and path and query of the
    URL, are taken for secrets without being named.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout: timedelta
    route: Route = PLAIN
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """A line in reactor's own log."""

    level: str
    text: str


@dataclass(frozen=True, slots=True)
class CallStep:
    """One request of a call: to the object itself, or to `verb` beneath it. `query` has no "?"."""

    method: str
    verb: str = ""
    query: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectCall:
    """A call to the REST API of the source that the event came from, on its origin and with its
    credential, which nothing in here can choose.

    `steps` are made in order, each after the one before it succeeded. `is_repeated`: an earlier
    attempt may have reached the object, so it is asked first; `promised_at` is when the promise
    was made, before which nothing can be ours; `is_renewed`: it was made before, so there may be
    actions of ours that do not keep it. `delivery_id` names the call in its User-Agent.
    """

    source: str
    target: ObjectUri
    steps: tuple[CallStep, ...]
    delivery_id: str
    is_repeated: bool
    is_renewed: bool
    promised_at: datetime
    timeout: timedelta


Effect = HttpRequest | ObjectCall | LogLine


class Fault(StrEnum):
    """Why there is no complete answer."""

    DNS = "dns"
    REFUSED = "refused"  # by us: the address is one that the request may not go to
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    SEND = "send"
    RECEIVE = "receive"
    PROTOCOL = "protocol"
    INVALID = "invalid"


class Timings(Struct, frozen=True, kw_only=True):
    """When an exchange got how far, each since it began; zero for what it did not get to, or did
    not need because a connection was there. `total` is its end."""

    dns: timedelta
    connect: timedelta
    tls: timedelta
    first_byte: timedelta
    total: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back: a status, or the fault that stands in its place.

    `body` is the first 64 KiB of a delivery's answer, the first MiB of a platform's. `retry_after`
    is what the header asked for, unclamped. `date` is the server's clock by its header.
    `action_uri` is the action that a call became (`X-DockerCloud-Action-URI`). `request` is what
    was sent, with its secrets: nothing shows it as it is.
    """

    status: int | None = None
    fault: Fault | None = None
    detail: str = ""
    body: bytes = b""
    retry_after: timedelta | None = None
    date: datetime | None = None
    action_uri: str | None = None
    timings: Timings | None = None
    request: HttpRequest | None = field(default=None, repr=False)


class Verdict(StrEnum):
    """What an attempt's outcome asks for."""

    SUCCEEDED = "succeeded"
    RETRY = "retry"
    BURY = "bury"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an attempt ended. `detail` is for people, without secrets: "503 Service Unavailable".

    `is_refusal`: the destination itself refuses, whatever it is sent, as when its token was
    revoked. `response` is what was judged, for the record of the attempt.
    """

    verdict: Verdict
    detail: str
    status: int | None = None
    retry_after: timedelta | None = None
    is_refusal: bool = False
    action_uri: str | None = None
    response: Response | None = field(default=None, repr=False)
