"""Opening a WebSocket: the connection and the library's handshake, bounded in time and in size."""

import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.cookies import CookieError
from urllib.parse import urlsplit

from websocket import WebSocketException, WebSocketTimeoutException, create_connection

from reactor.clock import monotonic
from reactor.engine.judge import named
from reactor.model.errors import SourceLost, SourceRefused

CONNECT_SECONDS = 10.0

_LONGEST_ANSWER = 64 * 1024  # bytes, with the body that explains a refusal
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})\b")
_PRINTABLE = re.compile(r"[\x21-\x7e]+")  # what a line of a request can carry


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a WebSocket is."""

    url: str
    host: str
    port: int
    is_secure: bool


def parse_address(url: str) -> Address:
    """Read a ws: or wss: URL. Raises SourceRefused; it does not show the URL, which may hold a
    password."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    is_plain = bool(_PRINTABLE.fullmatch(url)) and "@" not in parts.netloc
    if not host or not is_plain or parts.scheme not in ("ws", "wss"):
        raise SourceRefused("the address is not one of a WebSocket, as wss://ws.cloud.docker.com/")
    is_secure = parts.scheme == "wss"
    return Address(url=url, host=host, port=port or (443 if is_secure else 80), is_secure=is_secure)


def connect(
    address: Address,
    headers: Mapping[str, str],
    seconds: float = CONNECT_SECONDS,
    *,
    subprotocols: Sequence[str] = (),
) -> socket.socket:
    """The open connection, upgraded to a WebSocket. Redirects are not followed and proxies of the
    environment are not used, so `headers` reach this address and no other. If there are
    `subprotocols`, the server must agree on one of them.

    Blocks: so many seconds for each address that the name stands for, and as many for TLS and the
    handshake. Raises SourceRefused when the credentials are refused, else SourceLost.
    """
    try:
        connected = socket.create_connection((address.host, address.port), seconds)
    except OSError as error:
        raise SourceLost(f"{address.host}: {reason(error)}") from error
    shaking = _Shaking(connected, seconds)
    try:
        if address.is_secure:
            shaking.encrypt(address.host)
        _upgrade(shaking, address, headers, subprotocols)
    except (WebSocketException, OSError, ValueError, CookieError) as error:
        shaking.close()
        answer = bytes(shaking.answer)
        raise _not_upgraded(address.host, answer, error, subprotocols=subprotocols) from error
    return shaking.connected


class _Shaking:
    """The socket that the library shakes hands over: all of it ends at a deadline, and so does the
    answer, however slowly or endlessly it comes. The answer is kept: of a redirect, or of a
    refusal that breaks off, the library tells less."""

    def __init__(self, connected: socket.socket, seconds: float) -> None:
        self.connected, self.answer = connected, bytearray()
        self._deadline = monotonic() + seconds

    def encrypt(self, host: str) -> None:
        self.connected.settimeout(self.gettimeout())
        context = ssl.create_default_context()
        self.connected = context.wrap_socket(self.connected, server_hostname=host)

    def send(self, data: bytes) -> int:
        self.connected.settimeout(self.gettimeout())
        self.connected.sendall(data)
        return len(data)

    def recv(self, size: int) -> bytes:
        if len(self.answer) + size > _LONGEST_ANSWER:
            raise ConnectionError("the answer to the handshake is too long")
        self.connected.settimeout(self.gettimeout())
        block = self.connected.recv(size)
        self.answer += block
        return block

    def gettimeout(self) -> float:
        return max(self._deadline - monotonic(), 0.001)  # zero would mean not to wait at all

    def close(self) -> None:
        self.connected.close()


def _upgrade(
    shaking: _Shaking, address: Address, headers: Mapping[str, str], subprotocols: Sequence[str]
) -> None:
    """RFC 6455 §4.1. Raises what the library raises, whatever the answer."""
    create_connection(
        address.url,
        socket=shaking,
        header=dict(headers),
        subprotocols=list(subprotocols),
        suppress_origin=True,
        redirect_limit=0,
        enable_multithread=False,
    )


def _not_upgraded(
    host: str, answer: bytes, error: Exception, *, subprotocols: Sequence[str]
) -> SourceLost | SourceRefused:
    """Why the handshake failed: by what was answered, if anything was."""
    found = _STATUS.match(answer)
    status = int(found[1]) if found else None
    if status in (401, 403):
        return SourceRefused(f"{host} refuses our credentials: {named(status)}")
    if status is None:
        return SourceLost(f"{host}: {'this is no HTTP' if answer else reason(error)}")
    if status == 101:
        doubt = f", or agrees on none of {', '.join(subprotocols)}" if subprotocols else ""
        return SourceLost(f"{host}: the answer to the handshake is broken{doubt}")
    if 300 <= status < 400:
        return SourceLost(f"{host}: redirects are not followed: {named(status)}")
    return SourceLost(f"{host}: {named(status)}")


def reason(error: Exception) -> str:
    """What went wrong with a connection, as a person says it."""
    if isinstance(error, TimeoutError | WebSocketTimeoutException):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "no host of that name"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    if isinstance(error, WebSocketException):
        return "it closed the connection"
    said = error.strerror if isinstance(error, OSError) else None
    return (said or str(error) or type(error).__name__).lower()
