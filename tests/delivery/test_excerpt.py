"""What is kept of an exchange shows enough to understand it, and no secret."""

import base64
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.delivery.excerpt import FAILURE_LIMIT, SUCCESS_LIMIT, answered, sent
from reactor.model.request import Response, Verdict
from reactor.model.secret import Secret
from tests.builders import a_delivery
from tests.delivery.asking import a_request
from tests.delivery.servers import answering, serving
from tests.delivery.world import World

URL = "https://hooks.example.com/services/T0/s3cretpath?key=s3cretkey"
HEADERS = {
    "content-type": "application/json",
    "webhook-id": "delivery-1",
    "webhook-timestamp": "1936002030",
    "webhook-signature": "v1,c2lnbmF0dXJl",
    "authorization": "Bearer s3crettoken",
    "x-short": "ops",
}


def a_response(body=b"", **changes):
    request = a_request(URL, headers=HEADERS, **changes)
    return Response(status=503, body=body, request=request)


def test_the_head_of_a_failed_request_is_kept_without_what_is_secret():
    assert sent(a_response(), Verdict.RETRY) == (
        "POST https://hooks.example.com/…\n"
        "content-type: application/json\n"
        "webhook-id: delivery-1\n"
        "webhook-timestamp: 1936002030\n"
        "webhook-signature: ***\n"
        "authorization: ***\n"
        "x-short: ***"
    )


def test_a_success_sent_what_is_stored():
    assert sent(a_response(), Verdict.SUCCEEDED) is None


@pytest.mark.parametrize("response", [None, Response(status=200, body=b"of a call back")])
def test_of_what_is_no_exchange_of_ours_nothing_is_kept(response):
    assert (sent(response, Verdict.RETRY), answered(response, Verdict.RETRY)) == (None, None)


def test_an_empty_answer_leaves_nothing():
    assert answered(a_response(), Verdict.RETRY) is None


@pytest.mark.parametrize(
    ("verdict", "limit"), [(Verdict.SUCCEEDED, SUCCESS_LIMIT), (Verdict.BURY, FAILURE_LIMIT)]
)
def test_of_a_long_answer_the_beginning_is_kept(verdict, limit):
    assert answered(a_response(b"x" * 60_000), verdict) == "x" * limit


@pytest.mark.parametrize(
    "body", [b"\xff\xfe\x00", b"a\x00b", b"\x1b[31mred", b"\x7f", b"\xc2\x9b1m"]
)
def test_what_is_no_text_is_marked(body):
    assert answered(a_response(body), Verdict.RETRY) == "base64:" + base64.b64encode(body).decode()


def test_what_is_no_text_takes_no_more_room():
    kept = answered(a_response(b"\xff" * 60_000), Verdict.RETRY)

    assert len(kept.removeprefix("base64:")) == FAILURE_LIMIT


def test_a_letter_that_is_cut_in_two_is_left_out():
    body = b"x" * (SUCCESS_LIMIT - 1) + "é".encode()

    assert answered(a_response(body), Verdict.SUCCEEDED) == "x" * (SUCCESS_LIMIT - 1)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (URL, "https://hooks.example.com***"),
        ("no such hook: s3cretpath", "no such hook: ***"),
        ('{"key": "s3cretkey"}', '{"key": "***"}'),
        ('{"path": "\\/services\\/T0\\/s3cretpath"}', '{"path": "\\/***\\/T0\\/***"}'),
        ("you are Bearer s3crettoken", "you are ***"),
        ("you are s3crettoken", "you are ***"),
        ("v1,c2lnbmF0dXJl is wrong", "*** is wrong"),
        ("webhook-id: delivery-1, team ops", "webhook-id: delivery-1, team ops"),
    ],
)
def test_what_the_other_side_repeats_of_our_secrets_is_masked(body, kept):
    assert answered(a_response(body.encode()), Verdict.RETRY) == kept


def test_a_secret_of_the_body_is_masked():
    response = a_response(b'you sent {"password": "hunter2"}', secrets=("hunter2",))

    assert answered(response, Verdict.RETRY) == 'you sent {"password": "***"}'


def test_a_secret_on_the_edge_is_masked_before_the_cut():
    body = b"x" * (SUCCESS_LIMIT - 5) + b"s3crettoken"

    assert "s3cre" not in answered(a_response(body), Verdict.SUCCEEDED)


@given(st.binary(), st.sampled_from(Verdict))
def test_whatever_is_answered_something_bounded_is_kept(body, verdict):
    kept = answered(a_response(body), verdict)

    assert kept is None or len(kept) <= FAILURE_LIMIT + len("base64:")


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.close()


def test_an_echo_of_the_whole_request_leaves_no_secret_in_the_journal(world):
    def echo(connection):
        sent = received[-1]
        connection.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: %d\r\n\r\n" % len(sent) + sent)
        connection.close()

    received = []
    with serving(echo, received) as url:
        headers = {"Authorization": Secret("Bearer s3crettoken")}
        world.send_to(ops={"url": Secret(f"{url}/s3cretpath?k=s3cretkey"), "headers": headers})
        world.promise(a_delivery())
        world.settle(retrying=1)

    [attempt] = world.attempts()
    assert attempt.request.startswith("POST http://127.0.0.1:")
    assert "webhook-id: delivery-1" in attempt.response
    assert attempt.timings.total >= attempt.timings.first_byte > timedelta()
    assert b"s3cret" in received[0]
    for file in world.path.iterdir():
        assert b"s3cret" not in file.read_bytes()


def test_of_a_success_little_is_kept(world):
    with serving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as url:
        world.send_to(ops=url)
        world.promise(a_delivery())
        world.settle(succeeded=1)

    [attempt] = world.attempts()
    assert (attempt.request, attempt.response) == (None, "ok")
    assert attempt.timings is not None
