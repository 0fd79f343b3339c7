"""HTTP out: libcurl, thousands of exchanges at once on one thread.

The only home of pycurl. Knows nothing of deliveries: a token goes in with a request and comes
out with a Response.
"""

import errno
import os
import select
import socket
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import pycurl

from reactor.clock import monotonic
from reactor.delivery.addresses import is_refused
from reactor.duration import format_duration
from reactor.engine.judge import parse_retry_after
from reactor.model.request import Fault, HttpRequest, Response, shown_url

BODY_LIMIT = 64 * 1024
CONNECT_TIMEOUT = timedelta(seconds=10)
CONNECTIONS = 512
"""How many connections are kept open for reuse. With the exchanges that the dispatcher has under
way it stays below 1,024 descriptors, the usual limit of a process."""

Token = TypeVar("Token")
"""What the caller knows an exchange by."""


class Transport(Generic[Token]):
    """Exchanges under way. One thread calls everything but `wake`."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """`now` is the wall clock, for a `Retry-After` that names a date."""
        self._now = now
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._multi.setopt(pycurl.M_MAXCONNECTS, CONNECTIONS)
        self._timer: float | None = None
        self._watched: set[int] = set()
        self._poll = select.epoll()
        self._alarm = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poll.register(self._alarm, select.EPOLLIN)
        self._running: dict[pycurl.Curl, tuple[Token, _Exchange]] = {}
        self._idle: list[_Exchange] = []
        self._unsendable: list[tuple[Token, Response]] = []

    def start(self, token: Token, request: HttpRequest) -> None:
        """Begin an exchange. Does not block and does not fail: `step` tells how it ended."""
        exchange = self._idle.pop() if self._idle else _Exchange(self._now)
        try:
            exchange.prepare(request)
        except (pycurl.error, ValueError):  # the error would quote the URL
            self._idle.append(exchange)
            fault = Response(fault=Fault.INVALID, detail="the request cannot be written as HTTP")
            self._unsendable.append((token, fault))
            return
        self._running[exchange.curl] = (token, exchange)
        self._multi.add_handle(exchange.curl)

    def step(self, timeout: timedelta) -> list[tuple[Token, Response]]:
        """Move bytes; returns what ended. Waits up to `timeout` if nothing happens before."""
        for descriptor, happened in self._poll.poll(self._patience(timeout)):
            if descriptor == self._alarm:
                os.eventfd_read(self._alarm)
            else:
                self._multi.socket_action(descriptor, _action(happened))
        if self._timer is not None and self._timer <= monotonic():
            self._timer = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        return self._take_ended()

    def wake(self) -> None:
        """Make a waiting `step` return at once. May be called from any thread."""
        os.eventfd_write(self._alarm, 1)

    def abandon(self) -> list[Token]:
        """Cut off every exchange under way; returns whose they were."""
        cut_off = list(self._running.values())
        for _, exchange in cut_off:
            self._release(exchange)
        return [token for token, _ in cut_off]

    def close(self) -> None:
        """Cut everything off and give all descriptors back."""
        self.abandon()
        for exchange in self._idle:
            exchange.curl.close()
        self._multi.close()
        self._poll.close()
        os.close(self._alarm)

    def _patience(self, timeout: timedelta) -> float:
        """Seconds to wait for a descriptor."""
        if self._unsendable:
            return 0.0
        patience = max(timeout.total_seconds(), 0.0)
        return (
            patience if self._timer is None else max(0.0, min(patience, self._timer - monotonic()))
        )

    def _watch(self, what: int, descriptor: int, *_: object) -> None:
        """libcurl says which descriptors it waits for."""
        if what == pycurl.POLL_REMOVE:
            if descriptor in self._watched:
                self._watched.discard(descriptor)
                self._poll.unregister(descriptor)
            return
        mask = _MASKS[what]
        if descriptor in self._watched:
            self._poll.modify(descriptor, mask)
        else:
            self._watched.add(descriptor)
            self._poll.register(descriptor, mask)

    def _set_timer(self, milliseconds: int) -> None:
        """libcurl says when it wants to be called although no descriptor is ready."""
        self._timer = None if milliseconds < 0 else monotonic() + milliseconds / 1000

    def _take_ended(self) -> list[tuple[Token, Response]]:
        ended, self._unsendable = self._unsendable, []
        left = 1
        while left:
            left, done, failed = self._multi.info_read(1000)
            outcomes = [(curl, pycurl.E_OK, "") for curl in done] + failed
            for curl, code, words in outcomes:
                token, exchange = self._running[curl]
                ended.append((token, exchange.response(code, words)))
                self._release(exchange)
        return ended

    def _release(self, exchange: "_Exchange") -> None:
        """Take the handle back for the next exchange: making one costs more than a request."""
        self._multi.remove_handle(exchange.curl)
        del self._running[exchange.curl]
        exchange.forget()
        self._idle.append(exchange)


_MASKS = {
    pycurl.POLL_NONE: 0,
    pycurl.POLL_IN: select.EPOLLIN,
    pycurl.POLL_OUT: select.EPOLLOUT,
    pycurl.POLL_INOUT: select.EPOLLIN | select.EPOLLOUT,
}


def _action(happened: int) -> int:
    """What epoll saw, in libcurl's words."""
    action = 0
    if happened & (select.EPOLLIN | select.EPOLLHUP):
        action |= pycurl.CSELECT_IN
    if happened & select.EPOLLOUT:
        action |= pycurl.CSELECT_OUT
    return action | (pycurl.CSELECT_ERR if happened & select.EPOLLERR else 0)


