"""A small process of its own that reads an engine's events and hands them on, and nothing else.

`python docker_reader.py HOST [SINCE]` writes a line that describes the engine, then every event
as one line of JSON. It ends when its standard input does, so it never outlives its parent. Its
last line on standard error says why it ended; REFUSED as exit code says that trying again at once
would not help, BEHIND that events may be lost. Standard library only: it is started often and must
stay small.
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from threading import Condition, Thread
from urllib.parse import urlencode, urlsplit

LOST, REFUSED, BEHIND = 1, 3, 4  # 2 is what Python itself ends with when it is called wrongly

_FILTERS = {
    "type": ["container"],
    "event": [
        *("create", "start", "stop", "restart", "pause", "unpause", "kill", "die", "destroy"),
        *("oom", "health_status", "rename", "update"),
    ],
}
_NEWEST_API = (1, 52)  # of those whose events we have read about
_TIMEOUT_SECONDS = 10.0
_KEEPALIVE = {socket.TCP_KEEPIDLE: 5, socket.TCP_KEEPINTVL: 3, socket.TCP_KEEPCNT: 3}  # 14 s in all
_LONGEST_MESSAGE = 10_000
_BUFFER_BYTES = 64 * 1024 * 1024
_BLOCK = 64 * 1024
_DEFAULT_PORT = 2375


class Gone(Exception):
    """The engine cannot be reached or went away."""

    code = LOST


class Behind(Gone):
    """Our parent did not take events as fast as they came."""

    code = BEHIND


class Refusal(Exception):
    """The engine does not let us, or we do not speak this kind of address."""

    code = REFUSED


@dataclass(frozen=True, slots=True)
class Address:
    """Where an engine listens: the path of a socket, or host and port."""

    path: str = ""
    host: str = "docker"
    port: int = _DEFAULT_PORT


def parse_address(text: str) -> Address:
    """The address that `unix://PATH` or `tcp://HOST:PORT` writes. Raises Refusal for others."""
    if text.startswith("unix://") and len(text) > len("unix://"):
        return Address(path=text.removeprefix("unix://"))
    if text.startswith(("ssh://", "https://")):
        raise Refusal("ssh and TLS are not yet supported; expected unix:// or tcp://")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port or _DEFAULT_PORT
    except ValueError:
        host = None
    if not text.startswith("tcp://") or not host:
        raise Refusal("expected unix:///PATH or tcp://HOST:PORT")
    return Address(host=host, port=port)


class Buffer:
    """Bytes between the engine and our parent, at most `limit`: a slow parent must not slow the
    engine, which waits for its listeners."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()
        self._closed = False
        self._changed = Condition()

    def put(self, data: bytes) -> None:
        """Never blocks. Raises Behind when the limit is reached."""
        with self._changed:
            if len(self._held) + len(data) > self._limit:
                raise Behind(f"we fell behind by {self._limit >> 20} MiB of events")
            self._held += data
            self._changed.notify()

    def take(self) -> bytes:
        """The next block; blocks until there is one. Empty after the buffer was closed."""
        with self._changed:
            while not self._held and not self._closed:
                self._changed.wait()
            block = bytes(self._held[:_BLOCK])
            del self._held[:_BLOCK]
            return block

    def close(self) -> None:
        """Nothing more will be put; what is held can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify()


def _message(body: bytes) -> str:
    """What an engine says of an error; what else listens there answers in other forms."""
    try:
        return str(json.loads(body)["message"])
    except (ValueError, TypeError, KeyError):
        return "is this a Docker Engine?"


class Client:
    """Asks one engine, over one connection as long as it lasts. All raises Gone, Refusal,
    OSError or HTTPException."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._connection = HTTPConnection(address.host, address.port)

    def describe(self) -> dict[str, str]:
        """The engine's id and name, which a proxy before it may keep to itself, its version, and
        the prefix of paths for the newest API that both sides speak."""
        api = _api_prefix(self.get("/_ping"))
        version = self._json(f"{api}/version")
        try:
            info = self._json(f"{api}/info")
        except Refusal:
            info = {}
        where = self._address.path or f"{self._address.host}:{self._address.port}"
        return {
            "id": str(info.get("ID") or where),
            "name": str(info.get("Name") or where),
            "version": str(version.get("Version", "")),
            "api": api,
        }

    def _json(self, path: str) -> dict[str, object]:
        try:
            found = json.loads(self.get(path).read())
        except ValueError as error:
            raise Gone("the answer is not JSON: is this a Docker Engine?") from error
        return found if isinstance(found, dict) else {}

    def events(self, api: str, since: str | None) -> HTTPResponse:
        """The stream of events, which may be silent for as long as it likes."""
        query = {"filters": json.dumps(_FILTERS), **({"since": since} if since else {})}
        return self.get(f"{api}/events?{urlencode(query)}", timeout=None)

    def get(self, path: str, timeout: float | None = _TIMEOUT_SECONDS) -> HTTPResponse:
        """The answer to a request, its body not yet read; `timeout` is for each read of it."""
        if self._connection.sock is None:
            self._connection.sock = _connect(self._address)
        connected = self._connection.sock
        self._connection.request("GET", path, headers={"User-Agent": "reactor"})
        response = self._connection.getresponse()
        if response.status != 200:
            kind = Refusal if response.status in (401, 403) else Gone
            said = _message(response.read(_LONGEST_MESSAGE))
            raise kind(f"the answer to {path.partition('?')[0]} is {response.status}: {said}")
        connected.settimeout(timeout)
        return response

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def _api_prefix(ping: HTTPResponse) -> str:
    ping.read()  # so that the connection can be used again
    major, _, minor = (ping.getheader("Api-Version") or "").partition(".")
    if not (major.isdigit() and minor.isdigit()):
        return ""
    newest = min((int(major), int(minor)), _NEWEST_API)
    return f"/v{newest[0]}.{newest[1]}"


