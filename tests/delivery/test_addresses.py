"""Where requests may go: a table of addresses, and real exchanges that must not begin."""

import sys
import threading
from contextlib import contextmanager
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.delivery.addresses import literal_refusal, refusal
from reactor.model.request import PLAIN, Fault, Route
from reactor.model.secret import Secret
from tests.delivery.asking import SECOND, ask, resolving
from tests.delivery.hostile import NEVER, NO_URLS, PRIVATE, PUBLIC, literal
from tests.delivery.servers import answering, serving, status

CREDENTIAL = {"authorization": "Bearer s3cret"}
EVERYWHERE = Route(allow=(ip_network("0.0.0.0/0"), ip_network("::/0")))
_MADE: list[str] = []


def _note_sockets(event, arguments):
    if event == "socket.__new__" and threading.current_thread() is threading.main_thread():
        _MADE.append(event)


sys.addaudithook(_note_sockets)


@contextmanager
def no_socket():
    """Whoever connects makes a socket first, and the transport makes its own in Python."""
    _MADE.clear()
    yield
    assert _MADE == []


def networks(*texts):
    return tuple(ip_network(text) for text in texts)


def test_the_corpus_is_large_and_says_each_thing_once():
    every = [*NEVER, *PRIVATE, *NO_URLS]

    assert len(every) == len(set(every)) > 260


@pytest.mark.parametrize("route", [PLAIN, EVERYWHERE], ids=["plain", "everything allowed"])
@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_refused_whoever_names_them(address, route):
    for host in ("example.com", "localhost", "metadata.google.internal", address):
        assert "refused" in (refusal(address, host, route) or "")


@pytest.mark.parametrize("address", ["", "localhost", "1.2.3", "169.254.169.254:80", "fe80::%"])
def test_what_is_no_address_is_refused(address):
    assert refusal(address, "localhost", EVERYWHERE) is not None


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_for_what_is_written_as_private(address):
    refused = refusal(address, "example.com", PLAIN)

    assert refused is not None
    assert "is private: allow it with allow: [" in refused
    for host in (address, "localhost", "receiver", "db.internal", "nas.local", "a.lan"):
        assert refusal(address, host, PLAIN) is None


@pytest.mark.parametrize("address", PRIVATE)
def test_to_allow_what_the_words_say_is_enough(address):
    named = (refusal(address, "example.com", PLAIN) or "").partition("[")[2].partition("]")[0]

    assert refusal(address, "example.com", Route(allow=networks(named))) is None


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_for_everybody_who_is_not_denied(address):
    assert refusal(address, "example.com", PLAIN) is None
    assert "'deny'" in (refusal(address, address, Route(deny=EVERYWHERE.allow)) or "")


@pytest.mark.parametrize("address", ["10.0.0.5", "::ffff:10.0.0.5", "64:ff9b::a00:5"])
def test_to_deny_wins_over_everything_and_sees_through_disguises(address):
    route = Route(allow=EVERYWHERE.allow, deny=networks("10.0.0.0/24"))

    for host in ("example.com", "localhost", address):
        assert refusal(address, host, route) == f"address {address} is refused: it is in 'deny'"


@pytest.mark.parametrize(
    ("address", "allow", "may"),
    [
        ("10.0.0.5", "10.0.0.5/32", True),
        ("10.0.0.5", "10.0.0.0/8", True),
        ("10.0.0.5", "10.0.0.4/32", False),
        ("10.0.0.5", "::/0", False),
        ("fd00::5", "fd00::/8", True),
        ("::ffff:10.0.0.5", "10.0.0.0/8", True),
        ("127.0.0.1", "::1/128", False),
    ],
)
def test_a_name_may_lead_where_it_is_allowed_to(address, allow, may):
    route = Route(allow=networks(allow))

    assert (refusal(address, "example.com", route) is None) is may


@given(st.ip_addresses().filter(lambda address: address not in ip_network("64:ff9b:1::/48")))
def test_what_python_calls_private_is_not_public_to_us(address):
    refused = refusal(str(address), "example.com", PLAIN)

    assert refused is not None or not (address.is_private or address.is_link_local)


def test_a_literal_is_judged_before_a_proxy_is_asked():
    assert literal_refusal("example.com", PLAIN) is None
    assert literal_refusal("10.0.0.1", PLAIN) is None
    assert literal_refusal("169.254.169.254", EVERYWHERE) is not None


@pytest.mark.parametrize("address", NEVER)
def test_nothing_connects_to_such_an_address(transport, address):
    with no_socket():
        response = ask(
            transport, f"http://{literal(address)}/", headers=CREDENTIAL, route=EVERYWHERE
        )

    assert response.fault is Fault.REFUSED


