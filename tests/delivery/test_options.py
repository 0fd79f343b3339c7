"""Whom we trust, what we show of ourselves, and by whose hands we go, per route."""

import socket
import ssl
from contextlib import contextmanager

import pytest

from reactor.model.request import PLAIN, Fault, Route
from reactor.model.secret import Secret
from tests.builders import replace
from tests.delivery.asking import SECOND, ask
from tests.delivery.certificates import Certificates
from tests.delivery.servers import answering, connecting, header, read_request, serving, status


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def ca(certificates):
    return certificates.authority("ca")


@pytest.fixture(scope="module")
def good(certificates, ca):
    return certificates.leaf("good", ca)


OK = answering(status("200 OK"))


def over(context, behave=OK, received=None):
    """A server with TLS."""

    def speak(connection):
        with context.wrap_socket(connection, server_side=True) as secure:
            if (request := read_request(secure)) and received is not None:
                received.append(request)
            if request:
                behave(secure)

    return secure(speak)


@contextmanager
def secure(speak):
    with connecting(speak) as url:
        yield url.replace("http:", "https:")


BAD = {
    "expired": lambda make, ca: make.leaf("expired", ca, "-days", "-1"),
    "of another host": lambda make, ca: make.leaf("host", ca, subjectAltName="DNS:example.com"),
    "of another address": lambda make, ca: make.leaf("address", ca, subjectAltName="IP:127.0.0.2"),
    "address as a name": lambda make, ca: make.leaf("name", ca, subjectAltName="DNS:127.0.0.1"),
    "wildcard": lambda make, ca: make.leaf("wildcard", ca, subjectAltName="DNS:*"),
    "wildcard of an address": lambda make, ca: make.leaf("w", ca, subjectAltName="DNS:*.0.0.1"),
    "of a mailbox": lambda make, ca: make.leaf("mail", ca, subjectAltName="email:a@example.com"),
    "host in its subject alone": lambda make, ca: make.leaf("127.0.0.2", ca, subjectAltName=""),
    "signed by itself": lambda make, ca: make.leaf("itself", None),
    "of an unknown authority": lambda make, ca: make.leaf("u", make.authority("unknown")),
    "of one that is no authority": lambda make, ca: make.leaf("l", make.leaf("none", ca)),
    "without what is between": lambda make, ca: make.leaf("gap", make.authority("between", ca)),
    "for clients": lambda make, ca: make.leaf("client", ca, extendedKeyUsage="clientAuth"),
    "badly signed": lambda make, ca: make.leaf("bad", ca, "-badsig"),
    "signed with SHA-1": lambda make, ca: make.leaf("sha1", ca, "-sha1"),
    "of a weak key": lambda make, ca: make.leaf("weak", ca, kind=("rsa:1024",)),
    "demanding the unknown": lambda make, ca: make.leaf(
        "odd", ca, **{"1.2.3.4.5": "critical,ASN1:UTF8String:x"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_no_byte_is_sent_to_whoever_shows_a_bad_certificate(transport, certificates, ca, what):
    received = []
    context = BAD[what](certificates, ca).context()

    with over(context, received=received) as url:
        response = ask(transport, url, route=Route(ca=str(ca.chain)))

    assert (response.fault, received) == (Fault.TLS, [])
    assert response.detail.startswith("TLS failed: ")
    assert "secret-path" not in response.detail


def test_bad_certificates_are_told_apart(transport, certificates, ca):
    def told(what):
        with over(BAD[what](certificates, ca).context()) as url:
            return ask(transport, url, route=Route(ca=str(ca.chain))).detail

    assert "expired" in told("expired")
    assert "self-signed" in told("signed by itself")
    assert "unable to get local issuer" in told("of an unknown authority")
    assert "no alternative certificate subject name matches" in told("of another host")
    assert "unsuitable certificate purpose" in told("for clients")
    assert "key too weak" in told("of a weak key")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")  # deprecated, which is the point
def test_old_versions_of_tls_are_not_spoken(transport, good, ca, version):
    context = good.context()
    context.minimum_version, context.maximum_version = version, version

    with over(context) as url:
        assert ask(transport, url, route=Route(ca=str(ca.chain))).fault is Fault.TLS


def test_an_authority_may_be_a_file_or_a_text_and_then_no_other_counts(transport, good, ca):
    with over(good.context()) as url:
        by_file = ask(transport, url, route=Route(ca=str(ca.chain)))
        by_text = ask(transport, url, route=Route(ca=ca.chain.read_text()))
        by_system = ask(transport, url)

    assert (by_file.status, by_text.status) == (200, 200)
    assert "unable to get local issuer" in by_system.detail


def test_a_file_that_is_not_there_is_a_fault_of_tls(transport, good):
    with over(good.context()) as url:
        response = ask(transport, url, route=Route(ca="/nowhere/ca.pem"))

    assert response.fault is Fault.TLS
    assert "/nowhere/ca.pem" in response.detail


@pytest.fixture
def strict(good, ca):
    """What a server needs that wants to see a certificate of its clients."""
    context = good.context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ca.chain)
    return context


def test_a_certificate_of_ours_is_shown_from_files_and_from_texts(
    transport, certificates, ca, strict
):
    ours = certificates.leaf("ours", ca)
    files = Route(ca=str(ca.chain), cert=str(ours.chain), key=Secret(str(ours.key)))
    texts = replace(files, cert=ours.chain.read_text(), key=Secret(ours.key.read_text()))

    with over(strict) as url:
        assert [ask(transport, url, route=each).status for each in (files, texts)] == [200, 200]


def test_without_it_the_other_side_refuses(transport, ca, strict):
    received = []

    with over(strict, received=received) as url:
        response = ask(transport, url, route=Route(ca=str(ca.chain)))

    # With TLS 1.3 it says so after the handshake, or closes while we already send.
    assert response.fault in (Fault.TLS, Fault.SEND, Fault.RECEIVE)
    assert received == []


def test_a_connection_with_one_trust_is_not_lent_to_another(transport, certificates, good, ca):
    connections = []

    def serve_on(connection):
        connections.append(connection)
        connection.sendall(status("200 OK"))
        while read_request(connection):
            connection.sendall(status("200 OK"))

    other = str(certificates.authority("other").chain)
    with over(good.context(), serve_on) as url:
        trusting = [ask(transport, url, route=Route(ca=str(ca.chain))).status for _ in range(2)]
        distrusting = [ask(transport, url, route=each) for each in (Route(ca=other), PLAIN)]

    assert (trusting, len(connections)) == ([200, 200], 1)
    assert [response.fault for response in distrusting] == [Fault.TLS] * 2


def test_a_proxy_sees_requests_and_its_own_password_alone(transport):
    received = []

    with serving(answering(status("200 OK")), received) as url:
        proxy = url.replace("http://", "http://user:s3cret@")
        response = ask(transport, "http://example.com/x", route=Route(proxy=Secret(proxy)))

    assert response.status == 200
    [request] = received
    assert request.startswith(b"POST http://example.com/x HTTP/1.1\r\n")
    assert header(request, b"proxy-authorization") == "Basic dXNlcjpzM2NyZXQ="
    assert header(request, b"authorization") is None


def test_through_a_proxy_tls_hides_every_header(transport):
    received = []

    with serving(answering(status("403 No")), received) as url:
        route = Route(proxy=Secret(url))
        headers = {"authorization": "Bearer s3cret"}
        response = ask(transport, "https://example.com/x", route=route, headers=headers)

    assert response.detail == "the proxy makes no connection: 403 Forbidden"
    [request] = received
    assert request.startswith(b"CONNECT example.com:443 HTTP/1.1\r\n")
    assert b"s3cret" not in request


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
def test_the_environment_leads_nobody_past_a_proxy(transport, name, monkeypatch):
    # monkeypatch: libcurl reads this variable itself.
    monkeypatch.setenv(name, "*")

    with serving(answering(status("200 OK"))) as url:
        route = Route(proxy=Secret(url))
        assert ask(transport, "http://nowhere.invalid/x", route=route).status == 200


def test_a_route_leaves_nothing_to_the_next(transport):
    received = []

    with serving(answering(status("200 OK")), received) as url:
        ask(transport, "http://example.com/x", route=Route(proxy=Secret(url)))
        ask(transport, f"{url}/direct", route=PLAIN)

    assert received[1].startswith(b"POST /secret-path/direct HTTP/1.1\r\n")


def test_a_proxy_that_is_not_there_is_a_fault(transport):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
    response = ask(
        transport, "http://example.com/x", route=Route(proxy=Secret(proxy)), timeout=SECOND
    )

    assert response.detail == "no connection: connection refused"
