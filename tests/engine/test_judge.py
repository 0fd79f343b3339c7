"""What an answer means, row by row of rules.md §4."""

from datetime import UTC, datetime, timedelta

import pytest

from reactor.engine.judge import judge_http, named, parse_retry_after
from reactor.model.request import Fault, Response, Verdict

NOW = datetime(2030, 1, 7, 12, 0, 0, tzinfo=UTC)
ACTION = "/api/audit/v1/action/0b0e2a4c-7d5f-4a3b-9c1d-2e3f4a5b6c7d/"
SUCCEEDED, RETRY, BURY = Verdict.SUCCEEDED, Verdict.RETRY, Verdict.BURY


@pytest.mark.parametrize(
    ("status", "verdict", "detail"),
    [
        (200, SUCCEEDED, "200 OK"),
        (204, SUCCEEDED, "204 No Content"),
        (299, SUCCEEDED, "299"),
        (301, BURY, "redirects are not followed: 301"),
        (304, BURY, "redirects are not followed: 304"),
        (400, BURY, "400 Bad Request"),
        (401, BURY, "401 Unauthorized"),
        (408, RETRY, "408 Request Timeout"),
        (409, BURY, "409 Conflict"),
        (410, BURY, "410 Gone"),
        (425, RETRY, "425 Too Early"),
        (429, RETRY, "429 Too Many Requests"),
        (499, BURY, "499"),
        (500, RETRY, "500 Internal Server Error"),
        (503, RETRY, "503 Service Unavailable"),
        (599, RETRY, "599"),
        (999, RETRY, "999"),
        (101, RETRY, "101 Switching Protocols"),
    ],
)
def test_a_status_decides(status, verdict, detail):
    outcome = judge_http(Response(status=status))

    assert (outcome.verdict, outcome.detail, outcome.status) == (verdict, detail, status)


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_is_tried_again_but_a_request_that_cannot_be_sent(fault):
    outcome = judge_http(Response(fault=fault))

    assert outcome.verdict is (BURY if fault is Fault.INVALID else RETRY)
    assert outcome.detail == f"no answer ({fault})"


def test_a_fault_is_told_in_the_words_of_the_transport():
    response = Response(fault=Fault.DNS, detail="the host's name cannot be resolved")

    assert judge_http(response).detail == "the host's name cannot be resolved"


@pytest.mark.parametrize(
    ("response", "detail"),
    [
        (Response(status=202, action_uri=ACTION), f"202 Accepted, action {ACTION}"),
        (Response(status=202, detail="it was made before"), "it was made before"),
        (
            Response(status=202, detail=f"it has become {ACTION}", action_uri=ACTION),
            f"it has become {ACTION}",
        ),
        (Response(status=503, action_uri=ACTION), "503 Service Unavailable"),
    ],
)
def test_the_action_that_a_call_became_is_told_and_kept(response, detail):
    outcome = judge_http(response)

    assert (outcome.detail, outcome.action_uri) == (detail, response.action_uri)


def test_a_redirect_is_told_with_where_it_points():
    outcome = judge_http(Response(status=302, detail="https://elsewhere.example/…"))

    assert outcome.detail == "redirects are not followed: 302 to https://elsewhere.example/…"


@pytest.mark.parametrize(
    ("asked", "obeyed"),
    [
        (timedelta(seconds=7), timedelta(seconds=7)),
        (timedelta(0), timedelta(seconds=1)),
        (timedelta(days=-400), timedelta(seconds=1)),
        (timedelta(hours=24), timedelta(hours=24)),
        (timedelta(days=400), timedelta(hours=24)),
        (None, None),
    ],
)
def test_retry_after_is_clamped_to_between_a_second_and_a_day(asked, obeyed):
    assert judge_http(Response(status=429, retry_after=asked)).retry_after == obeyed


def test_retry_after_of_a_buried_delivery_says_nothing():
    assert judge_http(Response(status=404, retry_after=timedelta(seconds=7))).retry_after is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("0", 0),
        ("1.5", 1.5),
        ("-5", -5),
        ("1000000000000000000", 10**10),
        ("Mon, 07 Jan 2030 12:02:00 GMT", 120),
        ("Mon, 07 Jan 2030 13:02:00 +0100", 120),
        ("Mon, 07 Jan 2030 11:59:00 GMT", -60),
        ("Monday, 07-Jan-30 12:02:00 GMT", 120),
        ("soon", None),
        ("", None),
        ("1e9", None),
        ("9" * 40, None),
        ("120 seconds", None),
        ("Mon, 77 Jan 2030 12:02:00 GMT", None),
        ("٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text, seconds):
    wait = None if seconds is None else timedelta(seconds=seconds)

    assert parse_retry_after(text, NOW) == wait


def test_a_status_without_a_name_is_a_number():
    assert (named(200), named(299)) == ("200 OK", "299")
