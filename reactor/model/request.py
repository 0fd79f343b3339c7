"""Effects: what an attempt does to the world, what came back, and what that means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from reactor.model.secret import Parts


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
    `https://host/…`. `method` is an HTTP method, or a log level for `log`.
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


Effect = HttpRequest | LogLine


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

    `body` is the first 64 KiB. `retry_after` is what the header asked for, unclamped.
    """

    status: int | None = None
    fault: Fault | None = None
    detail: str = ""
    body: bytes = b""
    retry_after: timedelta | None = None


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
