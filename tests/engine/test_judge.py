"""What an answer means, row by row of rules.md §4."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.judge import (
    LONGEST_WAIT,
    SHORTEST_WAIT,
    judge_http,
    named,
    parse_retry_after,
)
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


def test_a_failure_is_told_with_its_reason_where_one_is_known():
    outcome = judge_http(Response(status=409, detail="removal is already in progress"))

    assert outcome.detail == "409 Conflict: removal is already in progress"


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
        ("Mon Jan  7 12:02:00 2030", 120),
        ("7 Jan 2030 12:02:00 GMT", 120),
        ("Mon, 07 Jan 2030 12:02 GMT", 120),
        ("mon, 07 jan 2030 12:02:00 gmt", 120),
        ("Mon, 07 Jan 2030 12:02:00", 120),
        ("Mon, 07 Jan 2030 12:02:00 EST", 5 * 3600 + 120),
        ("Fri, 07 Jan 2030 12:02:00 GMT", 120),  # the day of the week is not looked at
        ("Sun, 06 Nov 1994 08:49:37 GMT", -1_109_905_823),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 251_508_283_199),
        ("00000007", 7),
        ("+7", 7),
        ("7.", 7),
        ("-0", 0),
        ("\t7\r\n", 7),
        ("9999999999999999999", 10**10),
        ("-9999999999999999999", -(10**10)),
        ("soon", None),
        ("", None),
        (" ", None),
        (".5", None),
        ("1e9", None),
        ("0x10", None),
        ("1_000", None),
        ("1,5", None),
        ("7, 8", None),
        ("7;8", None),
        ("5 5", None),
        ("--5", None),
        ("NaN", None),
        ("Infinity", None),
        ("9" * 40, None),
        ("9" * 100_000, None),
        ("120 seconds", None),
        ("PT2M", None),
        ("2030-01-07T12:02:00Z", None),
        ("Mon, 77 Jan 2030 12:02:00 GMT", None),
        ("Mon, 07 Jan 2030 25:02:00 GMT", None),
        ("Mon, 07 Jan 0000 12:02:00 GMT", -946_771_080),  # as a year of two digits
        ("Mon, 07 Jan 99999 12:02:00 GMT", None),
        ("07", 7),
        ("٣", None),
        ("\uff17", None),
        ("7\x00", None),
        ("\x00", None),
        ("'", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text, seconds):
    wait = None if seconds is None else timedelta(seconds=seconds)

    assert parse_retry_after(text, NOW) == wait


@given(st.text())
def test_whatever_retry_after_holds_it_never_raises(text):
    wait = judge_http(Response(status=429, retry_after=parse_retry_after(text, NOW))).retry_after

    assert wait is None or SHORTEST_WAIT <= wait <= LONGEST_WAIT


def expected(status):
    if 200 <= status < 300:
        return SUCCEEDED
    is_retried = status in (408, 425, 429) or status < 200 or status >= 500
    return RETRY if is_retried else BURY


@pytest.mark.parametrize("status", range(100, 600))
def test_every_status_has_its_verdict(status):
    response = Response(status=status)

    outcome = judge_http(response)

    assert outcome.verdict is expected(status)
    assert str(status) in outcome.detail
    assert outcome.response is response


def test_a_status_without_a_name_is_a_number():
    assert (named(200), named(299)) == ("200 OK", "299")
