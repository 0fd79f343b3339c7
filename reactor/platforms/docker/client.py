"""A small HTTP client for one engine: what it asks ends within a time-out, within bounds, and fails
in words for 3 a.m. Standard library only, for the reader must stay small."""

import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, IncompleteRead
from threading import Lock

from reactor.clock import monotonic, utc_now
from reactor.platforms.docker.dial import Address, Dialed, Gone, Refusal, Tls, connect

__all__ = ["Answer", "Client", "Gone", "Refusal", "Stream"]

TIMEOUT_SECONDS = 10.0

_NEWEST_API = (1, 52)  # of those that we have read about
_BODY_LIMIT = 64 * 1024 * 1024  # 100,000 listed containers and some
_LONGEST_QUOTE = 300
_BLOCK = 64 * 1024
_IDLE_LINES = 8
_NOT_AN_ENGINE = "is this a Docker Engine?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an engine answered, whatever the status. Names of headers are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _HungUp(Gone):
    """The other side closed the connection."""


class _Line:
    """One connection, of use to one exchange at a time."""

    def __init__(self, dialed: Dialed) -> None:
        self.dialed = dialed
        self.http = HTTPConnection("docker")  # engines do not care by which name they are called
        self.http.auto_open = 0
        self.http.sock = dialed.socket

    def wait_until(self, deadline: float) -> None:
        """The next read or write may last until then. Raises TimeoutError when it is past."""
        self.dialed.socket.settimeout(_remaining(deadline))

    def close(self) -> None:
        self.http.close()
        self.dialed.close()


class _Idle:
    """Connections that wait to be used again. Threads may share it."""

    def __init__(self) -> None:
        self._lines: list[_Line] = []
        self._is_closed = False
        self._lock = Lock()

    def keep(self, line: _Line) -> None:
        """The line is closed when there are enough of them, or after `close`."""
        with self._lock:
            if len(self._lines) < _IDLE_LINES and not self._is_closed:
                self._lines.append(line)
                return
        line.close()

    def take(self) -> _Line | None:
        with self._lock:
            return self._lines.pop() if self._lines else None

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
        while line := self.take():
            line.close()


class Stream:
    """An answer whose body is still to come. Leave it by its `with`: the connection is then used
    again, if the body was read to its end."""

    def __init__(self, line: _Line, response: HTTPResponse, deadline: float, idle: _Idle) -> None:
        self._line, self._response = line, response
        self._deadline, self._idle = deadline, idle
        self._left = None if response.chunked else response.length
        self._is_whole = False

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self._response.close()
        if self._is_whole and not self._response.will_close:
            self._idle.keep(self._line)
        else:
            self._line.close()

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        """By lower-case names."""
        return {name.lower(): value for name, value in self._response.getheaders()}

    def blocks(self) -> Iterator[bytes]:
        """The body as it comes, until it ends in good order. Raises Gone and Refusal; Gone also
        when the time is up."""
        while block := self._read():
            yield block
        self._is_whole = True

    def body(self, limit: int = _BODY_LIMIT) -> bytes:
        """All of it, at most `limit` bytes. Raises Gone and Refusal."""
        held = bytearray()
        for block in self.blocks():
            held += block
            if len(held) > limit:
                raise Gone(f"the answer is longer than {limit:,} bytes")
        return bytes(held)

    def _read(self) -> bytes:
        # Counted here: read1 of a Python before 3.11.7 waits for more than the body has.
        size = _BLOCK if self._left is None else min(_BLOCK, self._left)
        if not size:
            return b""
        with _in_words(self._line.dialed):
            self._line.wait_until(self._deadline)
            block = self._response.read1(size)
            if self._left is not None:
                self._left -= len(block)
                if not block:
                    raise IncompleteRead(block, self._left)
        return block


