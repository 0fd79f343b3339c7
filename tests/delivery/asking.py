"""One request at a time, or many, through a transport, for the tests of sending."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pycurl

from reactor.delivery.exchange import Exchange
from reactor.delivery.transport import Transport
from reactor.model.request import HttpRequest, Response, Route
from tests.builders import NOON

SECOND = timedelta(seconds=1)


def a_request(url: str, **changes: object) -> HttpRequest:
    """A POST of `hello` that has 5 s."""
    fields: dict[str, object] = {
        "method": "POST",
        "headers": {"content-type": "text/plain"},
        "body": b"hello",
        "timeout": 5 * SECOND,
    }
    return HttpRequest(url=url, **(fields | changes))  # type: ignore[arg-type]  # fields by name


def finish(transport: Transport[object], count: int = 1) -> dict[object, Response]:
    """The responses of `count` exchanges by their tokens."""
    ended: dict[object, Response] = {}
    for _ in range(1000):
        ended |= dict(transport.step(10 * SECOND))
        if len(ended) >= count:
            return ended
    raise AssertionError("the exchange does not end")


def ask(transport: Transport[object], url: str, **changes: object) -> Response:
    """The response to one request."""
    transport.start("it", a_request(url, **changes))
    return finish(transport)["it"]


@contextmanager
def resolving(*entries: str) -> Iterator[Transport[object]]:
    """A transport whose next exchange knows names as `name:port:address,address`, as if a
    resolver had said so: libcurl's own way to do without one."""
    transport = Transport[object](lambda: NOON)
    transport._idle.append(_Resolving(entries))
    yield transport
    transport.close()


class _Resolving(Exchange):
    """An exchange that asks no resolver."""

    def __init__(self, entries: tuple[str, ...]) -> None:
        super().__init__(lambda: NOON)
        self._entries = list(entries)

    def _follow(self, route: Route) -> None:
        super()._follow(route)
        self.curl.setopt(pycurl.RESOLVE, self._entries)
