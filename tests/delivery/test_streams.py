"""HTTP/2: many streams on one connection, and none of them at the mercy of another."""

from datetime import timedelta
from ipaddress import ip_network

import pytest

from reactor.model.request import Fault, Route
from tests.delivery.asking import SECOND, a_request, ask, finish
from tests.delivery.certificates import Certificates
from tests.delivery.http2 import GOAWAY, RST_STREAM, frame, ok, refused, serving_http2

SHORT = timedelta(milliseconds=300)
INTERNAL_ERROR = (2).to_bytes(4, "big")
NOTHING_TAKEN = bytes(8)  # the last stream that was looked at is 0, and there is no error


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A route that trusts, and the certificate that it trusts."""
    make = Certificates(tmp_path_factory.mktemp("certificates"))
    ca = make.authority("ca")
    return Route(ca=str(ca.chain)), make.leaf("good", ca)


@pytest.fixture
def route(made):
    return made[0]


@pytest.fixture
def certificate(made):
    return made[1]


def silent_first(ordinal, stream):
    """The first request of all gets no answer."""
    return b"" if (ordinal, stream) == (1, 1) else ok(stream)


def test_where_it_is_offered_it_is_spoken_over_one_connection(transport, certificate, route):
    with serving_http2(certificate, lambda _, stream: ok(stream)) as server:
        assert [ask(transport, server.url, route=route).status for _ in range(3)] == [200] * 3

    assert server.requests == [(1, 1), (1, 3), (1, 5)]


def test_many_are_under_way_over_one_connection(transport, certificate, route):
    with serving_http2(certificate, lambda _, stream: ok(stream)) as server:
        ask(transport, server.url, route=route)
        for number in range(50):
            transport.start(number, a_request(server.url, route=route))
        ended = finish(transport, 50)

    assert {response.status for response in ended.values()} == {200}
    assert server.connections == 1


def test_a_stream_that_hangs_is_ended_alone(transport, certificate, route):
    with serving_http2(certificate, silent_first) as server:
        transport.start("silent", a_request(server.url, route=route, timeout=SHORT))
        while not server.requests:
            transport.step(SECOND / 100)
        transport.start("beside", a_request(server.url, route=route))
        ended = finish(transport, 2)
        after = ask(transport, server.url, route=route)

    assert (ended["silent"].fault, ended["beside"].status) == (Fault.TIMEOUT, 200)
    assert (ended["silent"].detail, after.status) == ("no answer within 300ms", 200)
    assert server.connections == 1


def test_a_connection_on_which_nothing_is_answered_is_not_lent_again(transport, certificate, route):
    def silent(ordinal, stream):
        return b"" if ordinal == 1 else ok(stream)

    with serving_http2(certificate, silent) as server:
        first = ask(transport, server.url, route=route, timeout=SHORT)
        second = ask(transport, server.url, route=route)

    assert (first.fault, second.status) == (Fault.TIMEOUT, 200)
    assert server.requests == [(1, 1), (2, 1)]


def test_a_stream_that_was_refused_is_made_anew_and_arrives(transport, certificate, route):
    def refuse_first(ordinal, stream):
        return refused(stream) if ordinal == 1 else ok(stream)

    with serving_http2(certificate, refuse_first) as server:
        assert ask(transport, server.url, route=route).status == 200


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (lambda _, stream: refused(stream), Fault.RECEIVE),
        (lambda _, stream: frame(RST_STREAM, 0, stream, INTERNAL_ERROR), Fault.RECEIVE),
        (lambda _, stream: frame(GOAWAY, 0, 0, NOTHING_TAKEN), Fault.RECEIVE),
        (lambda _, stream: frame(255, 255, stream, b"x" * 70_000), Fault.PROTOCOL),
        (lambda _, stream: b"HTTP/1.1 200 OK\r\n\r\n", Fault.PROTOCOL),
    ],
)
def test_what_is_no_answer_is_a_fault(transport, certificate, route, answer, fault):
    with serving_http2(certificate, answer) as server:
        response = ask(transport, server.url, route=route)

    assert (response.status, response.fault) == (None, fault)


def test_what_is_denied_is_denied_on_a_connection_that_another_keeps(transport, certificate, route):
    denied = Route(ca=route.ca, deny=(ip_network("127.0.0.0/8"),))

    with serving_http2(certificate, lambda _, stream: ok(stream)) as server:
        ended = [ask(transport, server.url, route=each) for each in (route, denied, route)]

    assert [response.fault for response in ended] == [None, Fault.REFUSED, None]
    assert server.requests == [(1, 1), (1, 3)]