def _connect(address: Address) -> socket.socket:
    if not address.path:
        connected = socket.create_connection((address.host, address.port), _TIMEOUT_SECONDS)
        # The stream may be silent for days; only this tells that the other side is gone.
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _KEEPALIVE.items():
            connected.setsockopt(socket.IPPROTO_TCP, option, value)
        return connected
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connected.settimeout(_TIMEOUT_SECONDS)
    try:
        connected.connect(address.path)
    except OSError:
        connected.close()
        raise
    return connected


def read(host: str, since: str | None, buffer: Buffer) -> None:
    """Copy the engine's events into `buffer` until they end, which is always an error."""
    with closing(Client(parse_address(host))) as client:
        engine = client.describe()
        stream = client.events(engine["api"], since)
        buffer.put(json.dumps({"engine": engine}).encode() + b"\n")
        with stream:
            copy_in(stream, buffer)


def copy_in(stream: HTTPResponse, buffer: Buffer) -> None:
    """Copy until the stream ends. Raises Gone."""
    try:
        while block := stream.read1(_BLOCK):
            buffer.put(block)
    except IncompleteRead as error:
        raise Gone("the engine broke off the stream") from error
    raise Gone("the engine ended the stream")


def explain(error: Exception) -> tuple[int, str]:
    """The exit code and the sentence for what ended the reading."""
    if isinstance(error, PermissionError):
        return REFUSED, "permission denied; run as a member of the docker group, or as root"
    if isinstance(error, Gone | Refusal):
        return error.code, str(error)
    if isinstance(error, FileNotFoundError):
        return LOST, "no such socket (is the engine running? host: or DOCKER_HOST names another)"
    if isinstance(error, OSError):
        return LOST, (error.strerror or str(error) or type(error).__name__).lower()
    return LOST, str(error) or type(error).__name__


def copy_out(take: Callable[[], bytes]) -> None:
    """Write what `take` gives to standard output until it gives nothing."""
    while block := take():
        while block:
            block = block[os.write(1, block) :]


def end_with_parent() -> None:
    """Our parent never writes: the end of standard input is its end."""
    while os.read(0, _BLOCK):
        pass
    os._exit(0)


def main(host: str, since: str | None = None) -> int:
    """Read until the stream or our parent ends; returns the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # our parent decides; Ctrl-C reaches us both
    Thread(target=end_with_parent, daemon=True).start()
    buffer = Buffer(_BUFFER_BYTES)
    writer = Thread(target=copy_out, args=(buffer.take,), daemon=True)
    writer.start()
    try:
        read(host, since, buffer)
    except (OSError, HTTPException, Gone, Refusal) as error:
        code, why = explain(error)
    buffer.close()
    writer.join()
    sys.stderr.write(f"{why}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
