"""The ways to an engine: a socket of this machine, a host, TLS, or ssh. Standard library only."""

import os
import socket
import ssl
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

DEFAULT_HOST = "unix:///var/run/docker.sock"

_EXPECTED = "expected unix:///PATH, tcp://HOST:PORT, https://HOST:PORT or ssh://USER@HOST"
_PLAIN_PORT, _TLS_PORT = 2375, 2376
_KEEPALIVE = {socket.TCP_KEEPIDLE: 5, socket.TCP_KEEPINTVL: 3, socket.TCP_KEEPCNT: 3}  # 14 s in all
_LAST_WORDS_SECONDS = 1.0
_LAST_WORDS_BYTES = 64 * 1024  # what a pipe holds


class Gone(Exception):
    """The engine cannot be reached, went away or failed; trying again may help."""


class Refusal(Exception):
    """The engine does not let us, or we do not speak its language; trying again does not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where an engine listens, as `text` writes it: at the `path` of a socket, or at a `host`,
    whose port is the usual one of the way to it when it is None."""

    text: str
    scheme: str
    path: str = ""
    host: str = ""
    port: int | None = None
    user: str = ""

    def __str__(self) -> str:
        return self.text

    @property
    def where(self) -> str:
        """The text without its scheme."""
        return self.text.partition("://")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Paths of PEM files: whose certificates we trust (None: those that the system trusts), and
    what we show."""

    ca: str | None = None
    cert: str | None = None
    key: str | None = None


def parse_address(text: str) -> Address:
    """The address that a text writes. Raises Refusal."""
    scheme, _, rest = text.partition("://")
    if scheme == "unix" and rest:
        return Address(text=text, scheme=scheme, path=rest)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Refusal(f"{text}: {_EXPECTED}") from None
    # A host or user that begins with a dash would be an option of ssh.
    if scheme not in ("tcp", "https", "ssh") or host[:1] in ("", "-") or _has_more(parts):
        raise Refusal(f"{text}: {_EXPECTED}")
    return Address(text=text, scheme=scheme, host=host, port=port, user=parts.username or "")


def _has_more(parts: SplitResult) -> bool:
    """Whether a URL says more than we read."""
    user = parts.username or ""
    is_odd = user.startswith("-") or (user and parts.scheme != "ssh")
    rest = (parts.password, parts.path.strip("/"), parts.query, parts.fragment)
    return bool(is_odd) or any(rest)


def address_from(
    options: Mapping[str, object], environ: Mapping[str, str]
) -> tuple[Address, Tls | None]:
    """The engine that a source's `host` and `tls` (a mapping of ca, cert and key) name, else the
    one of DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, which mean what they mean to the
    docker command, else this machine's. The environment's certificates are not shown to a host that
    the options name. Raises Refusal."""
    given = options.get("tls")
    tls = _given_tls(given) if isinstance(given, Mapping) else None
    if host := options.get("host"):
        return parse_address(str(host)), tls
    address = parse_address(environ.get("DOCKER_HOST") or DEFAULT_HOST)
    return address, tls or _environments_tls(environ)


def _given_tls(given: Mapping[str, object]) -> Tls:
    paths = {name: str(given[name]) for name in ("ca", "cert", "key") if given.get(name)}
    return Tls(**paths)


def _environments_tls(environ: Mapping[str, str]) -> Tls | None:
    """https://docs.docker.com/engine/security/protect-access/: our own certificate may be missing,
    the authority's may not."""
    if not environ.get("DOCKER_TLS_VERIFY"):
        return None
    folder = Path(environ.get("DOCKER_CERT_PATH") or Path(environ.get("HOME", "/"), ".docker"))
    shown = {name: str(folder / f"{name}.pem") for name in ("cert", "key")}
    has_own = all(Path(path).exists() for path in shown.values())
    return Tls(ca=str(folder / "ca.pem"), **(shown if has_own else {}))


