"""Connections of HTTP/2 that answer nothing are closed: libcurl would go on lending them.

Over HTTP/1.1 an exchange that times out takes its connection with it. Over HTTP/2 it only ends its
stream, as it must, for the others may do well; but where none does, each next request would go
into the same hole until its own time is over.
"""

import os
import socket

import pycurl

from reactor.delivery.faults import TIMED_OUT

REMEMBERED = 1024
"""Connections of which is known when they last answered: more than are ever open."""


class Streams:
    """When which connection last answered, by libcurl's number of it."""

    def __init__(self) -> None:
        self._answered: dict[int, float] = {}

    def watch(self, curl: pycurl.Curl, code: int, *, began: float, now: float) -> None:
        """An exchange of `curl` has ended with libcurl's `code`; the handle is still in place.
        Moments are seconds of the monotonic clock."""
        if code == TIMED_OUT:
            if self._answered.get(curl.getinfo(pycurl.CONN_ID), began) <= began:
                _shut(curl)
        elif curl.getinfo(pycurl.INFO_HTTP_VERSION) == pycurl.CURL_HTTP_VERSION_2:
            self._note(curl.getinfo(pycurl.CONN_ID), now)

    def _note(self, connection: int, now: float) -> None:
        self._answered.pop(connection, None)  # to the end of the line, as the youngest
        self._answered[connection] = now
        if len(self._answered) > REMEMBERED:
            del self._answered[next(iter(self._answered))]


def _shut(curl: pycurl.Curl) -> None:
    """End the connection that the exchange had, if libcurl still keeps it: its end is noticed
    before it is lent again, and by whoever waits on it now."""
    descriptor = curl.getinfo(pycurl.ACTIVESOCKET)
    if descriptor < 0:
        return
    with socket.socket(fileno=os.dup(descriptor)) as connection:
        connection.shutdown(socket.SHUT_RDWR)
