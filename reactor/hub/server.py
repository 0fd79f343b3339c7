"""The hub: one server for a fleet's stream and its REST API."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from reactor.hub.auth import Credentials
from reactor.hub.clockwork import Clockwork
from reactor.hub.filters import BadQuery
from reactor.hub.fleet import NoSuchObject, NotAllowed, TimedFleet, Unavailable
from reactor.hub.rest import Rest
from reactor.hub.stream import Stream
from reactor.serving.certificate import Certificate
from reactor.serving.http import HttpServer

ADVICE = "choose another address, with --listen HOST:PORT or 'listen' of 'hub' in the rule file"


class Hub:
    """Serves a fleet at `listen`, and lets its time go on as `now` does; by TLS, if it has a
    certificate. If it is read-only, no client can change anything.

    It listens from construction on; `serve` is the body of its thread. Raises ReactorError when the
    address cannot be had.
    """

    def __init__(
        self,
        fleet: TimedFleet,
        *,
        credentials: Credentials,
        listen: tuple[str, int],
        now: Callable[[], datetime],
        read_only: bool = False,
        certificate: Certificate | None = None,
    ) -> None:
        clockwork = Clockwork(fleet, now)
        stream = Stream(fleet, credentials, read_only=read_only)
        rest = Rest(fleet, credentials, clockwork.catch_up, read_only=read_only)

        @asynccontextmanager
        async def living(_: Starlette) -> AsyncIterator[None]:
            async with stream.flowing(), clockwork.going():
                yield

        app = Starlette(
            routes=[
                # Any method: which are possible depends on the path, and is told there.
                Route("/{path:path}", rest.answer, methods=()),
                WebSocketRoute("/{path:path}", stream.attend),
            ],
            exception_handlers={
                **dict.fromkeys((HTTPException, BadQuery, NotAllowed, NoSuchObject), _refused),
                Exception: _broken,
            },
            lifespan=living,
        )
        self._http = HttpServer(app, listen, advice=ADVICE, certificate=certificate)
        self.address = self._http.address
        self.serve = self._http.serve
        self.stop = self._http.stop


async def _refused(_: Request, fault: Exception) -> Response:
    if isinstance(fault, HTTPException):
        return JSONResponse({"error": fault.detail}, fault.status_code, fault.headers)
    return JSONResponse({"error": str(fault)}, _status(fault))


def _status(fault: Exception) -> int:
    if isinstance(fault, NoSuchObject):
        return 404
    return 503 if isinstance(fault, Unavailable) else 400


async def _broken(*_: object) -> Response:
    """A mistake of ours, which the server logs; even now the old clients want JSON."""
    return JSONResponse({"error": "The hub failed; its log says how."}, 500)
