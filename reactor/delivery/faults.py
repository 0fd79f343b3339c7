"""What each result of libcurl means for us: a fault, and words that hold nothing of the URL.

The numbers are those of `curl/curl.h`; pycurl has no names for the youngest.
"""

import re

from reactor.model.request import Fault

TIMED_OUT = 28
COULD_NOT_CONNECT = 7

TLS = frozenset({35, 53, 54, 58, 59, 60, 64, 66, 77, 80, 82, 83, 90, 91, 98, 101})
"""Results that libcurl explains in words of its own, which name no more than host and files."""

_ALERT = re.compile(r"^.*::|, errno .*$")  # what OpenSSL says beside the alert

_BROKEN = (Fault.RECEIVE, "the connection broke before the answer was complete")
_NOT_HTTP = (Fault.PROTOCOL, "the answer is not HTTP as we know it")
_NOT_SENT = (Fault.SEND, "the request could not be sent")
_NO_MEMORY = (Fault.SEND, "there is not enough memory for the request")

_WORDS: dict[int, tuple[Fault, str]] = {
    1: _NOT_HTTP,  # UNSUPPORTED_PROTOCOL: an answer of HTTP/0.9
    2: _NO_MEMORY,  # FAILED_INIT
    3: (Fault.INVALID, "the URL is not valid"),
    5: (Fault.DNS, "the proxy's name cannot be resolved"),
    6: (Fault.DNS, "the host's name cannot be resolved"),
    COULD_NOT_CONNECT: (Fault.CONNECT, "no connection"),
    8: _NOT_HTTP,  # WEIRD_SERVER_REPLY
    16: (Fault.PROTOCOL, "the connection failed as HTTP/2"),
    18: _BROKEN,  # PARTIAL_FILE
    26: _NOT_SENT,  # READ_ERROR
    27: _NO_MEMORY,
    TIMED_OUT: (Fault.TIMEOUT, "no complete answer in time"),
    43: (Fault.INVALID, "the request cannot be written as HTTP"),  # BAD_FUNCTION_ARGUMENT
    45: (Fault.CONNECT, "no connection"),  # INTERFACE_FAILED
    52: (Fault.RECEIVE, "the connection was closed without an answer"),
    55: _NOT_SENT,
    56: _BROKEN,  # RECV_ERROR
    61: _NOT_HTTP,  # BAD_CONTENT_ENCODING
    65: _NOT_SENT,  # SEND_FAIL_REWIND
    81: _BROKEN,  # AGAIN
    89: (Fault.CONNECT, "no connection is free"),
    92: (Fault.RECEIVE, "the server took the request back to nothing (HTTP/2 reset)"),
    95: (Fault.PROTOCOL, "the connection failed as HTTP/3"),
    96: (Fault.CONNECT, "no connection"),  # QUIC_CONNECT_ERROR
    97: (Fault.CONNECT, "the proxy makes no connection"),
    99: _BROKEN,  # UNRECOVERABLE_POLL
    100: (Fault.PROTOCOL, "the answer's headers are too large"),
}


def fault_of(code: int, told: str) -> tuple[Fault, str]:
    """The fault that a result other than 0 stands for; `told` are libcurl's words about it."""
    if code in TLS:
        return Fault.TLS, f"TLS failed: {told}"
    if " alert " in told:  # with TLS 1.3 our certificate is refused when the handshake is over
        return Fault.TLS, f"TLS failed: {_ALERT.sub('', told)}"
    return _WORDS.get(code, (Fault.PROTOCOL, f"libcurl error {code}"))
