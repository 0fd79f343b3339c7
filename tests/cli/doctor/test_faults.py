"""What goes wrong with a connection is told in words, with what to do."""

import errno
import socket
import ssl

import pytest

from reactor.cli.doctor.faults import reason, remedy
from reactor.platforms.docker.dial import Gone

REFUSED = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")


@pytest.mark.parametrize(
    ("error", "why", "what"),
    [
        (REFUSED, "connection refused", "see whether it runs"),
        (PermissionError(13, "Permission denied"), "permission denied", "SupplementaryGroups=do"),
        (FileNotFoundError(2, "No such file"), "no such file", "or name another socket"),
        (TimeoutError("timed out"), "no answer in time", "firewalls"),
        (socket.gaierror(socket.EAI_NONAME, "?"), "no host of that name", "the resolver"),
        (socket.gaierror(socket.EAI_AGAIN, "?"), "the resolver does not answer", "the resolver"),
        (ssl.SSLError(1, "wrong version number"), "wrong version number", "speaks TLS"),
        (OSError(errno.EIO, "Input/output error"), "input/output error", "what listens at"),
        (OSError(), "oserror", "what listens at"),
    ],
)
def test_each_fault_has_its_words_and_its_remedy(error, why, what):
    assert reason(error) == why
    assert what in remedy(error)


def test_of_a_fault_that_comes_from_another_the_cause_says_what_to_do():
    fault = Gone("the engine cannot be reached")
    fault.__cause__ = REFUSED

    assert remedy(fault) == remedy(REFUSED)