class Client:
    """Asks one engine, over connections that it keeps and that threads may share. Paths are whole:
    they begin with the prefix of the API's version. Time-outs are in seconds, each for a whole
    exchange. All that it does blocks, and raises Gone and Refusal alone."""

    def __init__(self, address: Address, tls: Tls | None = None) -> None:
        self.address = address
        self._tls = tls
        self._idle = _Idle()
        self._offset: float | None = None  # of the engine's clock from our monotonic one

    @property
    def engine_time(self) -> float:
        """The engine's clock in seconds since 1970, as its answers so far tell it, else ours."""
        if self._offset is None:
            return utc_now().timestamp()
        return monotonic() + self._offset

    def describe(self) -> dict[str, object]:
        """What the engine says of itself, as plain JSON: `id` and `name`, which a proxy before it
        may keep to itself, `version`, `api` (the prefix of paths for the newest API that both sides
        speak), `podman`, `keeps_containers` (whether they outlive it: Docker's live restore),
        `swarm` (None, or node_id, is_manager, cluster_id and cluster_name) and `skew` (its clock
        minus ours, in seconds)."""
        api = self._negotiated()
        version = _mapping(self.json(f"{api}/version"))
        is_podman = _is_podman(version)
        info = self._info(api)
        name = str(info.get("Name") or self.address.where)
        # Podman invents another id each time that it is asked.
        identity = f"podman@{name}" if is_podman else str(info.get("ID") or self.address.where)
        return {
            "id": identity,
            "name": name,
            "version": str(version.get("Version", "")),
            "api": api,
            "podman": is_podman,
            "keeps_containers": is_podman or info.get("LiveRestoreEnabled") is True,
            "swarm": _swarm(_mapping(info.get("Swarm"))),
            "skew": round(self.engine_time - utc_now().timestamp(), 3),
        }

    def _negotiated(self) -> str:
        """The prefix of paths; without one an engine speaks its newest."""
        with self.open("/_ping") as ping:
            ping.body(_BLOCK)
            major, _, minor = ping.headers.get("api-version", "").partition(".")
        if not (major.isdigit() and minor.isdigit()):
            return ""
        newest = min((int(major), int(minor)), _NEWEST_API)
        return f"/v{newest[0]}.{newest[1]}"

    def _info(self, api: str) -> Mapping[str, object]:
        """What a proxy may keep to itself. It tells the engine's clock exactly."""
        asked = monotonic()
        try:
            info = _mapping(self.json(f"{api}/info"))
        except Refusal:
            return {}
        halfway = (asked + monotonic()) / 2
        told = _timestamp(str(info.get("SystemTime")))
        if told is not None:
            self._offset = told - halfway
        return info

    def json(self, path: str, timeout: float = TIMEOUT_SECONDS) -> object:
        """The JSON at a path."""
        with self.open(path, timeout) as stream:
            body = stream.body()
        try:
            found: object = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Gone(f"the answer is not JSON: {_NOT_AN_ENGINE}") from error
        return found

    def request(
        self, method: str, path: str, *, body: object = None, timeout: float = TIMEOUT_SECONDS
    ) -> Answer:
        """One exchange, whatever its status. `body` is sent as JSON unless it is None."""
        with self._exchange(method, path, body, monotonic() + timeout) as stream:
            content = stream.body()
            return Answer(status=stream.status, headers=stream.headers, body=content)

    def open(self, path: str, timeout: float = TIMEOUT_SECONDS) -> Stream:
        """An answer to be read as it comes; its status is 200."""
        stream = self._exchange("GET", path, None, monotonic() + timeout)
        if stream.status == 200:
            return stream
        with stream:
            raise _said_no(path, stream)

    def close(self) -> None:
        """Hang up; where an exchange is under way, at its end."""
        self._idle.close()

    def _exchange(self, method: str, path: str, body: object, deadline: float) -> Stream:
        """Over an idle connection, or over a new one when the engine has closed that. Only what may
        be done twice takes an idle one: nobody can say whether it was heard before the end."""
        line = self._idle.take() if method == "GET" else None
        if line is not None:
            with suppress(_HungUp):
                return self._ask(line, method, path, body, deadline)
        with _in_words():
            line = _Line(connect(self.address, self._tls, _remaining(deadline)))
        return self._ask(line, method, path, body, deadline)

    def _ask(self, line: _Line, method: str, path: str, body: object, deadline: float) -> Stream:
        headers = {"User-Agent": "reactor", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        with _in_words(line.dialed):
            line.wait_until(deadline)
            asked = monotonic()
            # An engine may say why it hangs up, and do so, before it has heard us out.
            with suppress(ConnectionError, ssl.SSLEOFError):
                line.http.request(method, path, content, headers)
            response = line.http.getresponse()
        self._heed_date(response.getheader("Date", ""), asked, monotonic())
        return Stream(line, response, deadline, self._idle)

    def _heed_date(self, date: str, asked: float, answered: float) -> None:
        """A Date is the engine's clock, cut to seconds, at a moment between question and answer."""
        try:
            told = parsedate_to_datetime(date).timestamp()
        except ValueError:
            return
        least, most = told - answered, told + 1 - asked
        known = (least + most) / 2 if self._offset is None else self._offset
        self._offset = min(max(known, least), most)


def _remaining(deadline: float) -> float:
    """Seconds until then. Raises TimeoutError when it is past."""
    remaining = deadline - monotonic()
    if remaining <= 0:
        raise TimeoutError("timed out")
    return remaining


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _is_podman(version: Mapping[str, object]) -> bool:
    components = version.get("Components")
    listed = components if isinstance(components, list) else []
    return any(_mapping(each).get("Name") == "Podman Engine" for each in listed)


def _swarm(info: Mapping[str, object]) -> dict[str, object] | None:
    """An engine's place in a swarm. Workers are not told of the cluster."""
    if info.get("LocalNodeState") != "active":
        return None
    cluster = _mapping(info.get("Cluster"))
    return {
        "node_id": str(info.get("NodeID", "")),
        "is_manager": info.get("ControlAvailable") is True,
        "cluster_id": str(cluster.get("ID", "")),
        "cluster_name": str(_mapping(cluster.get("Spec")).get("Name", "")),
    }


def _timestamp(text: str) -> float | None:
    """Seconds since 1970 of a moment in RFC 3339."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo else None


def _said_no(path: str, stream: Stream) -> Gone | Refusal:
    said = _quoted(next(stream.blocks(), b""), stream.headers.get("content-type", ""))
    if "Minimum supported API version" in said:
        said = f"{said} (this reactor is too old for the engine)"
        return Refusal(said)
    kind = Refusal if stream.status in (401, 403) else Gone
    return kind(f"the answer to {path.partition('?')[0]} is {stream.status}: {said}")


def _quoted(body: bytes, content_type: str) -> str:
    """What an engine says of an error; what else listens there answers in other forms."""
    try:
        said = str(json.loads(body)["message"])
    except (ValueError, TypeError, KeyError, RecursionError):
        said = body.decode(errors="replace") if content_type.startswith("text/plain") else ""
    return " ".join(said.split())[:_LONGEST_QUOTE] or _NOT_AN_ENGINE


@contextmanager
def _in_words(dialed: Dialed | None = None) -> Iterator[None]:
    """What goes wrong with a connection is told in our errors, and the connection is closed."""
    try:
        yield
    except (OSError, HTTPException) as error:
        said = dialed.last_words() if dialed else ""
        if dialed:
            dialed.close()
        raise (_of_ssh(said) if said else _fault(error)) from error


def _of_ssh(said: str) -> Gone | Refusal:
    """OpenSSH's own words, or those of the other machine's docker command."""
    is_final = said.startswith("Host key verification failed") or "Permission denied" in said
    kind = Refusal if is_final else _HungUp
    return kind(f"ssh: {said.removeprefix('ssh: ')}")


def _fault(error: OSError | HTTPException) -> Gone | Refusal:
    if isinstance(error, PermissionError):
        return Refusal("permission denied; run as a member of the docker group, or as root")
    if isinstance(error, ssl.SSLCertVerificationError):
        return Refusal(f"the engine's certificate is not trusted: {error.verify_message}")
    if isinstance(error, ConnectionError | ssl.SSLEOFError):
        return _HungUp(_words(error))
    if isinstance(error, ssl.SSLError):
        return Refusal(f"TLS fails: {(error.reason or str(error)).lower().replace('_', ' ')}")
    return Gone(_words(error))


def _words(error: OSError | HTTPException) -> str:
    if isinstance(error, IncompleteRead):
        return "the engine broke off the stream"
    strerror = error.strerror if isinstance(error, OSError) else None
    return (strerror or str(error) or type(error).__name__).lower()
