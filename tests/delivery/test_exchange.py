"""Real exchanges with servers that behave well, badly and absurdly."""

import resource
from datetime import timedelta

import pytest

from reactor.delivery.exchange import BODY_LIMIT
from reactor.engine.judge import judge_http
from reactor.model.request import Fault, HttpRequest, Verdict
from tests.delivery.asking import SECOND, ask
from tests.delivery.misbehaving import ANSWERS, ENDLESS_CHUNKS, FAULTS, TEN_GIGABYTES
from tests.delivery.servers import answering, serving, status


@pytest.mark.parametrize("line", ["200 OK", "204 No Content", "410 Gone", "503 Busy", "999 Odd"])
def test_a_status_is_an_answer(transport, line):
    with serving(answering(status(line))) as url:
        response = ask(transport, url)

    assert (response.status, response.fault) == (int(line[:3]), None)


@pytest.mark.parametrize("what", FAULTS)
def test_what_is_no_answer_is_a_fault_and_tried_again(transport, what):
    behave, fault, detail = FAULTS[what]
    short = {"timeout": timedelta(milliseconds=300)} if fault == "timeout" else {}

    with serving(behave) as url:
        response = ask(transport, url, **short)

    assert (response.status, response.fault, response.detail) == (None, fault, detail)
    assert judge_http(response).verdict is Verdict.RETRY


@pytest.mark.parametrize("what", ANSWERS)
def test_what_is_odd_and_an_answer_is_judged_by_its_status(transport, what):
    behave, code, body = ANSWERS[what]

    with serving(behave) as url:
        response = ask(transport, url)

    assert (response.status, response.body) == (code, body[:BODY_LIMIT])


@pytest.mark.parametrize("behave", [TEN_GIGABYTES, ENDLESS_CHUNKS])
def test_a_body_without_end_is_cut_off_and_judged_by_its_status(transport, behave):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with serving(behave) as url:
        response = ask(transport, url)

    assert (response.status, len(response.body)) == (200, BODY_LIMIT)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB


LOCATIONS = [
    "https://elsewhere.example/token?x=1",
    "/again",
    "//elsewhere.example/",
    "file:///etc/passwd",
    "http://127.0.0.1:1/",
    "http://169.254.169.254/",
    "",
]


@pytest.mark.parametrize("code", [300, 301, 302, 303, 304, 305, 307, 308, 399])
@pytest.mark.parametrize("location", LOCATIONS)
def test_no_redirect_is_followed(transport, code, location):
    received = []
    answer = status(f"{code} Moved", f"Location: {location}\r\n")

    with serving(answering(answer), received) as url:
        response = ask(transport, url)

    assert (response.status, len(received)) == (code, 1)
    assert judge_http(response).verdict is Verdict.BURY


def test_where_a_redirect_points_is_told_without_its_path(transport):
    header = "Location: https://elsewhere.example/token?x=1\r\n"

    with serving(answering(status("302 Found", header))) as url:
        assert ask(transport, url).detail == "https://elsewhere.example/…"


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


REFUSED = "is refused: metadata, link-local and the like always are"
NOT_A_URL = (Fault.INVALID, "the URL is not valid")


@pytest.mark.parametrize(
    ("url", "fault", "detail"),
    [
        ("http://127.0.0.1:1/s3cret", Fault.CONNECT, "no connection: connection refused"),
        ("http://nowhere.invalid/s3cret", Fault.DNS, "the host's name cannot be resolved"),
        ("http://169.254.169.254/s3cret", Fault.REFUSED, f"address 169.254.169.254 {REFUSED}"),
        ("http://[fe80::1]/s3cret", Fault.REFUSED, f"address fe80::1 {REFUSED}"),
        ("http://a b/s3cret", *NOT_A_URL),
        ("http://127.0.0.1:99999/s3cret", *NOT_A_URL),
        ("http://exa\nmple/s3cret", *NOT_A_URL),
        ("file:///etc/passwd", *NOT_A_URL),
        ("http://127.0.0.1/a b", *NOT_A_URL),
        ("http://127.0.0.1/s3crét", Fault.INVALID, "the request cannot be written as HTTP"),
    ],
)
def test_an_address_that_leads_nowhere_is_a_fault_that_tells_no_path(transport, url, fault, detail):
    response = ask(transport, url)

    assert (response.fault, response.detail) == (fault, detail)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET", "PATCH"])
def test_a_request_arrives_as_it_was_written(transport, method):
    received = []

    with serving(lambda connection: connection.sendall(status("200 OK")), received) as url:
        headers = {"x-one": "1", "x-none": ""}
        ask(transport, f"{url}/a/../b%2F?c=%20", method=method, body=b"a\x00b", headers=headers)

    head, _, body = received[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == f"{method} /secret-path/a/../b%2F?c=%20 HTTP/1.1".encode()
    assert {b"x-one: 1", b"x-none:"} <= set(lines)
    assert not any(line.lower().startswith(b"accept-encoding") for line in lines)
    assert body == b"a\x00b"


def test_head_does_not_wait_for_a_body_and_the_handle_posts_again_after_it(transport):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    with serving(answering(answer)) as url:
        assert ask(transport, url, method="HEAD").status == 200
    with serving(answering(answer + b"again")) as url:
        assert ask(transport, url).body == b"again"


def test_a_response_tells_when_it_got_how_far_and_what_it_answers(transport):
    with serving(answering(status("200 OK"))) as url:
        response = ask(transport, url)

    reached = response.timings
    assert timedelta() < reached.dns <= reached.connect <= reached.first_byte <= reached.total
    assert (reached.tls, reached.total < SECOND) == (timedelta(), True)
    assert isinstance(response.request, HttpRequest)
    assert response.request.url == url


def test_what_an_exchange_did_not_get_to_took_no_time(transport):
    response = ask(transport, "http://127.0.0.1:1/")

    assert (response.timings.connect, response.timings.first_byte) == (timedelta(), timedelta())


def test_a_proxy_in_the_environment_sees_nothing(transport, monkeypatch):
    # monkeypatch: libcurl reads this variable itself.
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    with serving(answering(status("200 OK"))) as url:
        assert ask(transport, url).status == 200


def test_a_handle_that_could_not_send_aims_anew(transport):
    with serving(answering(status("200 OK"))) as url:
        seen = [ask(transport, each).status for each in (url, f"{url}/s3crét", url, url)]

    assert seen == [200, None, 200, 200]
