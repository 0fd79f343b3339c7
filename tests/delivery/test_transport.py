"""Many exchanges at once, on connections that are kept, and never against a policy."""

import threading
from contextlib import ExitStack
from datetime import timedelta
from ipaddress import ip_network

import pytest

from reactor.model.request import PLAIN, Fault, Route
from reactor.model.secret import Secret
from tests.builders import replace
from tests.delivery.asking import SECOND, a_request, ask, finish, resolving
from tests.delivery.misbehaving import FAULTS, hang
from tests.delivery.servers import answering, read_request, serving, status

LOOPBACK = Route(allow=(ip_network("127.0.0.0/8"),))
NO_LOOPBACK = Route(deny=(ip_network("127.0.0.0/8"),))


class KeptAlive:
    """A server that keeps its connections, and what it was asked over how many of them."""

    def __init__(self):
        self.connections, self.requests = 0, 0

    def __call__(self, connection):
        self.connections += 1
        self.requests += 1
        connection.sendall(status("200 OK"))
        while read_request(connection):
            self.requests += 1
            connection.sendall(status("200 OK"))


def test_a_connection_is_used_again(transport):
    server = KeptAlive()

    with serving(server) as url:
        assert {ask(transport, url).status for _ in range(5)} == {200}

    assert (server.connections, server.requests) == (1, 5)


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_connection_that_was_closed_meanwhile_is_made_anew(transport, method):
    requests = []

    def answer_and_close_at_the_next(connection):
        requests.append(1)
        connection.sendall(status("200 OK"))
        if len(requests) == 1:
            read_request(connection)
        connection.close()

    with serving(answer_and_close_at_the_next) as url:
        assert [ask(transport, url, method=method).status for _ in range(2)] == [200, 200]


def test_a_name_that_may_lead_here_for_one_may_not_for_another_by_the_same_connection():
    server = KeptAlive()

    with serving(server) as url:
        port = url.partition("127.0.0.1:")[2].partition("/")[0]
        with resolving(f"inside.example:{port}:127.0.0.1") as transport:
            named = url.replace("127.0.0.1", "inside.example")
            allowed = ask(transport, named, route=LOOPBACK)
            refused = ask(transport, named, route=PLAIN)
            again = ask(transport, named, route=LOOPBACK)

    assert (allowed.status, again.status) == (200, 200)
    assert refused.fault is Fault.REFUSED
    assert "allow: [127.0.0.1/32]" in refused.detail
    assert server.requests == 2


def test_what_is_denied_is_denied_on_a_connection_that_is_kept(transport):
    server = KeptAlive()

    with serving(server) as url:
        ended = [ask(transport, url, route=each) for each in (PLAIN, NO_LOOPBACK, PLAIN)]

    assert [response.fault for response in ended] == [None, Fault.REFUSED, None]
    assert ended[1].detail == "address 127.0.0.1 is refused: it is in 'deny'"
    assert server.requests == 2


def test_a_kept_connection_to_a_proxy_is_lent_only_to_who_may_reach_it(transport):
    server = KeptAlive()

    with serving(server) as url:
        by_proxy = Route(proxy=Secret(url))
        ways = by_proxy, replace(by_proxy, deny=NO_LOOPBACK.deny), by_proxy
        ended = [ask(transport, "http://example.com/", route=each) for each in ways]

    assert [response.fault for response in ended] == [None, Fault.REFUSED, None]
    assert server.requests == 2


def test_hundreds_are_under_way_at_once(transport):
    everybody_is_here = threading.Barrier(200, timeout=20)

    def wait_for_the_others(connection):
        everybody_is_here.wait()
        connection.sendall(status("200 OK"))

    with serving(wait_for_the_others) as url:
        for number in range(200):
            transport.start(number, a_request(url, timeout=20 * SECOND))
        ended = finish(transport, 200)

    assert {response.status for response in ended.values()} == {200}


def test_who_misbehaves_delays_nobody_else(transport):
    bad = [behave for behave, fault, _ in FAULTS.values() if fault == "timeout"]
    with serving(KeptAlive()) as good, ExitStack() as others:
        for number, behave in enumerate(bad):
            url = others.enter_context(serving(behave))
            transport.start(number, a_request(url, timeout=20 * SECOND))
        ended = [ask(transport, good).status for _ in range(100)]

        assert ended == [200] * 100
        assert len(transport.abandon()) == len(bad)


@pytest.mark.parametrize("what", FAULTS)
def test_an_exchange_that_failed_leaves_no_connection_behind(transport, what):
    behave, _, _ = FAULTS[what]

    with serving(behave) as url:
        ask(transport, url, timeout=SECOND / 10)

    assert transport._watched == set()


def test_a_waiting_step_can_be_woken_from_another_thread(transport):
    threading.Timer(0.05, transport.wake).start()

    assert transport.step(60 * SECOND) == []


def test_what_is_abandoned_is_named_and_does_not_end(transport):
    with serving(hang) as url:
        transport.start("it", a_request(url))
        transport.step(SECOND / 100)

        assert transport.abandon() == ["it"]
        assert transport.step(timedelta()) == []


def test_what_is_not_to_be_sent_ends_like_the_rest_and_its_handle_is_used_again(transport):
    transport.start("bad", a_request("file:///etc/passwd"))
    with serving(answering(status("200 OK"))) as url:
        transport.start("good", a_request(url))
        ended = finish(transport, 2)

    assert (ended["bad"].fault, ended["good"].status) == (Fault.INVALID, 200)
