"""Every result of libcurl is a fault of ours, with words."""

import pycurl
import pytest

from reactor.delivery.faults import TLS, fault_of
from reactor.engine.judge import judge_http
from reactor.model.request import Fault, Response, Verdict

CODES = range(1, 102)

FAULTS = {
    Fault.DNS: {5, 6},
    Fault.CONNECT: {7, 45, 89, 96, 97},
    Fault.TLS: {35, 53, 54, 58, 59, 60, 64, 66, 77, 80, 82, 83, 90, 91, 98, 101},
    Fault.TIMEOUT: {28},
    Fault.SEND: {2, 26, 27, 55, 65},
    Fault.RECEIVE: {18, 52, 56, 81, 92, 99},
    Fault.INVALID: {3, 43},
}


@pytest.mark.parametrize("code", CODES)
def test_a_result_is_one_fault(code):
    expected = next((fault for fault, codes in FAULTS.items() if code in codes), Fault.PROTOCOL)

    fault, detail = fault_of(code, "words")

    assert fault is expected
    assert detail


@pytest.mark.parametrize("code", CODES)
def test_what_libcurl_says_is_repeated_of_tls_alone(code):
    _, detail = fault_of(code, "https://h/s3cret")

    assert ("s3cret" in detail) is (code in TLS)


@pytest.mark.parametrize("code", CODES)
def test_all_but_what_can_never_be_sent_is_tried_again(code):
    fault, detail = fault_of(code, "words")

    outcome = judge_http(Response(fault=fault, detail=detail))

    assert outcome.verdict is (Verdict.BURY if fault is Fault.INVALID else Verdict.RETRY)


def test_a_certificate_of_ours_that_is_refused_late_is_a_fault_of_tls():
    told = (
        "OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0"
    )

    assert fault_of(56, told) == (Fault.TLS, "TLS failed: tlsv13 alert certificate required")


def test_the_numbers_are_those_that_pycurl_has_names_for():
    named = {getattr(pycurl, name) for name in dir(pycurl) if name.startswith("E_SSL_")}
    ours = TLS | {3, 4, 51}  # of engines that nobody can choose, and of old versions

    assert named - ours == set()
