"""One connection to an API: every exchange on it ends at its deadline, in an answer within bounds
or in words of ours.

Of requests only the adapter is used: a session would follow redirects, read .netrc and keep
cookies.
"""

import errno
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from http.client import HTTPConnection, HTTPException, IncompleteRead, RemoteDisconnected
from threading import Timer
from urllib.parse import urljoin
from weakref import proxy

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import DecodeError, HTTPError

from reactor.clock import utc_now
from reactor.duration import format_duration
from reactor.engine.judge import parse_retry_after
from reactor.model.request import Fault, Response, shown_url
from reactor.model.uri import as_action_uri

BODY_LIMIT = 1024 * 1024
"""An object is a few KiB, a page of a hundred some hundred KiB."""

_CHUNK = 64 * 1024


class Wire:
    """A connection that one thread uses at a time, and that is cut off at a deadline.

    The time-outs of requests are those of single reads: a server that drips a byte a second would
    never meet them.
    """

    def __init__(self) -> None:
        self._adapter = HTTPAdapter(pool_connections=1, pool_maxsize=1)
        self._socket: socket.socket | None = None
        self.is_cut = False

    def exchange(self, request: requests.PreparedRequest, timeout: timedelta) -> Response:
        """Send it and read the answer. At the deadline `is_cut` is set, and the wire is of no more
        use."""
        seconds = timeout.total_seconds()
        if seconds <= 0:
            return _late(timeout)
        with self._guarded(seconds):
            try:
                response = self._exchange(request, seconds)
            except (requests.RequestException, HTTPError) as error:
                response = _failed(error, timeout)
        return _late(timeout) if self.is_cut else response

    def _exchange(self, request: requests.PreparedRequest, seconds: float) -> Response:
        self._watch(request)
        with self._adapter.send(
            request, stream=True, timeout=seconds, verify=_CERTIFICATES
        ) as answer:
            return _response(request, answer)

    def _watch(self, request: requests.PreparedRequest) -> None:
        """Learn of every connection that will be made, before anything is sent on it."""
        pool = self._adapter.get_connection_with_tls_context(request, verify=_CERTIFICATES)
        make: Callable[..., HTTPConnection] = type(pool).ConnectionCls  # type: ignore[attr-defined]  # the stub has its base
        # urllib3 holds idle connections until their pool is gone: they must not hold us, and we it.
        wire: Wire = proxy(self)

        def connection(**settings: object) -> HTTPConnection:
            made = make(**settings)
            made.connect = partial(Wire._connect, wire, made.connect, made)  # type: ignore[method-assign]  # of this one alone
            return made

        pool.ConnectionCls = connection  # type: ignore[attr-defined]  # the same

    def _connect(self, connect: Callable[[], None], connection: HTTPConnection) -> None:
        connect()
        self._socket = connection.sock
        if self.is_cut:  # names can take their time to be resolved
            raise TimeoutError("connected after the deadline")

    @contextmanager
    def _guarded(self, seconds: float) -> Iterator[None]:
        guard = Timer(seconds, self._cut)
        guard.daemon = True
        guard.start()
        try:
            yield
        finally:
            guard.cancel()
            guard.join()

    def _cut(self) -> None:
        """End whatever the server lets us wait for."""
        self.is_cut = True
        if self._socket:
            with suppress(OSError):  # the server was quicker
                # Not the method of an SSLSocket: that would pull TLS away under the reader.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _response(request: requests.PreparedRequest, answer: requests.Response) -> Response:
    body = _body(answer)
    if body is None:
        return Response(fault=Fault.PROTOCOL, detail=f"the answer is larger than {BODY_LIMIT} B")
    headers, asked = answer.headers, answer.headers.get("Retry-After")
    return Response(
        status=answer.status_code,
        detail=_redirection(request, answer),
        body=body,
        retry_after=None if asked is None else parse_retry_after(asked, utc_now()),
        date=_date(headers.get("Date")),
        action_uri=as_action_uri(
            headers.get("X-DockerCloud-Action-URI") or headers.get("X-Tutum-Action-URI")
        ),
    )


def _body(answer: requests.Response) -> bytes | None:
    """The body, decoded if the server compressed it all the same; None when it is too large.

    Not by `iter_content`: of a chunk that claims a length of -1 it takes all that ever comes.
    """
    body = bytearray()
    while piece := answer.raw.read1(_CHUNK, decode_content=True):
        body += piece
        if len(body) > BODY_LIMIT:
            return None
    return bytes(body)


def _date(text: str | None) -> datetime | None:
    """The server's clock, "Thu, 16 Oct 2014 12:04:08 GMT"."""
    try:
        moment = parsedate_to_datetime(text) if text else None
        return moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _redirection(request: requests.PreparedRequest, answer: requests.Response) -> str:
    """Where a redirect points, as output may show it: a path can hold a secret."""
    if not 300 <= answer.status_code < 400:
        return ""
    try:
        return shown_url(urljoin(request.url or "", answer.headers.get("Location", ""))) or ""
    except ValueError:
        return ""


def _late(timeout: timedelta) -> Response:
    """`timeout` may be what others have left of it: 9.999 s are told as 10."""
    told = format_duration(timedelta(seconds=round(timeout.total_seconds(), 1)))
    detail = f"no complete answer within {told}"
    return Response(fault=Fault.TIMEOUT, detail=detail)


def _failed(error: requests.RequestException | HTTPError, timeout: timedelta) -> Response:
    """What went wrong, in words of ours: those of the error may quote a header."""
    for cause in _causes(error):
        if isinstance(cause, TimeoutError):
            return _late(timeout)
        if isinstance(cause, ssl.SSLError):
            return Response(fault=Fault.TLS, detail=f"TLS failed: {_tls_words(cause)}")
        if isinstance(cause, OSError) and cause.errno in _UNREACHABLE:
            why = os.strerror(cause.errno).lower()
            return Response(fault=Fault.CONNECT, detail=f"no connection: {why}")
        for kinds, fault, detail in _FAULTS:
            if isinstance(cause, kinds):
                return Response(fault=fault, detail=detail)
    return Response(fault=Fault.RECEIVE, detail=_BROKEN)


def _causes(error: BaseException | None) -> list[BaseException]:
    """What an error comes from, the first cause first."""
    causes: list[BaseException] = []
    while error is not None and error not in causes:
        causes.insert(0, error)
        error = error.__cause__ or error.__context__
    return causes


def _tls_words(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return (error.reason or "the connection broke").replace("_", " ").lower()


def _certificates() -> str | bool:
    """The system's certificates, as deliveries use them, else those that requests brings."""
    paths = ssl.get_default_verify_paths()
    return paths.cafile or paths.capath or True


_CERTIFICATES = _certificates()
_BROKEN = "the connection broke before the answer was complete"
_NOT_HTTP = "the answer is not HTTP as we know it"
_FAULTS: tuple[tuple[tuple[type[BaseException], ...], Fault, str], ...] = (
    ((socket.gaierror,), Fault.DNS, "the host's name cannot be resolved"),
    ((RemoteDisconnected,), Fault.RECEIVE, "the connection was closed without an answer"),
    ((IncompleteRead,), Fault.RECEIVE, _BROKEN),
    ((HTTPException, requests.exceptions.InvalidHeader), Fault.PROTOCOL, _NOT_HTTP),
    ((DecodeError,), Fault.PROTOCOL, _NOT_HTTP),
)
_UNREACHABLE = {
    errno.ECONNREFUSED,
    errno.EHOSTUNREACH,
    errno.ENETUNREACH,
    errno.EHOSTDOWN,
    errno.ENETDOWN,
}