@dataclass(frozen=True, slots=True)
class Dialed:
    """A connection to an engine: its socket, and the ssh that carries it, where one does."""

    socket: socket.socket
    carrier: subprocess.Popen[bytes] | None = None

    def last_words(self) -> str:
        """What a carrier that ended said last. Blocks for a second at most."""
        if self.carrier is None or self.carrier.stderr is None:
            return ""
        try:
            self.carrier.wait(_LAST_WORDS_SECONDS)
        except subprocess.TimeoutExpired:
            return ""
        pipe = self.carrier.stderr.fileno()
        os.set_blocking(pipe, False)  # what it left behind may hold the other end open
        try:
            said = os.read(pipe, _LAST_WORDS_BYTES)
        except BlockingIOError:
            return ""
        return said.decode(errors="replace").strip().rpartition("\n")[2].strip()

    def close(self) -> None:
        """Hang up; the carrier is gone, and waited for."""
        self.socket.close()
        if self.carrier is not None:
            self.carrier.kill()
            self.carrier.wait()
            if self.carrier.stderr is not None:
                self.carrier.stderr.close()


def connect(address: Address, tls: Tls | None, timeout: float) -> Dialed:
    """A connection made within `timeout` seconds, which is also that of its first reads and writes.
    TLS is spoken to https:// always, to tcp:// with `tls`. Raises Refusal, Gone and OSError."""
    if address.scheme == "unix":
        return Dialed(_unix(address.path, timeout))
    if address.scheme == "ssh":
        return _ssh(address, timeout)
    if tls is None and address.scheme == "https":
        tls = Tls()
    plain = _tcp(address, _PLAIN_PORT if tls is None else _TLS_PORT, timeout)
    return Dialed(plain if tls is None else _wrapped(plain, address.host, tls))


def _unix(path: str, timeout: float) -> socket.socket:
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connected.settimeout(timeout)
    try:
        connected.connect(path)
    except FileNotFoundError as error:
        connected.close()
        raise Gone(
            "no such socket (is the engine running? host: or DOCKER_HOST names another)"
        ) from error
    except OSError:
        connected.close()
        raise
    return connected


def _tcp(address: Address, usual_port: int, timeout: float) -> socket.socket:
    where = (address.host, address.port or usual_port)
    try:
        connected = socket.create_connection(where, timeout)
    except UnicodeError as error:
        raise Refusal(f"{address.host} cannot be the name of a host") from error
    # It may be silent for long; this tells the system, too, that the other side is gone.
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE.items():
        connected.setsockopt(socket.IPPROTO_TCP, option, value)
    return connected


def _wrapped(plain: socket.socket, host: str, tls: Tls) -> socket.socket:
    """TLS over it."""
    try:
        return _context(tls).wrap_socket(plain, server_hostname=host)
    except (OSError, Refusal):
        plain.close()
        raise


def _context(tls: Tls) -> ssl.SSLContext:
    for path in filter(None, (tls.ca, tls.cert, tls.key)):
        if not os.access(path, os.R_OK):
            raise Refusal(f"cannot read {path}, which TLS to the engine needs")
    try:
        context = ssl.create_default_context(cafile=tls.ca)
        if tls.cert:
            context.load_cert_chain(tls.cert, tls.key)
    except ssl.SSLError as error:
        files = ", ".join(filter(None, (tls.ca, tls.cert, tls.key)))
        raise Refusal(f"no certificates with their key in {files}") from error
    # From Python 3.13 on authorities made as Docker's own guide says would be refused otherwise.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _ssh(address: Address, timeout: float) -> Dialed:
    """As the docker command does: the other machine's client passes our bytes on to its engine."""
    command = [
        *("ssh", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={max(1, int(timeout))}", "-T"),
        *(["-p", str(address.port)] if address.port else []),
        *(["-l", address.user] if address.user else []),
        *("--", address.host, "docker", "system", "dial-stdio"),
    ]
    ours, theirs = socket.socketpair()
    ours.settimeout(timeout)
    with theirs:
        try:
            carrier = subprocess.Popen(  # noqa: S603 -- words, never a shell's; the host is no option
                command,
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.PIPE,
                start_new_session=True,  # no terminal to ask at, and Ctrl-C is not for it
            )
        except FileNotFoundError as error:
            ours.close()
            raise Refusal("no ssh is installed here, which ssh:// needs") from error
    return Dialed(ours, carrier)
