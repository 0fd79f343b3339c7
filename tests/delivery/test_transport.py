"""Real exchanges with servers that behave well, badly and absurdly."""

import resource
import socket
import struct
import threading
from datetime import timedelta

import pytest

from reactor.delivery.transport import BODY_LIMIT, Transport
from reactor.model.request import Fault, HttpRequest
from tests.builders import NOON
from tests.delivery.servers import answering, read_request, serving, status

SECOND = timedelta(seconds=1)


@pytest.fixture
def transport():
    transport = Transport(lambda: NOON)
    yield transport
    transport.close()


def a_request(url, **changes):
    fields = {"method": "POST", "headers": {"content-type": "text/plain"}, "body": b"hello"}
    return HttpRequest(url=url, **(fields | {"timeout": 5 * SECOND} | changes))


def finish(transport, count=1):
    """The responses of `count` exchanges by their tokens."""
    ended = {}
    for _ in range(1000):
        ended |= dict(transport.step(10 * SECOND))
        if len(ended) >= count:
            return ended
    raise AssertionError("the exchange does not end")


def ask(transport, url, **changes):
    transport.start("it", a_request(url, **changes))
    return finish(transport)["it"]


def reset(connection):
    linger_nothing = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_nothing)
    connection.close()


def reset_after_a_byte(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1")
    reset(connection)


def hang(connection):
    connection.recv(1)


def drip(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    pause = threading.Event()
    while not pause.wait(0.02):
        connection.sendall(b".")


def stream_ten_gigabytes(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def send_many_headers(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(10_000):
        connection.sendall(b"X-%d: %s\r\n" % (number, b"y" * 40))


def flood_with_hints(connection):
    for _ in range(20_000):
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
    connection.sendall(status("200 OK"))


LONG_HEADER = b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n"
BAD_CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n"


@pytest.mark.parametrize("line", ["200 OK", "204 No Content", "410 Gone", "503 Busy", "999 Odd"])
def test_a_status_is_an_answer(transport, line):
    with serving(answering(status(line))) as url:
        response = ask(transport, url)

    assert (response.status, response.fault) == (int(line[:3]), None)


@pytest.mark.parametrize(
    ("behave", "fault", "detail"),
    [
        (answering(b""), Fault.RECEIVE, "the connection was closed without an answer"),
        (reset, Fault.RECEIVE, "the connection broke before the answer was complete"),
        (reset_after_a_byte, Fault.RECEIVE, "the connection broke before the answer was complete"),
        (
            answering(b"good morning\r\n\r\n"),
            Fault.PROTOCOL,
            "the answer is not HTTP as we know it",
        ),
        (
            answering(BAD_CHUNK),
            Fault.RECEIVE,
            "the connection broke before the answer was complete",
        ),
        (answering(LONG_HEADER), Fault.PROTOCOL, "the answer's headers are too large"),
        (send_many_headers, Fault.PROTOCOL, "the answer's headers are too large"),
        (flood_with_hints, Fault.PROTOCOL, "the answer's headers are too large"),
        (hang, Fault.TIMEOUT, "no complete answer within 300ms"),
        (drip, Fault.TIMEOUT, "no complete answer within 300ms"),
    ],
)
def test_a_server_that_misbehaves_is_a_fault(transport, behave, fault, detail):
    short = {"timeout": timedelta(milliseconds=300)} if fault is Fault.TIMEOUT else {}

    with serving(behave) as url:
        response = ask(transport, url, **short)

    assert (response.status, response.fault, response.detail) == (None, fault, detail)


def test_ten_gigabytes_are_cut_off_and_judged_by_their_status(transport):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with serving(stream_ten_gigabytes) as url:
        response = ask(transport, url)

    assert (response.status, len(response.body)) == (200, BODY_LIMIT)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB


def test_a_compressed_body_is_left_as_it_is(transport):
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"

    with serving(answering(answer)) as url:
        assert ask(transport, url).body == b"abc"


def test_a_redirect_is_not_followed_and_told_without_its_path(transport):
    header = "Location: https://elsewhere.example/token?x=1\r\n"

    with serving(answering(status("302 Found", header))) as url:
        response = ask(transport, url)

    assert (response.status, response.detail) == (302, "https://elsewhere.example/…")


@pytest.mark.parametrize(
    "location", [b"http://\xff\xfe/x", b"mailto:\xff", b"//\xc3(", b"http://[::"]
)
def test_a_redirect_to_garbage_is_an_answer_like_any_other(transport, location):
    answer = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"

    with serving(answering(answer)) as url:
        assert ask(transport, url).status == 302


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("7", 7 * SECOND),
        ("43200", timedelta(hours=12)),  # libcurl's own reading ends at six hours
        ("Tue, 06 May 2031 10:21:30 GMT", timedelta(minutes=1)),  # NOON is 10:20:30
        ("soon", None),
    ],
)
def test_retry_after_is_read(transport, text, wait):
    with serving(answering(status("429 Slow", f"Retry-After: {text}\r\n"))) as url:
        assert ask(transport, url).retry_after == wait


def test_one_answers_retry_after_is_not_the_nexts(transport):
    with serving(answering(status("429 Slow", "Retry-After: 7\r\n"))) as url:
        ask(transport, url)
    with serving(answering(status("503 Busy"))) as url:
        assert ask(transport, url).retry_after is None


@pytest.mark.parametrize(
    ("url", "fault", "detail"),
    [
        ("http://127.0.0.1:1/s3cret", Fault.CONNECT, "no connection: connection refused"),
        ("http://nowhere.invalid/s3cret", Fault.DNS, "the host's name cannot be resolved"),
        ("http://169.254.169.254/s3cret", Fault.CONNECT, "address 169.254.169.254 is refused"),
        ("http://[fe80::1]/s3cret", Fault.CONNECT, "address fe80::1 is refused"),
        ("http://a b/s3cret", Fault.INVALID, "the URL is not valid"),
        ("http://127.0.0.1:99999/s3cret", Fault.INVALID, "the URL is not valid"),
        ("http://exa\nmple/s3cret", Fault.INVALID, "the URL is not valid"),
        ("http://127.0.0.1/s3crét", Fault.INVALID, "the request cannot be written as HTTP"),
        ("file:///etc/passwd", Fault.INVALID, "the request cannot be written as HTTP"),
    ],
)
def test_an_address_that_leads_nowhere_is_a_fault_that_tells_no_path(transport, url, fault, detail):
    response = ask(transport, url)

    assert (response.fault, response.detail) == (fault, detail)


def test_a_server_without_tls_fails_as_tls(transport):
    with serving(answering(b"no TLS here")) as url:
        response = ask(transport, url.replace("http:", "https:"), timeout=SECOND)

    assert response.fault in (Fault.TLS, Fault.TIMEOUT)
    assert "secret-path" not in response.detail


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET", "PATCH"])
def test_a_request_arrives_as_it_was_written(transport, method):
    received = []

    def keep(connection):
        connection.sendall(status("200 OK"))

    with serving(keep, received) as url:
        ask(transport, url, method=method, body=b"a\x00b", headers={"x-one": "1", "x-none": ""})

    head, _, body = received[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == f"{method} /secret-path HTTP/1.1".encode()
    assert {b"x-one: 1", b"x-none:"} <= set(lines)
    assert body == b"a\x00b"


def test_head_does_not_wait_for_a_body_and_the_handle_posts_again_after_it(transport):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    with serving(answering(answer)) as url:
        assert ask(transport, url, method="HEAD").status == 200
    with serving(answering(answer + b"again")) as url:
        assert ask(transport, url).body == b"again"


def test_a_connection_is_used_again(transport):
    connections = []

    def serve_on(connection):
        connections.append(connection)
        connection.sendall(status("200 OK"))
        while read_request(connection):
            connection.sendall(status("200 OK"))

    with serving(serve_on) as url:
        for _ in range(5):
            assert ask(transport, url).status == 200

    assert len(connections) == 1


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


def test_a_proxy_in_the_environment_sees_nothing(monkeypatch):
    # monkeypatch: libcurl reads this variable itself.
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    transport = Transport(lambda: NOON)

    with serving(answering(status("200 OK"))) as url:
        assert ask(transport, url).status == 200
    transport.close()


def test_a_waiting_step_can_be_woken_from_another_thread(transport):
    threading.Timer(0.05, transport.wake).start()

    assert transport.step(60 * SECOND) == []


def test_what_is_abandoned_is_named_and_does_not_end(transport):
    with serving(hang) as url:
        transport.start("it", a_request(url))
        transport.step(SECOND / 100)

        assert transport.abandon() == ["it"]
        assert transport.step(timedelta()) == []
