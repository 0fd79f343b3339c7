"""Who may ask for what over HTTP: the scope of each page, the operators' token, the Host header."""

import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from pathlib import Path

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Asked

from reactor.model.errors import ReactorError
from reactor.model.secret import Secret

TOKEN, TOKEN_FILE, HOSTS = "REACTOR_HTTP_TOKEN", "REACTOR_HTTP_TOKEN_FILE", "REACTOR_HTTP_HOSTS"
"""The environment's word on who may ask, and under which further names we are known."""

_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:\[\]]+)(?::[0-9]{0,5})?")
_LOOPBACK_NAME = "localhost"
_LONGEST_NAME = 253  # RFC 1035 §2.3.4, as it is written


class Scope(StrEnum):
    """Whom a page is for."""

    PUBLIC = "public"  # everybody
    HOOK = "hook"  # everybody; what is sent to it carries a proof, which the hook itself checks
    OPERATOR = "operator"  # who has the token; without a token everybody on this machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How the pages are protected. `hosts` are names and addresses, in small letters, under which
    we are asked beside those of this machine."""

    token: Secret | None = None
    hosts: frozenset[str] = frozenset()


def read_access(host: str, environment: Mapping[str, str]) -> Access:
    """What protects pages that are served at `host`. Raises ReactorError if nothing does and others
    than this machine could ask, and for what the environment has in a form that cannot be used."""
    token = _token(environment)
    if token is None and not is_loopback(host):
        raise ReactorError(
            f"--http {host} can be reached from outside this machine: set {TOKEN} or {TOKEN_FILE}, "
            "which everything but /healthz and /hooks/ is then asked for, or listen on 127.0.0.1"
        )
    return Access(token=token, hosts=_hosts(environment) | {host.lower()})


def is_loopback(host: str) -> bool:
    """Whether what listens there can be reached from this machine alone."""
    try:
        return ip_address(_plain(host)).is_loopback
    except ValueError:
        return host.lower() == _LOOPBACK_NAME


def _plain(host: str) -> str:
    """An address as it is written shortest; one of IPv4 that came as one of IPv6, as what it is."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    is_mapped = isinstance(address, IPv6Address) and address.ipv4_mapped
    return str(is_mapped or address)


def _token(environment: Mapping[str, str]) -> Secret | None:
    value, path = environment.get(TOKEN), environment.get(TOKEN_FILE)
    if value and path:
        raise ReactorError(f"both {TOKEN} and {TOKEN_FILE} are set: leave one of them out")
    if path:
        try:
            value = Path(path).read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as fault:
            raise ReactorError(f"{TOKEN_FILE}: {path} cannot be read: {fault}") from fault
        if not value:
            raise ReactorError(f"{TOKEN_FILE}: {path} is empty")
    return Secret(value) if value else None


def _hosts(environment: Mapping[str, str]) -> frozenset[str]:
    names = [name.strip().lower() for name in environment.get(HOSTS, "").split(",")]
    for name in filter(None, names):
        if not _NAME.fullmatch(name):
            raise ReactorError(
                f"{HOSTS} has '{name}', expected names such as hooks.example.com, without a port, "
                "with commas between them"
            )
    return frozenset(filter(None, names))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Something that is served. There is no other way to serve anything, so nothing can be without
    a scope."""

    path: str
    scope: Scope
    endpoint: Callable[[Request], Response | Awaitable[Response]]
    method: str = "GET"

    def route(self, access: Access) -> Route:
        """For Starlette."""
        guards = [Middleware(_for_operators, access)] if self.scope is Scope.OPERATOR else []
        return Route(self.path, self.endpoint, methods=[self.method], middleware=guards)


def _for_operators(app: ASGIApp, access: Access) -> ASGIApp:
    async def guarded(asked: Asked, receive: Receive, send: Send) -> None:
        given = Headers(scope=asked).getlist("authorization")
        if access.token is None or _is_bearer(given, access.token.value):
            await app(asked, receive, send)
            return
        answer = JSONResponse(
            {"error": "the token is needed"}, 401, {"WWW-Authenticate": 'Bearer realm="reactor"'}
        )
        await answer(asked, receive, send)

    return guarded


def _is_bearer(given: list[str], token: str) -> bool:
    """Whether there is one Authorization header, and it is this token."""
    scheme, _, value = (given[0] if len(given) == 1 else "").partition(" ")
    # In constant time, so that the time of a refusal tells nothing about the token.
    is_same = hmac.compare_digest(value.strip().encode("latin-1"), token.encode())
    return is_same and scheme.lower() == "bearer"


def known_hosts_only(app: ASGIApp, access: Access) -> ASGIApp:
    """Refuses what was meant for another host: a page from elsewhere in a browser on this machine
    can make its own name mean 127.0.0.1 (DNS rebinding), but it cannot ask under another name."""

    async def guarded(asked: Asked, receive: Receive, send: Send) -> None:
        if asked["type"] == "lifespan":
            await app(asked, receive, send)
            return
        status = _host_fault(Headers(scope=asked).getlist("host"), asked, access)
        if status is None:
            await app(asked, receive, send)
            return
        answer = JSONResponse({"error": "asked under a name that is not ours"}, status)
        await answer(asked, receive, send)

    return guarded


def _host_fault(given: list[str], asked: Asked, access: Access) -> int | None:
    """The status that refuses these Host headers, or None for a name that is ours.

    The address that the connection came to is ours: nobody can make a browser take an address for
    a name.
    """
    found = _HOST.fullmatch(given[0].lower()) if len(given) == 1 else None
    if found is None:
        return 400
    host = found[1].strip("[]").removesuffix(".")
    is_known = len(host) <= _LONGEST_NAME and _is_ours(host, asked["server"][0], access.hosts)
    return None if is_known else 421


@lru_cache(maxsize=256)  # senders ask under the same few names all the time
def _is_ours(host: str, came_to: str, hosts: frozenset[str]) -> bool:
    host = _plain(host)
    return is_loopback(host) or host == _plain(came_to) or host in hosts
