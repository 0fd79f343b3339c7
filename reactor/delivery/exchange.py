"""One HTTP exchange over libcurl: a request is written into a handle, an answer read out of it.

Knows nothing of deliveries, and nothing of the other exchanges under way.
"""

import errno
import os
import socket
from collections.abc import Callable
from datetime import datetime, timedelta

import pycurl

from reactor.delivery.addresses import literal_refusal, refusal
from reactor.delivery.faults import COULD_NOT_CONNECT, TIMED_OUT, fault_of
from reactor.delivery.options import CONNECT_TIMEOUT, options
from reactor.duration import format_duration
from reactor.engine.judge import named, parse_retry_after
from reactor.model.host import host_of, without_user
from reactor.model.request import (
    PLAIN,
    Fault,
    HttpRequest,
    Response,
    Route,
    Timings,
    shown_url,
)

BODY_LIMIT = 64 * 1024

_MILLISECOND = timedelta(milliseconds=1)
_NONE = HttpRequest(method="", url="", headers={}, body=b"", timeout=timedelta())
"""What a handle holds that is not in use."""

_NO_TIME = timedelta()


class Exchange:
    """An easy handle and what it has received; used for one request after the other.

    `curl` is the handle, `began` when its request was taken up, in seconds: the transport's to
    use. `is_secure`: the request goes by TLS.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        """`now` is the wall clock, for a `Retry-After` that names a date."""
        self._now = now
        self.curl = pycurl.Curl()
        self.began = 0.0
        self.is_secure = False
        self._url = ""
        self._request = _NONE
        self._route: Route | None = None  # that of the options which the handle has
        self._peer = ""
        self._method = ""  # this and the next are those that the handle has
        self._timeout = _NO_TIME
        self._body = bytearray()
        self._is_connected = False
        self._retry_after: str | None = None
        self._refusal: str | None = None

    def prepare(self, request: HttpRequest) -> Response | None:
        """Write the request into the handle, or say why it is not to be sent."""
        is_aimed = request.url == self._url and request.route is self._route
        self._request = request
        try:
            unsent = None if is_aimed else self._aim(request)
            if unsent is None:
                self._write(request)
        except (pycurl.error, ValueError):  # the error would quote the URL
            unsent = Fault.INVALID, "the request cannot be written as HTTP"
        if unsent is None:
            return None
        self._url = ""
        return Response(fault=unsent[0], detail=unsent[1], request=request)

    def _aim(self, request: HttpRequest) -> tuple[Fault, str] | None:
        """Learn whom we shall be connected with, as the rule file has it: the host, or the proxy.
        What this handle is used for next goes the same way most of the time."""
        host, proxy = host_of(request.url), request.route.proxy
        if host is None:
            return Fault.INVALID, "the URL is not valid"
        # Of a host behind a proxy, no socket has the address.
        refused = literal_refusal(host, request.route) if proxy else None
        if refused is not None:
            return Fault.REFUSED, refused
        self._follow(request.route)
        self.curl.setopt(pycurl.URL, request.url)
        self._url = request.url
        self._peer = host if proxy is None else host_of(without_user(proxy.value)) or ""
        self.is_secure = request.url[:6].lower() == "https:"
        return None

    def _follow(self, route: Route) -> None:
        """Give the handle the options of this route, and of no other before it."""
        if route == self._route:
            self._route = route
            return
        self._route = None
        self.curl.reset()
        self._method, self._timeout = "", _NO_TIME
        for option, value in options(route).items():
            self.curl.setopt(option, value)
        self.curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open)
        self.curl.setopt(pycurl.PREREQFUNCTION, self._allow)
        self.curl.setopt(pycurl.HEADERFUNCTION, self._on_header)
        self.curl.setopt(pycurl.WRITEFUNCTION, self._on_body)
        self._route = route

    def _write(self, request: HttpRequest) -> None:
        """Raises pycurl.error or ValueError for what HTTP cannot carry."""
        curl = self.curl
        lines = [_line(name, value) for name, value in request.headers.items()]
        curl.setopt(pycurl.HTTPHEADER, [*lines, "Expect:"])  # large bodies go without asking first
        if request.method != self._method:
            self._method = ""  # if it cannot be written
            curl.setopt(pycurl.NOBODY, request.method == "HEAD")  # there is none to wait for
            curl.setopt(pycurl.CUSTOMREQUEST, request.method)
            self._method = request.method
        if request.method != "HEAD":
            curl.setopt(pycurl.POSTFIELDS, request.body)
        if request.timeout != self._timeout:
            curl.setopt(pycurl.TIMEOUT_MS, max(1, request.timeout // _MILLISECOND))
            self._timeout = request.timeout

    def response(self, code: int, told: str) -> Response:
        """How the exchange ended, from libcurl's result and its words."""
        timings = self._timings()
        if code != pycurl.E_OK and not self._is_full():
            fault, detail = self._fault(code, told, timings)
            return Response(fault=fault, detail=detail, timings=timings, request=self._request)
        status, asked = self.curl.getinfo(pycurl.RESPONSE_CODE), self._retry_after
        return Response(
            status=status,
            detail=self._location() if 300 <= status < 400 else "",
            body=bytes(self._body[:BODY_LIMIT]),
            retry_after=None if asked is None else parse_retry_after(asked, self._now()),
            timings=timings,
            request=self._request,
        )

    def forget(self) -> None:
        """Keep no more of this request for the next one than where it went."""
        self._request, self._retry_after, self._refusal = _NONE, None, None
        self._is_connected = False
        self._body.clear()

    def _is_full(self) -> bool:
        return len(self._body) > BODY_LIMIT

    def _location(self) -> str:
        """Where a redirect points, as output may show it: a path can hold a secret. Its bytes are
        the server's, and need not be UTF-8."""
        location = self.curl.getinfo_raw(pycurl.REDIRECT_URL) or b""
        return shown_url(location.decode(errors="replace")) or ""

    def _timings(self) -> Timings:
        is_new = self.curl.getinfo(pycurl.NAMELOOKUP_TIME_T)  # an address takes its time too
        # Where nothing came, libcurl says that the first byte came at the end.
        has_begun = self.curl.getinfo(pycurl.HEADER_SIZE)
        return Timings(
            dns=self._reached(pycurl.NAMELOOKUP_TIME_T) if is_new else _NO_TIME,
            connect=self._reached(pycurl.CONNECT_TIME_T) if is_new else _NO_TIME,
            tls=self._reached(pycurl.APPCONNECT_TIME_T) if is_new else _NO_TIME,
            first_byte=self._reached(pycurl.STARTTRANSFER_TIME_T) if has_begun else _NO_TIME,
            total=self._reached(pycurl.TOTAL_TIME_T),
        )

    def _reached(self, moment: int) -> timedelta:
        return timedelta(microseconds=self.curl.getinfo(moment))

    def _open(self, _purpose: int, address: pycurl.CurlSockAddr) -> "_Lent | int":
        """Make the socket for a resolved address, unless we must not connect there. An exception
        here would only be printed by pycurl, so none may leave."""
        if self._is_refused(str(address.addr[0])):
            return _NO_SOCKET
        try:
            return _Lent(socket.socket(address.family, address.socktype, address.protocol))
        except OSError:  # no descriptors left: the attempt fails and is made again
            return _NO_SOCKET

    def _allow(self, remote: str, *_: object) -> int:
        """Asked before each request, also on a connection that is used again."""
        if self._is_refused(remote):
            return _ABORT
        self._is_connected = True
        return _GO_ON

    def _is_refused(self, address: str) -> bool:
        refused = refusal(address, self._peer, self._route or PLAIN)
        self._refusal = refused or self._refusal
        return refused is not None

    def _on_header(self, line: bytes) -> None:
        # libcurl's own RETRY_AFTER ends at six hours.
        if line[:12].lower() == b"retry-after:":
            self._retry_after = line[12:].decode("latin-1")

    def _on_body(self, chunk: bytes) -> int | None:
        """Keep the first 64 KiB; what goes on after that is cut off, 10 GB or not."""
        self._body += chunk
        return 0 if self._is_full() else None

    def _fault(self, code: int, told: str, timings: Timings) -> tuple[Fault, str]:
        """What went wrong, in words that hold neither path nor query of the URL."""
        if self._refusal is not None and code in _NOT_CONNECTED:
            return Fault.REFUSED, self._refusal
        if code == TIMED_OUT:
            return Fault.TIMEOUT, self._lateness(timings)
        if (answered := self.curl.getinfo(pycurl.HTTP_CONNECTCODE)) >= 300:
            return Fault.CONNECT, f"the proxy makes no connection: {named(answered)}"
        if code == COULD_NOT_CONNECT:
            number = self.curl.getinfo(pycurl.OS_ERRNO)
            why = os.strerror(number).lower() if number in errno.errorcode else "unreachable"
            return Fault.CONNECT, f"no connection: {why}"
        return fault_of(code, told)

    def _lateness(self, timings: Timings) -> str:
        """What did not come in time, and how much time it had."""
        timeout = self._request.timeout
        if self._is_connected:
            what = "no complete answer" if timings.first_byte else "no answer"
            return f"{what} within {format_duration(timeout)}"
        return f"{_missing(timings)} within {format_duration(min(timeout, CONNECT_TIMEOUT))}"


def _missing(timings: Timings) -> str:
    """What a connection lacks."""
    if timings.connect:
        return "no connection by TLS"
    return "no connection" if timings.dns else "the host's name was not resolved"


class _Lent:
    """A socket for pycurl, which duplicates it and drops this object: then ours is closed."""

    def __init__(self, made: socket.socket) -> None:
        self._made = made
        self.fileno = made.fileno

    def __del__(self) -> None:
        self._made.close()


def _line(name: str, value: str) -> str:
    """A header as libcurl takes it: without a value it wants a semicolon."""
    return f"{name}: {value}" if value else f"{name};"


_NO_SOCKET: int = pycurl.SOCKET_BAD
_GO_ON: int = pycurl.PREREQFUNC_OK
_ABORT: int = pycurl.PREREQFUNC_ABORT

_NOT_CONNECTED = {pycurl.E_COULDNT_CONNECT, pycurl.E_ABORTED_BY_CALLBACK}
