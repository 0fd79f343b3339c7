"""The REST API behind a source: one origin, one credential, and nothing that leads elsewhere."""

import re
from datetime import timedelta

import requests

from reactor import __version__
from reactor.model.errors import SourceRefused
from reactor.model.request import Fault, Response
from reactor.platforms.wire import Wire

_LABEL = "[a-z0-9_-]{1,63}"
_ORIGIN = re.compile(
    rf"(?P<origin>https?://(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]+\])(?::(?P<port>\d{{1,5}}))?)/?",
    re.ASCII | re.IGNORECASE,
)
_HEADER = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_PATH = re.compile(r"/api/[!-~]*")
_RESTART = re.compile(r"[^?]*/restart/")
_NO_RESTART = "Docker Cloud and Tutum have no restart: use redeploy, or stop and start"


def origin_of(url: str) -> str:
    """`http[s]://host[:port]`, without the slash that may follow it. Raises ValueError when there
    is more or less in `url`: a user, a path, a query."""
    found = _ORIGIN.fullmatch(url)
    if found is None or int(found["port"] or 1) not in range(1, 65536):
        raise ValueError("expected https://HOST[:PORT] or http://HOST[:PORT] and nothing more")
    return found["origin"].lower()


class Client:
    """Satisfies `protocols.Api`. Its connections are kept for the next exchange, and closed when
    nobody holds the client any more."""

    def __init__(self, *, origin: str, authorization: str, namespace: str | None) -> None:
        """`authorization` is the whole value of that header. Raises ValueError for an origin that
        is none, and SourceRefused when no header can hold the credential."""
        if not _HEADER.fullmatch(authorization):  # requests would quote it in its error
            raise SourceRefused("the credentials hold characters that no HTTP header can")
        self._origin = origin_of(origin)
        self._authorization = authorization
        self._namespace = namespace
        self._idle: list[Wire] = []

    @property
    def origin(self) -> str:
        """`https://host[:port]`, without path."""
        return self._origin

    @property
    def namespace(self) -> str | None:
        """The namespace that is configured for the source."""
        return self._namespace

    def exchange(
        self,
        method: str,
        path: str,
        *,
        timeout: timedelta,
        body: bytes = b"",
        user_agent: str | None = None,
    ) -> Response:
        """One request; redirects are not followed. `user_agent` stands behind our own. Blocks for
        `timeout` at most, but for the patience of the resolver and of a TLS handshake, and sends
        nothing after it. What goes wrong is the response's fault; a path that could leave the API,
        or would be sent otherwise than it is written, raises ValueError."""
        if _RESTART.fullmatch(path):
            return Response(fault=Fault.INVALID, detail=_NO_RESTART)
        request = self._request(method, path, body, user_agent)
        try:
            wire = self._idle.pop()
        except IndexError:  # all are in use by other threads
            wire = Wire()
        response = wire.exchange(request, timeout)
        if not wire.is_cut:
            self._idle.append(wire)
        return response

    def _request(
        self, method: str, path: str, body: bytes, user_agent: str | None
    ) -> requests.PreparedRequest:
        if not _PATH.fullmatch(path):
            raise ValueError("the path of an API begins with /api/ and is printable ASCII")
        url, headers = self._origin + path, self._headers(body, user_agent)
        request = requests.Request(method, url, headers, data=body).prepare()
        if request.path_url != path:  # dot segments, a fragment
            raise ValueError("this path would be sent otherwise than it is written")
        return request

    def _headers(self, body: bytes, user_agent: str | None) -> dict[str, str]:
        headers = {
            "Authorization": self._authorization,
            "Accept": "application/json",
            "Accept-Encoding": "identity",  # a compressed answer may be larger than it looks
            "User-Agent": f"reactor/{__version__} {user_agent or ''}".rstrip(),
        }
        return headers | {"Content-Type": "application/json"} if body else headers
