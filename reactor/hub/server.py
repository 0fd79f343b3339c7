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
from reactor.hub.fleet import NoSuchObject, NotAllowed, TimedFleet
from reactor.hub.rest import METHODS, Rest
from reactor.hub.stream import Stream
from reactor.serving.http import HttpServer

ADVICE = "choose another address with --listen HOST:PORT"


class Hub:
    """Serves a fleet at `listen`, and lets its time go on as `now` does.

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
    ) -> None:
        clockwork = Clockwork(fleet, now)
        stream = Stream(fleet, credentials)
        rest = Rest(fleet, credentials, clockwork.catch_up)

        @asynccontextmanager
        async def living(_: Starlette) -> AsyncIterator[None]:
            async with stream.flowing(), clockwork.going():
                yield

        app = Starlette(
            routes=[
                Route("/{path:path}", rest.answer, methods=METHODS),
                WebSocketRoute("/{path:path}", stream.attend),
            ],
            exception_handlers={
                **dict.fromkeys((HTTPException, BadQuery, NotAllowed, NoSuchObject), _refused),
                Exception: _broken,
            },
            lifespan=living,
        )
        self._http = HttpServer(app, listen, advice=ADVICE)
        self.address = self._http.address
        self.serve = self._http.serve
        self.stop = self._http.stop


async def _refused(_: Request, fault: Exception) -> Response:
    if isinstance(fault, HTTPException):
        return JSONResponse({"error": fault.detail}, fault.status_code, fault.headers)
    status = 404 if isinstance(fault, NoSuchObject) else 400
    return JSONResponse({"error": str(fault)}, status)


async def _broken(*_: object) -> Response:
    """A mistake of ours, which the server logs; even now the old clients want JSON."""
    return JSONResponse({"error": "The hub failed; its log says how."}, 500)