class _Exchange:
    """An easy handle and what it has received; used for one request after the other."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.curl = pycurl.Curl()
        self._timeout = timedelta()
        self._body = bytearray()
        self._retry_after: str | None = None
        self._refused: str | None = None
        for option, value in (_OPTIONS | _certificates()).items():
            self.curl.setopt(option, value)
        self.curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open)
        self.curl.setopt(pycurl.PREREQFUNCTION, self._allow)
        self.curl.setopt(pycurl.HEADERFUNCTION, self._on_header)
        self.curl.setopt(pycurl.WRITEFUNCTION, self._on_body)

    def prepare(self, request: HttpRequest) -> None:
        """Write the request into the handle. Raises pycurl.error or ValueError if it cannot be."""
        if not request.url.lower().startswith(("http://", "https://")):
            raise ValueError("not a URL that we send to")
        curl, self._timeout = self.curl, request.timeout
        curl.setopt(pycurl.URL, request.url)
        lines = [_line(name, value) for name, value in request.headers.items()]
        curl.setopt(pycurl.HTTPHEADER, [*lines, "Expect:"])  # large bodies go without asking first
        if request.method == "HEAD":  # its answer has no body to wait for
            curl.setopt(pycurl.NOBODY, 1)
        else:
            curl.setopt(pycurl.NOBODY, 0)
            curl.setopt(pycurl.POSTFIELDS, request.body)
        curl.setopt(pycurl.CUSTOMREQUEST, request.method)
        curl.setopt(pycurl.TIMEOUT_MS, max(1, request.timeout // timedelta(milliseconds=1)))

    def response(self, code: int, words: str) -> Response:
        """How the exchange ended, from libcurl's result."""
        if code != pycurl.E_OK and not self._is_full():
            fault, detail = self._fault(code, words)
            return Response(fault=fault, detail=detail)
        asked = self._retry_after
        return Response(
            status=self.curl.getinfo(pycurl.RESPONSE_CODE),
            detail=_origin(self.curl.getinfo_raw(pycurl.REDIRECT_URL)),
            body=bytes(self._body[:BODY_LIMIT]),
            retry_after=None if asked is None else parse_retry_after(asked, self._now()),
        )

    def forget(self) -> None:
        """Keep nothing of this request for the next one."""
        self._retry_after, self._refused = None, None
        self._body.clear()

    def _is_full(self) -> bool:
        return len(self._body) > BODY_LIMIT

    def _open(self, _purpose: int, address: pycurl.CurlSockAddr) -> "_Lent | int":
        """Make the socket for a resolved address, unless we must not connect there. An exception
        here would only be printed by pycurl, so none may leave."""
        if is_refused(str(address.addr[0])):
            self._refused = str(address.addr[0])
            return _NO_SOCKET
        try:
            return _Lent(socket.socket(address.family, address.socktype, address.protocol))
        except OSError:  # no descriptors left: the attempt fails and is made again
            return _NO_SOCKET

    def _allow(self, remote: str, *_: object) -> int:
        """Asked before each request, also on a connection that is used again."""
        if is_refused(remote):
            self._refused = remote
            return _ABORT
        return _GO_ON

    def _on_header(self, line: bytes) -> None:
        # libcurl's own RETRY_AFTER ends at six hours.
        if line[:12].lower() == b"retry-after:":
            self._retry_after = line[12:].decode("latin-1")

    def _on_body(self, chunk: bytes) -> int | None:
        """Keep the first 64 KiB; what goes on after that is cut off, 10 GB or not."""
        self._body += chunk
        return 0 if self._is_full() else None

    def _fault(self, code: int, words: str) -> tuple[Fault, str]:
        """What went wrong, in words that hold neither path nor query of the URL."""
        if self._refused is not None and code in _NOT_CONNECTED:
            return Fault.CONNECT, f"address {self._refused} is refused"
        if code == pycurl.E_OPERATION_TIMEDOUT:
            return Fault.TIMEOUT, f"no complete answer within {format_duration(self._timeout)}"
        if code == pycurl.E_COULDNT_CONNECT:
            number = self.curl.getinfo(pycurl.OS_ERRNO)
            why = os.strerror(number).lower() if number in errno.errorcode else "unreachable"
            return Fault.CONNECT, f"no connection: {why}"
        if code in _TLS_CODES:
            return Fault.TLS, f"TLS failed: {words}"
        return _FAULTS.get(code, (Fault.PROTOCOL, f"libcurl error {code}"))


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


