"""Real exchanges with servers that behave well, badly and absurdly."""

import gc
import gzip
import socket
import struct
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from reactor.clock import monotonic
from reactor.model.request import Fault
from reactor.platforms.wire import BODY_LIMIT, Wire, _date
from tests.delivery.servers import answering, read_request, serving, status

SECOND = timedelta(seconds=1)
SECRET = "Basic YWNtZTpzM2NyZXQ="


def ask(behave, timeout=5 * SECOND):
    with serving(behave) as url:
        return Wire().exchange(a_request(url), timeout)


def a_request(url):
    return requests.Request("GET", url, {"Authorization": SECRET}).prepare()


def answer(body, headers=""):
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


def hang(connection):
    connection.recv(1)


def reset_after_a_byte(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def greet(listener):
    """Speak first, and not TLS."""
    connection, _ = listener.accept()
    with connection:
        connection.sendall(b"220 mail.example.com\r\n")
        connection.recv(65536)


def drip(head):
    """Send `head`, and then a byte every 20 ms, for ever."""

    def behave(connection):
        connection.sendall(head)
        pause = threading.Event()
        while not pause.wait(0.02):
            connection.sendall(b".")

    return behave


def stream_ten_gigabytes(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def stream_a_chunk_of(length):
    """A chunk that claims this length, in hex, and never ends."""

    def behave(connection):
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head + length + b"\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    return behave


def test_an_answer_is_told_whole():
    action = "/api/audit/v1/action/00000000-0000-4000-8000-00000000000a/"
    headers = (
        "Date: Tue, 06 May 2031 10:20:30 GMT\r\nRetry-After: 7\r\n"
        f"X-DockerCloud-Action-URI: {action}\r\n"
    )

    response = ask(answering(answer(b'{"a": 1}', headers)))

    assert (response.status, response.body, response.fault) == (200, b'{"a": 1}', None)
    assert response.date == datetime(2031, 5, 6, 10, 20, 30, tzinfo=UTC)
    assert response.retry_after == 7 * SECOND
    assert response.action_uri == action
    assert response.detail == ""


def test_the_action_is_also_found_as_tutum_names_it():
    response = ask(answering(status("202 Accepted", "X-Tutum-Action-URI: /api/v1/action/1/\r\n")))

    assert response.action_uri == "/api/v1/action/1/"


def test_a_redirect_is_told_without_its_path_and_not_followed():
    heard = []
    with serving(answering(status("200 OK")), heard) as canary:
        response = ask(answering(status("302 Found", f"Location: {canary}\r\n")))

    assert response.status == 302
    assert response.detail == canary.removesuffix("secret-path") + "…"
    assert heard == []


@pytest.mark.parametrize("location", ["http://[", "", "/elsewhere", "//user:pw@[::1", "\x0b"])
def test_any_location_is_survived(location):
    assert ask(answering(status("301 Moved", f"Location: {location}\r\n"))).status == 301


SLOW = [
    hang,
    drip(b"HTTP/1.1 200 OK\r\nX-Long: "),
    drip(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"),
    drip(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"),
    drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n"),
    drip(b"HTTP/1.0 200 OK\r\n\r\n"),
]


@pytest.mark.parametrize("behave", SLOW)
def test_an_exchange_ends_at_its_deadline_however_the_server_drips(behave):
    begin = monotonic()

    response = ask(behave, SECOND / 2)

    assert monotonic() - begin < 2
    assert (response.fault, response.detail) == (
        Fault.TIMEOUT,
        "no complete answer within 500ms",
    )


def test_what_others_left_of_a_time_out_is_told_in_round_numbers():
    response = ask(SLOW[0], SECOND / 2 - timedelta(milliseconds=1))

    assert response.detail == "no complete answer within 500ms"


OK = b"HTTP/1.1 200 OK\r\n"
GZIP = "Content-Encoding: gzip\r\n"
BOMB = gzip.compress(b"\0" * 100_000_000, 1)

FAULTS = [
    (reset_after_a_byte, Fault.RECEIVE, "broke"),
    (answering(OK + b"Content-Length: 9\r\n\r\n1"), Fault.RECEIVE, "broke"),
    (answering(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), Fault.RECEIVE, "broke"),
    (answering(b""), Fault.RECEIVE, "closed without an answer"),
    (answering(b"SSH-2.0-OpenSSH\r\n"), Fault.PROTOCOL, "not HTTP"),
    (answering(OK + b"X: y\r\n" * 200 + b"\r\n"), Fault.PROTOCOL, "not HTTP"),
    (answering(OK + b"X: " + b"y" * 99999), Fault.PROTOCOL, "not HTTP"),
    (answering(answer(b"no gzip", GZIP)), Fault.PROTOCOL, "not HTTP"),
    (answering(answer(BOMB, GZIP)), Fault.PROTOCOL, "larger than"),
    (answering(answer(b"x" * (BODY_LIMIT + 1))), Fault.PROTOCOL, "larger than"),
    (stream_ten_gigabytes, Fault.PROTOCOL, "larger than"),
    (stream_a_chunk_of(b"-1"), Fault.PROTOCOL, "larger than"),
    (stream_a_chunk_of(b"-5"), Fault.PROTOCOL, "larger than"),
    (stream_a_chunk_of(b"fffffffffff"), Fault.PROTOCOL, "larger than"),
]


@pytest.mark.parametrize(("behave", "fault", "words"), FAULTS)
def test_what_goes_wrong_is_told_in_words_of_ours(behave, fault, words):
    response = ask(behave)

    assert (response.status, response.fault) == (None, fault)
    assert words in response.detail
    assert SECRET not in response.detail
    assert "secret" not in response.detail


def test_a_body_of_just_the_limit_is_told():
    assert len(ask(answering(answer(b"x" * BODY_LIMIT))).body) == BODY_LIMIT


def test_nobody_listening_is_told():
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]

    response = Wire().exchange(a_request(f"http://127.0.0.1:{port}/"), SECOND)

    assert (response.fault, response.detail) == (
        Fault.CONNECT,
        "no connection: connection refused",
    )


def test_a_name_that_leads_nowhere_is_told():
    response = Wire().exchange(a_request("http://no-such-host.invalid/"), 9 * SECOND)

    assert (response.fault, response.detail) == (
        Fault.DNS,
        "the host's name cannot be resolved",
    )


def test_a_server_that_speaks_no_tls_is_told():
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        speaker = threading.Thread(target=greet, args=(listener,))
        speaker.start()
        port = listener.getsockname()[1]

        response = Wire().exchange(a_request(f"https://127.0.0.1:{port}/"), 5 * SECOND)
        speaker.join(5)

    assert response.fault is Fault.TLS
    assert response.detail.startswith("TLS failed: ")


def test_a_wire_that_was_cut_says_so():
    with serving(hang) as url:
        wire = Wire()

        wire.exchange(a_request(url), SECOND / 10)

    assert wire.is_cut


def test_nothing_is_sent_on_a_connection_that_comes_after_the_deadline():
    received = []
    with serving(answering(status("200 OK")), received) as url:
        wire = Wire()
        wire.is_cut = True  # as the deadline would, while the name is being resolved

        response = wire.exchange(a_request(url), 5 * SECOND)

    assert response.fault is Fault.TIMEOUT
    assert received in ([], [b""])


def test_a_connection_is_used_again():
    ok = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    accepted = []

    def answer_three(connection):
        accepted.append(connection)
        connection.sendall(ok)
        for _ in range(2):
            read_request(connection)
            connection.sendall(ok)

    with serving(answer_three) as url:
        wire = Wire()
        statuses = [wire.exchange(a_request(url), 5 * SECOND).status for _ in range(3)]

    assert statuses == [200] * 3
    assert len(accepted) == 1


def test_a_wire_that_nobody_holds_any_more_hangs_up():
    hung_up = threading.Event()

    def answer_and_listen(connection):
        connection.sendall(answer(b""))
        if connection.recv(1) == b"":
            hung_up.set()

    with serving(answer_and_listen) as url:
        Wire().exchange(a_request(url), 5 * SECOND)
        gc.collect()

        assert hung_up.wait(5)


@given(date=st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=40))
def test_any_date_is_survived(date):
    assert _date(date) is None or _date(date).tzinfo is UTC
