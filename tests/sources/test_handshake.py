"""Opening a WebSocket: what servers may answer, and what is made of it."""

import socket
import ssl
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import pytest

from reactor.model.errors import SourceLost, SourceRefused
from reactor.sources.handshake import connect, parse_address
from tests.fakes import PATIENCE
from tests.sources.cloud import fake_cloud, upgraded

SECRET = "Basic c2VjcmV0"
HEADERS = {"Authorization": SECRET, "User-Agent": "reactor/x"}
PEM = Path(__file__).with_name("tls.pem")


@contextmanager
def a_server(answer, context=None):
    """Answers one request with what `answer` makes of its headers, and hangs up; where it is."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=serve, args=(server, answer, context))
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join(PATIENCE)
        assert not thread.is_alive()


def serve(server, answer, context):
    connection, _ = server.accept()
    with suppress(OSError), connection:
        stream = context.wrap_socket(connection, server_side=True) if context else connection
        with stream, stream.makefile("rwb") as file:
            lines = iter(lambda: file.readline().decode().strip(), "")
            pairs = (line.partition(": ") for line in lines)
            headers = {name.lower(): value for name, _, value in pairs}
            for block in answer(headers):
                file.write(block)
                file.flush()


def at(address, scheme="ws"):
    return parse_address(f"{scheme}://{address}/api/audit/v1/events/?type=container")


def test_the_request_is_plain_and_carries_the_credential():
    with fake_cloud() as cloud:
        connect(at(cloud.address), HEADERS).close()

    ((target, headers),) = cloud.upgrades
    assert target == "/api/audit/v1/events/?type=container"
    assert headers.pop("sec-websocket-key")
    assert headers == {
        "upgrade": "websocket",
        "connection": "Upgrade",
        "host": cloud.address,
        "sec-websocket-version": "13",
        "authorization": SECRET,
        "user-agent": "reactor/x",
    }


def test_frames_that_come_right_behind_the_answer_are_not_lost():
    server = a_server(lambda headers: [upgraded(headers) + b"\x81\x02{}"])
    with server as address, connect(at(address), HEADERS) as connected:
        connected.settimeout(PATIENCE)

        assert connected.recv(4, socket.MSG_WAITALL) == b"\x81\x02{}"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("401 Whatever", "127.0.0.1 refuses our credentials: 401 Unauthorized"),
        ("403 No", "127.0.0.1 refuses our credentials: 403 Forbidden"),
    ],
)
def test_credentials_that_are_refused_before_the_upgrade_are_refused(status, words):
    with fake_cloud() as cloud:
        cloud.status = status

        with pytest.raises(SourceRefused) as refused:
            connect(at(cloud.address), HEADERS)

    assert str(refused.value) == words


def test_a_refusal_counts_though_its_body_never_comes():
    head = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 1000000\r\n\r\n"
    with a_server(lambda _: [head]) as address, pytest.raises(SourceRefused):
        connect(at(address), HEADERS)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "502 Bad Gateway"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "200 OK"),
        (b"HTTP/1.1 599 Odd\r\nContent-Length: x\r\n\r\n", "599"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "the answer to the handshake is broken"),
        (upgraded({"sec-websocket-key": "another"}), "the answer to the handshake is broken"),
        (b"HTTP/1.1 101 OK\r\n\xff\r\n\r\n", "the answer to the handshake is broken"),
        (b"HTTP/1.1 500 No\r\nX: " + b"x" * 100_000, "500 Internal Server Error"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "this is no HTTP"),
        (b"", "it closed the connection"),
    ],
)
def test_an_answer_that_is_no_upgrade_is_a_loss_and_says_why(answer, why):
    with a_server(lambda _: [answer]) as address, pytest.raises(SourceLost) as lost:
        connect(at(address), HEADERS)

    assert str(lost.value) == f"127.0.0.1: {why}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status):
    with socket.create_server(("127.0.0.1", 0)) as canary:
        there = f"ws://127.0.0.1:{canary.getsockname()[1]}/"
        head = f"HTTP/1.1 {status} Found\r\nLocation: {there}\r\n\r\n".encode()
        with a_server(lambda _: [head]) as address, pytest.raises(SourceLost) as lost:
            connect(at(address), HEADERS)

        canary.settimeout(0.1)
        with pytest.raises(TimeoutError):
            canary.accept()
    assert f"redirects are not followed: {status}" in str(lost.value)


def test_a_proxy_of_the_environment_is_not_used(monkeypatch):
    # The environment is what this is about.
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    with fake_cloud() as cloud:
        connect(at(cloud.address), HEADERS).close()


@pytest.mark.parametrize("block", [b"x", b""], ids=["drips", "says nothing"])
def test_a_handshake_ends_at_its_deadline(block):
    over = Event()

    def slowly(_):
        while not over.wait(0.01):
            yield block

    with a_server(slowly) as address:
        with pytest.raises(SourceLost) as lost:
            connect(at(address), HEADERS, seconds=0.5)
        over.set()

    assert str(lost.value) in ("127.0.0.1: no answer in time", "127.0.0.1: this is no HTTP")


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_a_port_where_nobody_listens_is_a_loss():
    with pytest.raises(SourceLost, match=r"^127\.0\.0\.1: connection refused$"):
        connect(at(f"127.0.0.1:{closed_port()}"), HEADERS)


def test_a_host_that_does_not_exist_is_a_loss():
    with pytest.raises(SourceLost, match=r"^no-such-host\.invalid: no host of that name$"):
        connect(at("no-such-host.invalid"), HEADERS)


def a_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    return context


def test_a_certificate_that_we_trust_is_accepted(monkeypatch):
    # It is the environment that tells OpenSSL whom to trust.
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
    with a_server(lambda headers: [upgraded(headers)], a_context()) as address:
        connect(at(address, "wss"), HEADERS).close()


def test_a_certificate_that_we_do_not_trust_is_a_loss_and_gets_no_credential():
    asked = []
    with a_server(asked.append, a_context()) as address, pytest.raises(SourceLost) as lost:
        connect(at(address, "wss"), HEADERS)

    assert str(lost.value).startswith("127.0.0.1: its certificate is not valid: self-signed")
    assert asked == []


@pytest.mark.parametrize(
    ("url", "host", "port", "is_secure"),
    [
        ("wss://ws.cloud.docker.com/", "ws.cloud.docker.com", 443, True),
        ("ws://hub:8080/x?y=z", "hub", 8080, False),
        ("ws://[::1]/", "::1", 80, False),
    ],
)
def test_an_address_is_read(url, host, port, is_secure):
    found = parse_address(url)

    assert (found.url, found.host, found.port, found.is_secure) == (url, host, port, is_secure)


@pytest.mark.parametrize(
    "url",
    [
        "https://hub/",
        "hub",
        "ws:///path",
        "ws://user:hidden@hub/",
        "ws://hub:99999/hidden",
        "ws://hub/\r\nX-hidden: 1",
        "ws://hub/hidden here",
        "ws://hüb/hidden",
        "ws://[hub/hidden",
    ],
)
def test_what_is_no_address_is_refused_and_not_shown(url):
    with pytest.raises(SourceRefused) as refused:
        parse_address(url)

    assert "hidden" not in str(refused.value)


def test_no_error_shows_the_credential():
    """Not even one that the server sends back."""
    echo = f"HTTP/1.1 500 {SECRET}\r\nX: {SECRET}\r\n\r\n".encode()
    with a_server(lambda _: [echo]) as address, pytest.raises(SourceLost) as lost:
        connect(at(address), HEADERS)

    assert SECRET not in str(lost.value)


def agreeing(*subprotocols):
    """A server that agrees on these."""
    told = "".join(f"Sec-WebSocket-Protocol: {each}\r\n" for each in subprotocols).encode()

    def answer(headers):
        assert headers["sec-websocket-protocol"] == "mqtt,v2.Events"
        return [upgraded(headers).replace(b"\r\n\r\n", b"\r\n" + told + b"\r\n")]

    return a_server(answer)


def test_one_of_the_subprotocols_is_agreed_on():
    with agreeing("v2.Events") as address:
        connect(at(address), HEADERS, subprotocols=("mqtt", "v2.Events")).close()


@pytest.mark.parametrize("others", [(), ("soap",)])
def test_a_server_that_agrees_on_no_subprotocol_is_left(others):
    with agreeing(*others) as address, pytest.raises(SourceLost) as lost:
        connect(at(address), HEADERS, subprotocols=("mqtt", "v2.Events"))

    assert str(lost.value).endswith("is broken, or agrees on none of mqtt, v2.Events")