def _origin(location: bytes | None) -> str:
    """Where a redirect points, as output may show it: a path can hold a secret. Its bytes are
    the server's, and need not be UTF-8."""
    return shown_url((location or b"").decode(errors="replace")) or ""


def _certificates() -> dict[int, str]:
    """The system's certificates: the libcurl in pycurl's wheel was built elsewhere and does not
    know where they are. Python's ssl module does, and obeys SSL_CERT_FILE and SSL_CERT_DIR."""
    paths = ssl.get_default_verify_paths()
    found = {pycurl.CAINFO: paths.cafile, pycurl.CAPATH: paths.capath}
    return {option: path for option, path in found.items() if path}


_NO_SOCKET: int = pycurl.SOCKET_BAD
_GO_ON: int = pycurl.PREREQFUNC_OK
_ABORT: int = pycurl.PREREQFUNC_ABORT

_OPTIONS: dict[int, object] = {
    pycurl.PROXY: "",  # no proxy from the environment: it would see every secret
    pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,  # a rule cannot read file://
    pycurl.NOSIGNAL: 1,  # we are not the main thread
    pycurl.FOLLOWLOCATION: 0,
    pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
    pycurl.CONNECTTIMEOUT_MS: CONNECT_TIMEOUT // timedelta(milliseconds=1),
    pycurl.SSL_VERIFYPEER: 1,
    pycurl.SSL_VERIFYHOST: 2,
}

_NOT_CONNECTED = {pycurl.E_COULDNT_CONNECT, pycurl.E_ABORTED_BY_CALLBACK}

_TLS_CODES = {
    pycurl.E_SSL_CONNECT_ERROR,
    pycurl.E_SSL_CERTPROBLEM,
    pycurl.E_SSL_CIPHER,
    pycurl.E_PEER_FAILED_VERIFICATION,
    pycurl.E_SSL_CACERT_BADFILE,
    pycurl.E_SSL_SHUTDOWN_FAILED,
    pycurl.E_SSL_ISSUER_ERROR,
    pycurl.E_SSL_INVALIDCERTSTATUS,
}

_TOO_LARGE = 100  # CURLE_TOO_LARGE, which pycurl has no name for: over 300 KB of headers
_NOT_HTTP = (Fault.PROTOCOL, "the answer is not HTTP as we know it")
_BROKEN = (Fault.RECEIVE, "the connection broke before the answer was complete")
_FAULTS: dict[int, tuple[Fault, str]] = {
    pycurl.E_URL_MALFORMAT: (Fault.INVALID, "the URL is not valid"),
    pycurl.E_COULDNT_RESOLVE_HOST: (Fault.DNS, "the host's name cannot be resolved"),
    pycurl.E_UNSUPPORTED_PROTOCOL: _NOT_HTTP,
    pycurl.E_FTP_WEIRD_SERVER_REPLY: _NOT_HTTP,
    pycurl.E_BAD_CONTENT_ENCODING: _NOT_HTTP,
    pycurl.E_PARTIAL_FILE: _BROKEN,
    pycurl.E_RECV_ERROR: _BROKEN,
    pycurl.E_GOT_NOTHING: (Fault.RECEIVE, "the connection was closed without an answer"),
    pycurl.E_SEND_ERROR: (Fault.SEND, "the request could not be sent"),
    _TOO_LARGE: (Fault.PROTOCOL, "the answer's headers are too large"),
}
