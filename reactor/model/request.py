"""Effects: what an attempt does to the world, what came back, and what that means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from reactor.model.secret import Parts
from reactor.model.uri import ObjectUri


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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRequest:
    """What a delivery will send, rendered once when it was planned, without secrets.

    `url` is None when the destination has it; `shown_url` is the address as output shows it,
    `https://host/…`, or for a call back the path. `method` is an HTTP method, or a log level for
    `log`.
    """

    method: str
    shown_url: str | None = None
    url: Parts | None = None
    headers: Mapping[str, Parts] = field(default_factory=dict)
    body: Parts = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """One HTTP exchange. `body` is bytes as sent. `timeout` covers it whole, DNS to last byte."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout: timedelta


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
    CONNECT = "connect"
    TLS = "tls"
    TIMEOUT = "timeout"
    SEND = "send"
    RECEIVE = "receive"
    PROTOCOL = "protocol"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back: a status, or the fault that stands in its place.

    `body` is the first 64 KiB of a delivery's answer, the first MiB of a platform's. `retry_after`
    is what the header asked for, unclamped. `date` is the server's clock by its header.
    `action_uri` is the action that a call became (`X-DockerCloud-Action-URI`).
    """

    status: int | None = None
    fault: Fault | None = None
    detail: str = ""
    body: bytes = b""
    retry_after: timedelta | None = None
    date: datetime | None = None
    action_uri: str | None = None


class Verdict(StrEnum):
    """What an attempt's outcome asks for."""

    SUCCEEDED = "succeeded"
    RETRY = "retry"
    BURY = "bury"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an attempt ended. `detail` is for people, without secrets: "503 Service Unavailable"."""

    verdict: Verdict
    detail: str
    status: int | None = None
    retry_after: timedelta | None = None
    action_uri: str | None = None