@pytest.mark.parametrize("url", NO_URLS)
def test_nothing_connects_for_what_is_no_url(transport, url):
    with no_socket():
        response = ask(transport, url, headers=CREDENTIAL, route=EVERYWHERE)

    assert response.fault is Fault.INVALID


@pytest.mark.parametrize("address", [*PRIVATE, *NEVER])
def test_nothing_connects_for_a_name_that_leads_there(address):
    with resolving(f"example.com:80:{literal(address)}") as transport, no_socket():
        response = ask(transport, "http://example.com/", headers=CREDENTIAL)

    assert response.fault is Fault.REFUSED
    assert str(ip_address(response.detail.split()[1])) == str(ip_address(address))


@pytest.mark.parametrize("host", ["localhost", "metadata", "metadata.google.internal"])
def test_nothing_connects_for_a_local_name_that_leads_to_metadata(host):
    with resolving(f"{host}:80:169.254.169.254") as transport, no_socket():
        assert ask(transport, f"http://{host}/").fault is Fault.REFUSED


def test_of_several_addresses_each_is_judged():
    answers = "169.254.169.254,10.0.0.5,[::1],[fe80::1]"

    with resolving(f"example.com:80:{answers}") as transport, no_socket():
        assert ask(transport, "http://example.com/").fault is Fault.REFUSED


def test_the_address_that_may_be_reached_is_reached_past_those_that_may_not():
    with serving(answering(status("200 OK"))) as url:
        port = port_of(url)
        with resolving(f"example.com:{port}:169.254.169.254,127.0.0.1") as transport:
            route = Route(allow=networks("127.0.0.1/32"))
            assert ask(transport, f"http://example.com:{port}/", route=route).status == 200


@pytest.mark.parametrize("proxy", ["http://169.254.169.254:3128", "http://[fe80::1]:3128"])
def test_a_proxy_is_judged_like_any_other(transport, proxy):
    with no_socket():
        response = ask(transport, "http://example.com/", route=Route(proxy=Secret(proxy)))

    assert response.fault is Fault.REFUSED


def test_a_proxys_name_may_be_private_only_if_it_is_allowed():
    url, proxy = "http://example.org/", Secret("http://proxy.example.com:3128")
    with resolving("proxy.example.com:3128:127.0.0.1") as transport, no_socket():
        assert ask(transport, url, route=Route(proxy=proxy)).fault is Fault.REFUSED


@pytest.mark.parametrize("address", ["169.254.169.254", "[::ffff:169.254.169.254]"])
def test_no_proxy_is_asked_for_what_is_refused(transport, address):
    route = Route(proxy=Secret("http://127.0.0.1:1"))

    with no_socket():
        assert ask(transport, f"http://{address}/", route=route).fault is Fault.REFUSED


def port_of(url):
    return url.partition("127.0.0.1:")[2].partition("/")[0]


HERE = Route(allow=networks("127.0.0.1/32"))


@pytest.mark.parametrize(
    ("host", "route"),
    [
        ("127.0.0.1", PLAIN),
        ("[::ffff:127.0.0.1]", PLAIN),
        ("[::ffff:7f00:1]", PLAIN),
        ("localhost", PLAIN),
        ("LOCALHOST", PLAIN),
        ("localhost.", PLAIN),
        ("receiver", PLAIN),
        ("my_receiver", PLAIN),
        ("db.internal", PLAIN),
        ("DB.Internal", PLAIN),
        ("nas.local", PLAIN),
        ("box.lan", PLAIN),
        ("tv.home.arpa", PLAIN),
        ("a.b.c.internal", PLAIN),
        ("example.com", HERE),
        ("Example.COM", HERE),
        ("example.com", Route(allow=networks("127.0.0.0/8"))),
        ("example.com", Route(allow=networks("10.0.0.0/8", "127.0.0.1"))),
        ("example.com", EVERYWHERE),
        ("xn--bcher-kva.example", HERE),
        ("1st.example", HERE),
        ("127.0.0.1.example.com", HERE),
        ("localhost", Route(deny=networks("10.0.0.0/8"))),
    ],
)
def test_what_is_legitimate_arrives_with_its_credential(host, route):
    received = []
    with serving(answering(status("200 OK")), received) as url:
        port = port_of(url)
        name = host.lower().removesuffix(".")
        entries = [] if host[0] == "[" else [f"{name}:{port}:127.0.0.1"]
        with resolving(*entries) as transport:
            target = f"http://{host}:{port}/"
            response = ask(transport, target, headers=CREDENTIAL, route=route, timeout=5 * SECOND)

    assert response.status == 200
    assert b"authorization: Bearer s3cret" in received[0]
